/* What the operations in C share: short names for WebAssembly's 128-bit SIMD. */

#pragma once
#include <stdint.h>
#include <wasm_simd128.h>

#define INLINE static inline __attribute__((always_inline))
#define EXPORT(name) __attribute__((export_name(name)))

INLINE v128_t number(float value) { return wasm_f32x4_splat(value); }
INLINE v128_t load(const float *from) { return wasm_v128_load(from); }
INLINE void store(float *to, v128_t values) { wasm_v128_store(to, values); }
INLINE v128_t add(v128_t a, v128_t b) { return wasm_f32x4_add(a, b); }
INLINE v128_t sub(v128_t a, v128_t b) { return wasm_f32x4_sub(a, b); }
INLINE v128_t mul(v128_t a, v128_t b) { return wasm_f32x4_mul(a, b); }
/* The lesser and the greater; where a is no number, it stays. */
INLINE v128_t least(v128_t a, v128_t b) { return wasm_f32x4_pmin(a, b); }
INLINE v128_t most(v128_t a, v128_t b) { return wasm_f32x4_pmax(a, b); }
/* a b + c, rounded once where the processor can. */
#ifdef __wasm_relaxed_simd__
INLINE v128_t fused(v128_t a, v128_t b, v128_t c) { return wasm_f32x4_relaxed_madd(a, b, c); }
#else
INLINE v128_t fused(v128_t a, v128_t b, v128_t c) { return add(mul(a, b), c); }
#endif
