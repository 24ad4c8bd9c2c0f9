/* The operations of kernels.js (its ScriptKernels say what they do) with WebAssembly's 128-bit SIMD.
   build.sh makes kernels.wasm of this file, and relaxed.wasm with relaxed SIMD. Pointers are places in the module's
   memory. */

#include "simd.h"

enum { IDENTITY, RELU, LEAKY_RELU };

INLINE float slopeOf(int activation) { return activation == IDENTITY ? 1 : activation == RELU ? 0 : 0.01f; }

INLINE v128_t activated(v128_t values, v128_t slope) {
  v128_t zero = wasm_f32x4_const_splat(0);
  return fused(slope, least(values, zero), most(values, zero));
}

/* The products. Weights are stored in panels of PANEL outputs, the last one filled up with zeros: depth x PANEL each, so
   that they are read in one go, which for a single row counts for more than the arithmetic. A tile of some rows by some
   vectors of four outputs has SUMS sums, which fit into the sixteen registers of a processor with what they are made of,
   and keep its multipliers busy. A result is the same in each tile, to the last bit. */
enum { SUMS = 8, PANEL = 16 };

INLINE int wholePanels(int outputs) { return (outputs + PANEL - 1) / PANEL * PANEL; }

/* M rows by N vectors of a panel's outputs. M and N are constants where this is inlined. */
INLINE void tile(const int M, const int N, const float *rows, const float *panel, const float *bias, float *out,
                 int depth, int outputs, int stride, float slope) {
  v128_t sums[M][N];
  for (int m = 0; m < M; m++)
    for (int n = 0; n < N; n++) sums[m][n] = load(bias + 4 * n);
  for (int k = 0; k < depth; k++, rows++, panel += PANEL) {
    v128_t weights[N];
    for (int n = 0; n < N; n++) weights[n] = load(panel + 4 * n);
    for (int m = 0; m < M; m++) {
      v128_t value = wasm_v128_load32_splat(rows + m * depth);
      for (int n = 0; n < N; n++) sums[m][n] = fused(value, weights[n], sums[m][n]);
    }
  }
  for (int m = 0; m < M; m++, out += stride) {
    for (int n = 0; n < N; n++) {
      float values[4];
      v128_t all = activated(sums[m][n], number(slope));
      if (4 * n + 4 <= outputs) {
        store(out + 4 * n, all);
      } else {
        store(values, all);
        for (int i = 0; 4 * n + i < outputs; i++) out[4 * n + i] = values[i];
      }
    }
  }
}

/* All rows by N vectors of a panel's outputs. */
INLINE void band(const int N, const float *rows, const float *panel, const float *bias, float *out, int count,
                 int depth, int outputs, int stride, float slope) {
  const int M = N == 1 ? 4 : SUMS / N; /* eight places of rows are too many */
  int m = 0;
  for (; m + M <= count; m += M)
    tile(M, N, rows + m * depth, panel, bias, out + m * stride, depth, outputs, stride, slope);
  for (; m < count; m++) tile(1, N, rows + m * depth, panel, bias, out + m * stride, depth, outputs, stride, slope);
}

EXPORT("product")
void product(const float *rows, const float *weight, const float *bias, float *out, int count, int depth, int outputs,
             int stride, int activation) {
  float slope = slopeOf(activation);
  for (; outputs > 0; outputs -= PANEL, weight += PANEL * depth, bias += PANEL, out += PANEL) {
    if (outputs > 12) band(4, rows, weight, bias, out, count, depth, outputs, stride, slope);
    else if (outputs > 8) band(3, rows, weight, bias, out, count, depth, outputs, stride, slope);
    else if (outputs > 4) band(2, rows, weight, bias, out, count, depth, outputs, stride, slope);
    else band(1, rows, weight, bias, out, count, depth, outputs, stride, slope);
  }
}

/* How many floats `pack` makes. */
EXPORT("packedSize")
int packedSize(int depth, int outputs) { return depth * wholePanels(outputs); }

/* Rows of weights, one for each output, to panels. */
EXPORT("pack")
void pack(const float *weight, float *to, int depth, int outputs) {
  for (int n = 0; n < outputs; n += PANEL, weight += PANEL * depth)
    for (int k = 0; k < depth; k++, to += PANEL)
      for (int o = 0; o < PANEL; o++) to[o] = n + o < outputs ? weight[o * depth + k] : 0;
}

INLINE void clear(float *to, int count) {
  for (int i = 0; i < count; i++) to[i] = 0;
}

