/* The operations of kernels.js (its ScriptKernels say what they do) with WebAssembly's 128-bit SIMD.
   build.sh makes kernels.wasm of this file. Pointers are places in the module's memory. */

#include <stdint.h>
#include <wasm_simd128.h>

#define INLINE static inline __attribute__((always_inline))
#define EXPORT(name) __attribute__((export_name(name)))

enum { IDENTITY, RELU, LEAKY_RELU };

/* The product's tile. Of 1 to 4 rows by 2 to 8 outputs this one is the quickest: eight sums, and what they are made
   of, fit into the sixteen registers of a processor without more. */
enum { ROWS = 2, OUTPUTS = 4 };

INLINE float activated(float value, int fused) {
  if (fused == IDENTITY || value > 0) return value;
  return fused == RELU ? 0 : 0.01f * value;
}

INLINE float sum(v128_t lanes) {
  v128_t pairs = wasm_f32x4_add(lanes, wasm_i32x4_shuffle(lanes, lanes, 2, 3, 0, 1));
  return wasm_f32x4_extract_lane(pairs, 0) + wasm_f32x4_extract_lane(pairs, 1);
}

/* A tile of the product: M rows by N outputs, in registers. M and N are constants where this is inlined. */
INLINE void tile(const int M, const int N, const float *rows, const float *weight, const float *bias, float *out,
                 int width, int stride, int fused) {
  v128_t lanes[M][N];
  float rest[M][N];
  for (int m = 0; m < M; m++)
    for (int n = 0; n < N; n++) lanes[m][n] = wasm_f32x4_const_splat(0), rest[m][n] = bias[n];
  int k = 0;
  for (; k + 4 <= width; k += 4) {
    v128_t values[M];
    for (int m = 0; m < M; m++) values[m] = wasm_v128_load(rows + m * width + k);
    for (int n = 0; n < N; n++) {
      v128_t weights = wasm_v128_load(weight + n * width + k);
      for (int m = 0; m < M; m++) lanes[m][n] = wasm_f32x4_add(lanes[m][n], wasm_f32x4_mul(values[m], weights));
    }
  }
  for (; k < width; k++)
    for (int m = 0; m < M; m++)
      for (int n = 0; n < N; n++) rest[m][n] += rows[m * width + k] * weight[n * width + k];
  for (int m = 0; m < M; m++)
    for (int n = 0; n < N; n++) out[m * stride + n] = activated(sum(lanes[m][n]) + rest[m][n], fused);
}

/* Some outputs of all rows. */
INLINE void band(const int N, const float *rows, const float *weight, const float *bias, float *out, int count,
                 int width, int stride, int fused) {
  int m = 0;
  for (; m + ROWS <= count; m += ROWS)
    tile(ROWS, N, rows + m * width, weight, bias, out + m * stride, width, stride, fused);
  for (; m < count; m++) tile(1, N, rows + m * width, weight, bias, out + m * stride, width, stride, fused);
}

EXPORT("product")
void product(const float *rows, const float *weight, const float *bias, float *out, int count, int width, int outputs,
             int stride, int fused) {
  int n = 0;
  for (; n + OUTPUTS <= outputs; n += OUTPUTS)
    band(OUTPUTS, rows, weight + n * width, bias + n, out + n, count, width, stride, fused);
  for (; n < outputs; n++) band(1, rows, weight + n * width, bias + n, out + n, count, width, stride, fused);
}

INLINE void clear(float *to, int count) {
  for (int i = 0; i < count; i++) to[i] = 0;
}

INLINE void copy(float *restrict to, const float *restrict from, int count) {
  int i = 0;
  for (; i + 4 <= count; i += 4) wasm_v128_store(to + i, wasm_v128_load(from + i));
  for (; i < count; i++) to[i] = from[i];
}

EXPORT("patches")
void patches(const float *picture, float *out, int height, int width, int channels, int kernel, int stride, int top,
             int left, int outHeight, int outWidth) {
  int line = kernel * channels;
  for (int y = 0; y < outHeight; y++) {
    for (int x = 0; x < outWidth; x++) {
      int from = x * stride - left;
      int first = from < 0 ? -from : 0, last = from + kernel > width ? width - from : kernel;
      for (int i = 0; i < kernel; i++, out += line) {
        int row = y * stride - top + i;
        if (row < 0 || row >= height || first >= last) {
          clear(out, line);
        } else {
          clear(out, first * channels);
          copy(out + first * channels, picture + (row * width + from + first) * channels, (last - first) * channels);
          clear(out + last * channels, (kernel - last) * channels);
        }
      }
    }
  }
}
