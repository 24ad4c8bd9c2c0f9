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

/* Winograd's way to a 3x3 convolution of stride 1 and padding 1, F(2x2, 3x3): each 2x2 results are made of 4x4 values
   by 16 products instead of 36 (A. Lavin and S. Gray, "Fast algorithms for convolutional neural networks", CVPR 2016).
   Channels are a multiple of 4, outputs of 16. A plane holds one of the 16 values of every tile: tiles x channels. */

enum { TILE = 4, PLANES = TILE * TILE, COLUMNS = 4 };

INLINE v128_t add(v128_t a, v128_t b) { return wasm_f32x4_add(a, b); }
INLINE v128_t sub(v128_t a, v128_t b) { return wasm_f32x4_sub(a, b); }

/* The tiles' values: B^T d B, d being 4x4 pixels, those outside of the picture 0. */
INLINE void inputs(const float *picture, float *planes, int side, int channels) {
  int across = (side + 1) / 2, plane = across * across * channels;
  for (int tile = 0; tile < across * across; tile++, planes += channels) {
    int top = 2 * (tile / across) - 1, left = 2 * (tile % across) - 1;
    for (int c = 0; c < channels; c += 4) {
      v128_t rows[TILE][TILE];
      for (int x = 0; x < TILE; x++) {
        v128_t d[TILE];
        for (int y = 0; y < TILE; y++) {
          int row = top + y, column = left + x;
          int inside = row >= 0 && row < side && column >= 0 && column < side;
          d[y] = inside ? wasm_v128_load(picture + (row * side + column) * channels + c) : wasm_f32x4_const_splat(0);
        }
        rows[0][x] = sub(d[0], d[2]), rows[1][x] = add(d[1], d[2]);
        rows[2][x] = sub(d[2], d[1]), rows[3][x] = sub(d[1], d[3]);
      }
      for (int y = 0; y < TILE; y++) {
        float *to = planes + TILE * y * plane + c;
        wasm_v128_store(to, sub(rows[y][0], rows[y][2]));
        wasm_v128_store(to + plane, add(rows[y][1], rows[y][2]));
        wasm_v128_store(to + 2 * plane, sub(rows[y][2], rows[y][1]));
        wasm_v128_store(to + 3 * plane, sub(rows[y][1], rows[y][3]));
      }
    }
  }
}

/* Some tiles of a plane by 16 columns of its weights (channels x outputs). */
INLINE void outer(const int M, const float *rows, const float *weight, float *out, int channels, int outputs) {
  v128_t sums[M][COLUMNS];
  for (int m = 0; m < M; m++)
    for (int n = 0; n < COLUMNS; n++) sums[m][n] = wasm_f32x4_const_splat(0);
  for (int k = 0; k < channels; k++, weight += outputs) {
    for (int m = 0; m < M; m++) {
      v128_t value = wasm_v128_load32_splat(rows + m * channels + k);
      for (int n = 0; n < COLUMNS; n++)
        sums[m][n] = add(sums[m][n], wasm_f32x4_mul(value, wasm_v128_load(weight + 4 * n)));
    }
  }
  for (int m = 0; m < M; m++)
    for (int n = 0; n < COLUMNS; n++) wasm_v128_store(out + m * outputs + 4 * n, sums[m][n]);
}

INLINE void products(const float *rows, const float *weight, float *out, int tiles, int channels, int outputs) {
  for (int n = 0; n < outputs; n += 4 * COLUMNS) {
    int m = 0;
    for (; m + 2 <= tiles; m += 2) outer(2, rows + m * channels, weight + n, out + m * outputs + n, channels, outputs);
    if (m < tiles) outer(1, rows + m * channels, weight + n, out + m * outputs + n, channels, outputs);
  }
}

/* Tiles to pixels: A^T m A, and bias and activation. */
INLINE void results(const float *planes, const float *bias, float *out, int side, int outputs, int fused) {
  int across = (side + 1) / 2, plane = across * across * outputs;
  v128_t zero = wasm_f32x4_const_splat(0);
  v128_t slope = wasm_f32x4_splat(fused == IDENTITY ? 1 : fused == RELU ? 0 : 0.01f);
  for (int tile = 0; tile < across * across; tile++, planes += outputs) {
    int top = 2 * (tile / across), left = 2 * (tile % across);
    for (int o = 0; o < outputs; o += 4) {
      v128_t rows[2][TILE], shift = wasm_v128_load(bias + o);
      for (int x = 0; x < TILE; x++) {
        v128_t m[TILE];
        for (int y = 0; y < TILE; y++) m[y] = wasm_v128_load(planes + (TILE * y + x) * plane + o);
        rows[0][x] = add(add(m[0], m[1]), m[2]), rows[1][x] = sub(sub(m[1], m[2]), m[3]);
      }
      for (int y = 0; y < 2 && top + y < side; y++) {
        v128_t pair[2] = {add(add(rows[y][0], rows[y][1]), rows[y][2]), sub(sub(rows[y][1], rows[y][2]), rows[y][3])};
        for (int x = 0; x < 2 && left + x < side; x++) {
          v128_t value = add(pair[x], shift);
          value = add(wasm_f32x4_max(zero, value), wasm_f32x4_mul(slope, wasm_f32x4_min(zero, value)));
          wasm_v128_store(out + ((top + y) * side + left + x) * outputs + o, value);
        }
      }
    }
  }
}

/* `space` has room for 16 planes of channels and 16 of outputs. */
EXPORT("winograd")
void winograd(const float *picture, const float *weight, const float *bias, float *out, float *space, int side,
              int channels, int outputs, int fused) {
  int tiles = ((side + 1) / 2) * ((side + 1) / 2);
  float *made = space + PLANES * tiles * channels;
  inputs(picture, space, side, channels);
  for (int i = 0; i < PLANES; i++)
    products(space + i * tiles * channels, weight + i * channels * outputs, made + i * tiles * outputs, tiles, channels,
             outputs);
  results(made, bias, out, side, outputs, fused);
}