INLINE void copy(float *restrict to, const float *restrict from, int count) {
  int i = 0;
  for (; i + 4 <= count; i += 4) store(to + i, load(from + i));
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

/* Winograd's way to a 3x3 convolution of stride 1 and padding 1, F(4x4, 3x3): 4x4 results are made of 6x6 values by 36
   products instead of 144 (A. Lavin and S. Gray, "Fast algorithms for convolutional neural networks", CVPR 2016). They
   are values of polynomials at 0, +-NEAR, +-FAR and infinity. At these points 32 bits lose half as much as at the usual
   1 and 2, and the constants are exact (B. Barabasz et al., "Error analysis and improving the accuracy of Winograd
   convolution for deep neural networks", ACM TOMS 46(4), 2020).

   Channels and outputs are multiples of 4. A plane holds one of the 36 values of each tile of a block: tiles x channels;
   and of each kernel: panels of weights. */

enum { MADE = 4, TILE = MADE + 2, PLANES = TILE * TILE, BLOCK = 16 };
enum { APART = 16 }; /* floats between planes: at powers of 2 they would take each other's place in the cache */
#define NEAR 0.75f
#define FAR 1.5f

INLINE int tilesOver(int side) { return (side + MADE - 1) / MADE; }
INLINE int paddedSize(int height, int width, int channels) {
  return (MADE * tilesOver(height) + 2) * (MADE * tilesOver(width) + 2) * channels;
}

/* How many floats the prepared weights are. */
EXPORT("preparedSize")
int preparedSize(int channels, int outputs) { return PLANES * packedSize(channels, outputs); }

/* Of g, the values of a row or column of a kernel: G g, (1, p, p^2) / the product over the other points q of p - q. */
INLINE void kernelValues(const double g[3], double to[TILE]) {
  const double near = NEAR * NEAR, far = FAR * FAR;
  double nearEven = (g[0] + near * g[2]) / (2 * near * (near - far)), nearOdd = NEAR * g[1] / (2 * near * (near - far));
  double farEven = (g[0] + far * g[2]) / (2 * far * (far - near)), farOdd = FAR * g[1] / (2 * far * (far - near));
  to[0] = g[0] / (near * far);
  to[1] = nearEven + nearOdd, to[2] = nearEven - nearOdd;
  to[3] = farEven + farOdd, to[4] = farEven - farOdd;
  to[5] = g[2];
}

/* Weights (outputs, channels, 3, 3) for the products: G g G^T of each kernel g. */
EXPORT("prepare")
void prepare(const float *weight, float *to, int channels, int outputs) {
  int plane = packedSize(channels, outputs);
  for (int n = 0; n < outputs; n += PANEL) {
    for (int c = 0; c < channels; c++, to += PANEL) {
      float values[PLANES][PANEL];
      clear(values[0], PLANES * PANEL);
      for (int o = n; o < n + PANEL && o < outputs; o++) {
        const float *kernel = weight + 9 * (o * channels + c);
        double columns[3][TILE], row[TILE];
        for (int x = 0; x < 3; x++) {
          double g[3] = {kernel[x], kernel[3 + x], kernel[6 + x]};
          kernelValues(g, columns[x]);
        }
        for (int y = 0; y < TILE; y++) {
          double g[3] = {columns[0][y], columns[1][y], columns[2][y]};
          kernelValues(g, row);
          for (int x = 0; x < TILE; x++) values[TILE * y + x][o - n] = row[x];
        }
      }
      for (int p = 0; p < PLANES; p++) copy(to + p * plane, values[p], PANEL);
    }
  }
}

/* Of d, the values of a row or column of a tile: B^T d. */
INLINE void spread(const v128_t d[TILE], v128_t to[TILE]) {
  const float near = NEAR * NEAR, far = FAR * FAR;
  v128_t nearEven = fused(number(-far), d[2], d[4]), nearOdd = mul(number(NEAR), fused(number(-far), d[1], d[3]));
  v128_t farEven = fused(number(-near), d[2], d[4]), farOdd = mul(number(FAR), fused(number(-near), d[1], d[3]));
  to[0] = fused(number(near * far), d[0], fused(number(-near - far), d[2], d[4]));
  to[1] = add(nearEven, nearOdd), to[2] = sub(nearEven, nearOdd);
  to[3] = add(farEven, farOdd), to[4] = sub(farEven, farOdd);
  to[5] = fused(number(near * far), d[1], fused(number(-near - far), d[3], d[5]));
}

/* Of m, the products of a row or column of a tile: A^T m. */
INLINE void gather(const v128_t m[TILE], v128_t to[MADE]) {
  v128_t nearEven = add(m[1], m[2]), nearOdd = sub(m[1], m[2]), farEven = add(m[3], m[4]), farOdd = sub(m[3], m[4]);
  to[0] = add(add(m[0], nearEven), farEven);
  to[1] = fused(number(NEAR), nearOdd, mul(number(FAR), farOdd));
  to[2] = fused(number(NEAR * NEAR), nearEven, mul(number(FAR * FAR), farEven));
  to[3] = fused(number(NEAR * NEAR * NEAR), nearOdd, fused(number(FAR * FAR * FAR), farOdd, m[5]));
}

/* A picture after an activation, with zeros around it up to whole tiles. */
INLINE void pad(const float *picture, float *to, int height, int width, int down, int across, int channels,
                float slope) {
  int line = (MADE * across + 2) * channels, inner = width * channels;
  v128_t by = number(slope);
  for (int y = 0; y < MADE * down + 2; y++, to += line) {
    if (y < 1 || y > height) {
      clear(to, line);
      continue;
    }
    clear(to, channels);
    for (int i = 0; i < inner; i += 4) store(to + channels + i, activated(load(picture + i), by));
    clear(to + channels + inner, line - channels - inner);
    picture += inner;
  }
}

/* A tile's values, B^T d B, d being 6x6 pixels. */
INLINE void inputs(const float *pixels, float *planes, int line, int channels, int plane) {
  for (int c = 0; c < channels; c += 4) {
    v128_t columns[TILE][TILE], rows[TILE][TILE];
    for (int x = 0; x < TILE; x++) {
      v128_t d[TILE];
      for (int y = 0; y < TILE; y++) d[y] = load(pixels + y * line + x * channels + c);
      spread(d, columns[x]);
    }
    for (int y = 0; y < TILE; y++) {
      v128_t d[TILE];
      for (int x = 0; x < TILE; x++) d[x] = columns[x][y];
      spread(d, rows[y]);
      for (int x = 0; x < TILE; x++) store(planes + (TILE * y + x) * plane + c, rows[y][x]);
    }
  }
}

/* A tile's products to `high` x `wide` pixels: A^T m A, bias and activation. */
INLINE void results(const float *planes, const float *bias, float *out, int plane, int line, int outputs, int high,
                    int wide, float slope, int adds) {
  for (int o = 0; o < outputs; o += 4) {
    v128_t columns[TILE][MADE], shift = load(bias + o);
    for (int x = 0; x < TILE; x++) {
      v128_t m[TILE];
      for (int y = 0; y < TILE; y++) m[y] = load(planes + (TILE * y + x) * plane + o);
      gather(m, columns[x]);
    }
    for (int y = 0; y < high; y++) {
      v128_t m[TILE], row[MADE];
      for (int x = 0; x < TILE; x++) m[x] = columns[x][y];
      gather(m, row);
      for (int x = 0; x < wide; x++) {
        float *to = out + y * line + x * outputs + o;
        v128_t value = activated(add(row[x], shift), number(slope));
        store(to, adds ? add(load(to), value) : value);
      }
    }
  }
}

/* How many floats `space` has: the padded pictures, a block's planes of channels and of outputs, and a bias. */
EXPORT("winogradSpace")
int winogradSpace(int count, int height, int width, int channels, int outputs) {
  return count * paddedSize(height, width, channels) + PLANES * (BLOCK * (channels + outputs) + 2 * APART) +
         wholePanels(outputs);
}

/* Of so many pictures. With `adds` the results are added to what `out` holds. */
EXPORT("winograd")
void winograd(const float *picture, const float *weight, const float *bias, float *out, float *space, int pictures,
              int height, int width, int channels, int outputs, int before, int after, int adds) {
  int down = tilesOver(height), across = tilesOver(width), tiles = pictures * down * across;
  int line = (MADE * across + 2) * channels;
  int padded = paddedSize(height, width, channels);
  float *values = space + pictures * padded, *made = values + PLANES * (BLOCK * channels + APART);
  float *none = made + PLANES * (BLOCK * outputs + APART); /* of a bias */
  float slope = slopeOf(after);
  clear(none, wholePanels(outputs));
  for (int i = 0; i < pictures; i++)
    pad(picture + i * height * width * channels, space + i * padded, height, width, down, across, channels,
        slopeOf(before));
  for (int first = 0; first < tiles; first += BLOCK) {
    int count = tiles - first < BLOCK ? tiles - first : BLOCK;
    int valuesPlane = count * channels + APART, madePlane = count * outputs + APART;
    for (int i = 0; i < count; i++) {
      int row = (first + i) / across, x = (first + i) % across, y = row % down;
      inputs(space + row / down * padded + MADE * (y * line + x * channels), values + i * channels, line, channels, valuesPlane);
    }
    for (int p = 0; p < PLANES; p++)
      product(values + p * valuesPlane, weight + p * packedSize(channels, outputs), none, made + p * madePlane, count,
              channels, outputs, outputs, IDENTITY);
    for (int i = 0; i < count; i++) {
      int row = (first + i) / across, x = (first + i) % across * MADE, y = row % down * MADE;
      results(made + i * outputs, bias, out + ((row / down * height + y) * width + x) * outputs, madePlane, width * outputs, outputs,
              height - y < MADE ? height - y : MADE, width - x < MADE ? width - x : MADE, slope, adds);
    }
  }
}
