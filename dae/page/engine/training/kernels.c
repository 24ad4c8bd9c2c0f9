/* The operations of kernels.js beside this file (its ScriptKernels say what they do) with WebAssembly's 128-bit SIMD.
   ../build.sh makes kernels.wasm of this file, and relaxed.wasm with relaxed SIMD. Pointers are places in the module's
   memory; what a pointer of values has room for is a multiple of 4, so that whole vectors may be worked on. */

#include "../simd.h"

enum { IDENTITY, RELU, LEAKY_RELU, SIGMOID, TANH, GELU };
enum { MSE, BCE, BCE_WITH_LOGITS };

INLINE v128_t div(v128_t a, v128_t b) { return wasm_f32x4_div(a, b); }
INLINE v128_t either(v128_t which, v128_t a, v128_t b) { return wasm_v128_bitselect(a, b, which); }

/* The products, as K. Goto and R. van de Geijn order them ("Anatomy of high-performance matrix multiplication", ACM TOMS
   34(3), 2008): a panel of b and a block of a are copied to where they are read in one go. Eight sums, and what they are
   made of, fit into the sixteen registers of a processor without more. */
enum { ROWS = 2, VECTORS = 4, COLUMNS = 4 * VECTORS, DEPTH = 256 };

/* Some rows of a by the columns of b's panel, depth values each. */
INLINE void tile(const float *a, const float *b, float *out, int stride, int depth, int adds) {
  v128_t sums[ROWS][VECTORS];
  for (int m = 0; m < ROWS; m++)
    for (int n = 0; n < VECTORS; n++)
      sums[m][n] = adds ? wasm_v128_load(out + m * stride + 4 * n) : wasm_f32x4_const_splat(0);
  for (int k = 0; k < depth; k++, a += ROWS, b += COLUMNS) {
    v128_t values[VECTORS];
    for (int n = 0; n < VECTORS; n++) values[n] = wasm_v128_load(b + 4 * n);
    for (int m = 0; m < ROWS; m++) {
      v128_t factor = wasm_v128_load32_splat(a + m);
      for (int n = 0; n < VECTORS; n++) sums[m][n] = fused(factor, values[n], sums[m][n]);
    }
  }
  for (int m = 0; m < ROWS; m++)
    for (int n = 0; n < VECTORS; n++) wasm_v128_store(out + m * stride + 4 * n, sums[m][n]);
}

INLINE void packRows(const float *a, float *to, int row, int step, int count, int depth) {
  for (int m = 0; m < count; m += ROWS, to += ROWS * depth)
    for (int i = 0; i < ROWS; i++) {
      const float *from = a + (m + i) * row;
      for (int k = 0; k < depth; k++) to[ROWS * k + i] = m + i < count ? from[k * step] : 0;
    }
}

INLINE void packColumns(const float *b, float *to, int stride, int width, int depth) {
  for (int k = 0; k < depth; k++, b += stride, to += COLUMNS) {
    if (width == COLUMNS)
      for (int n = 0; n < VECTORS; n++) wasm_v128_store(to + 4 * n, wasm_v128_load(b + 4 * n));
    else
      for (int n = 0; n < COLUMNS; n++) to[n] = n < width ? b[n] : 0;
  }
}

/* `space` has room for DEPTH columns of a, its rows rounded up to ROWS, and for COLUMNS columns of b. */
EXPORT("multiply")
void multiply(const float *a, int row, int step, const float *b, float *out, float *space, int count, int outputs,
              int depth) {
  float *panel = space, *rows = space + DEPTH * COLUMNS;
  for (int k = 0; k < depth; k += DEPTH) {
    int deep = depth - k < DEPTH ? depth - k : DEPTH;
    packRows(a + k * step, rows, row, step, count, deep);
    for (int n = 0; n < outputs; n += COLUMNS) {
      int width = outputs - n < COLUMNS ? outputs - n : COLUMNS;
      packColumns(b + k * outputs + n, panel, outputs, width, deep);
      for (int m = 0; m < count; m += ROWS) {
        float *to = out + m * outputs + n;
        if (width == COLUMNS && m + ROWS <= count) {
          tile(rows + m * deep, panel, to, outputs, deep, k > 0);
        } else {
          float part[ROWS * COLUMNS];
          tile(rows + m * deep, panel, part, COLUMNS, deep, 0);
          for (int i = 0; i < ROWS && m + i < count; i++)
            for (int j = 0; j < width; j++)
              to[i * outputs + j] = part[i * COLUMNS + j] + (k > 0 ? to[i * outputs + j] : 0);
        }
      }
    }
  }
}

EXPORT("transpose")
void transpose(const float *from, float *to, int rows, int columns) {
  for (int r = 0; r < rows; r += 16)
    for (int c = 0; c < columns; c++)
      for (int i = r; i < rows && i < r + 16; i++) to[c * rows + i] = from[i * columns + c];
}

EXPORT("columnSums")
void columnSums(const float *rows, float *out, int count, int width) {
  for (int n = 0; n < width; n++) out[n] = 0;
  for (int m = 0; m < count; m++, rows += width) {
    int n = 0;
    for (; n + 4 <= width; n += 4) wasm_v128_store(out + n, add(wasm_v128_load(out + n), wasm_v128_load(rows + n)));
    for (; n < width; n++) out[n] += rows[n];
  }
}

/* Functions of four numbers within some units of the last place, as the Cephes library has them (S. L. Moshier). */

INLINE v128_t exponential(v128_t x) {
  x = least(most(x, number(-87.3f)), number(88.3f));
  v128_t n = wasm_f32x4_nearest(mul(x, number(1.44269504f)));
  x = sub(sub(x, mul(n, number(0.693359375f))), mul(n, number(-2.12194440e-4f)));
  v128_t y = number(1.9875691500e-4f);
  y = add(mul(y, x), number(1.3981999507e-3f));
  y = add(mul(y, x), number(8.3334519073e-3f));
  y = add(mul(y, x), number(4.1665795894e-2f));
  y = add(mul(y, x), number(1.6666665459e-1f));
  y = add(mul(y, x), number(5.0000001201e-1f));
  y = add(add(mul(mul(y, x), x), x), number(1));
  v128_t power = wasm_i32x4_shl(wasm_i32x4_add(wasm_i32x4_trunc_sat_f32x4(n), wasm_i32x4_splat(127)), 23);
  return mul(y, power);
}

/* Of positive numbers. */
INLINE v128_t logarithm(v128_t x) {
  v128_t n = wasm_f32x4_convert_i32x4(wasm_i32x4_sub(wasm_i32x4_shr(x, 23), wasm_i32x4_splat(126)));
  v128_t half = wasm_v128_or(wasm_v128_and(x, wasm_i32x4_splat(0x007fffff)), number(0.5f));
  v128_t isSmall = wasm_f32x4_lt(half, number(0.707106781f));
  n = sub(n, wasm_v128_and(isSmall, number(1)));
  x = sub(add(half, wasm_v128_and(isSmall, half)), number(1));
  v128_t y = number(7.0376836292e-2f);
  y = add(mul(y, x), number(-1.1514610310e-1f));
  y = add(mul(y, x), number(1.1676998740e-1f));
  y = add(mul(y, x), number(-1.2420140846e-1f));
  y = add(mul(y, x), number(1.4249322787e-1f));
  y = add(mul(y, x), number(-1.6668057665e-1f));
  y = add(mul(y, x), number(2.0000714765e-1f));
  y = add(mul(y, x), number(-2.4999993993e-1f));
  y = add(mul(y, x), number(3.3333331174e-1f));
  v128_t square = mul(x, x);
  y = mul(mul(y, x), square);
  y = sub(add(y, mul(n, number(-2.12194440e-4f))), mul(square, number(0.5f)));
  return add(add(x, y), mul(n, number(0.693359375f)));
}

INLINE v128_t sigmoid(v128_t x) { return div(number(1), add(number(1), exponential(wasm_f32x4_neg(x)))); }

/* The standard normal distribution's function, by the error function within 1.5e-7 (Abramowitz and Stegun, 7.1.26). */
INLINE v128_t below(v128_t x) {
  v128_t z = mul(wasm_f32x4_abs(x), number(0.707106781f));
  v128_t t = div(number(1), add(number(1), mul(number(0.3275911f), z)));
  v128_t y = number(1.061405429f);
  y = add(mul(y, t), number(-1.453152027f));
  y = add(mul(y, t), number(1.421413741f));
  y = add(mul(y, t), number(-0.284496736f));
  y = add(mul(y, t), number(0.254829592f));
  v128_t tail = mul(mul(mul(y, t), exponential(wasm_f32x4_neg(mul(z, z)))), number(0.5f));
  return either(wasm_f32x4_lt(x, number(0)), tail, sub(number(1), tail));
}

INLINE v128_t activated(v128_t x, int kind) {
  if (kind == RELU) return most(x, number(0)); /* what is no number stays none */
  if (kind == LEAKY_RELU) return either(wasm_f32x4_gt(x, number(0)), x, mul(x, number(0.01f)));
  if (kind == SIGMOID) return sigmoid(x);
  if (kind == TANH) return sub(mul(number(2), sigmoid(mul(number(2), x))), number(1));
  if (kind == GELU) return mul(x, below(x));
  return x;
}

/* d activated / d x */
INLINE v128_t slope(v128_t x, v128_t y, int kind) {
  v128_t isAbove = wasm_f32x4_gt(x, number(0));
  if (kind == RELU) return wasm_v128_and(isAbove, number(1));
  if (kind == LEAKY_RELU) return either(isAbove, number(1), number(0.01f));
  if (kind == SIGMOID) return mul(y, sub(number(1), y));
  if (kind == TANH) return sub(number(1), mul(y, y));
  if (kind == GELU)
    return add(below(x), mul(mul(x, number(0.398942280f)), exponential(mul(mul(x, x), number(-0.5f)))));
  return number(1);
}

/* The kind is a constant where these are inlined. */
INLINE void activateAll(const float *values, float *out, int count, const int kind) {
  for (int i = 0; i < count; i += 4) wasm_v128_store(out + i, activated(wasm_v128_load(values + i), kind));
}
INLINE void chainAll(float *gradient, const float *values, const float *made, int count, const int kind) {
  for (int i = 0; i < count; i += 4) {
    v128_t by = slope(wasm_v128_load(values + i), wasm_v128_load(made + i), kind);
    wasm_v128_store(gradient + i, mul(wasm_v128_load(gradient + i), by));
  }
}

EXPORT("addBias")
void addBias(float *rows, const float *bias, int count, int width) {
  for (int m = 0; m < count; m++, rows += width) {
    int n = 0;
    for (; n + 4 <= width; n += 4) wasm_v128_store(rows + n, add(wasm_v128_load(rows + n), wasm_v128_load(bias + n)));
    for (; n < width; n++) rows[n] += bias[n];
  }
}

EXPORT("activate")
void activate(const float *values, float *out, int count, int kind) {
  if (kind == RELU) activateAll(values, out, count, RELU);
  else if (kind == LEAKY_RELU) activateAll(values, out, count, LEAKY_RELU);
  else if (kind == SIGMOID) activateAll(values, out, count, SIGMOID);
  else if (kind == TANH) activateAll(values, out, count, TANH);
  else if (kind == GELU) activateAll(values, out, count, GELU);
  else activateAll(values, out, count, IDENTITY);
}

EXPORT("chain")
void chain(float *gradient, const float *values, const float *made, int count, int kind) {
  if (kind == RELU) chainAll(gradient, values, made, count, RELU);
  else if (kind == LEAKY_RELU) chainAll(gradient, values, made, count, LEAKY_RELU);
  else if (kind == SIGMOID) chainAll(gradient, values, made, count, SIGMOID);
  else if (kind == TANH) chainAll(gradient, values, made, count, TANH);
  else if (kind == GELU) chainAll(gradient, values, made, count, GELU);
}

/* Two sums of doubles, of the even and of the odd lanes. */
INLINE v128_t summed(v128_t sums, v128_t lanes) {
  v128_t high = wasm_i32x4_shuffle(lanes, lanes, 2, 3, 0, 1);
  return wasm_f64x2_add(wasm_f64x2_add(sums, wasm_f64x2_promote_low_f32x4(lanes)), wasm_f64x2_promote_low_f32x4(high));
}
INLINE double total(v128_t sums) { return wasm_f64x2_extract_lane(sums, 0) + wasm_f64x2_extract_lane(sums, 1); }

INLINE v128_t bounded(v128_t x) { /* log x, -100 at least, as torch has it */
  return either(wasm_f32x4_gt(x, number(0)), most(logarithm(most(x, number(1e-37f))), number(-100)), number(-100));
}

INLINE double lossOf(const float *logits, const float *made, const float *clean, float *gradient, int count,
                     const int kind) {
  v128_t sums = wasm_f64x2_const_splat(0), share = number(1.0f / count), one = number(1), zero = number(0);
  for (int i = 0; i < count; i += 4) {
    v128_t x = wasm_v128_load(logits + i), y = wasm_v128_load(made + i), t = wasm_v128_load(clean + i);
    v128_t far = sub(y, t), loss, by;
    if (kind == MSE) {
      loss = mul(far, far), by = add(far, far);
    } else if (kind == BCE) {
      loss = sub(zero, add(mul(t, bounded(y)), mul(sub(one, t), bounded(sub(one, y)))));
      by = div(far, most(mul(y, sub(one, y)), number(1e-12f)));
    } else {
      v128_t rest = logarithm(add(one, exponential(wasm_f32x4_neg(wasm_f32x4_abs(x)))));
      loss = add(sub(most(x, zero), mul(x, t)), rest), by = far;
    }
    sums = summed(sums, loss);
    wasm_v128_store(gradient + i, mul(by, share));
  }
  return total(sums) / count;
}

EXPORT("loss")
double loss(const float *logits, const float *made, const float *clean, float *gradient, int count, int kind) {
  if (kind == MSE) return lossOf(logits, made, clean, gradient, count, MSE);
  if (kind == BCE) return lossOf(logits, made, clean, gradient, count, BCE);
  return lossOf(logits, made, clean, gradient, count, BCE_WITH_LOGITS);
}

EXPORT("squaredError")
double squaredError(const float *a, const float *b, int count) {
  v128_t sums = wasm_f64x2_const_splat(0);
  for (int i = 0; i < count; i += 4) {
    v128_t far = sub(wasm_v128_load(a + i), wasm_v128_load(b + i));
    sums = summed(sums, mul(far, far));
  }
  return total(sums) / count;
}

EXPORT("squares")
double squares(const float *values, int count) {
  v128_t sums = wasm_f64x2_const_splat(0);
  int i = 0;
  for (; i + 4 <= count; i += 4) sums = summed(sums, mul(wasm_v128_load(values + i), wasm_v128_load(values + i)));
  double found = total(sums);
  for (; i < count; i++) found += values[i] * values[i];
  return found;
}

EXPORT("adam")
void adam(float *weights, const float *gradient, float *mean, float *square, int count, float scale, float keep,
          float size, float root) {
  for (int i = 0; i < count; i += 4) {
    v128_t g = mul(wasm_v128_load(gradient + i), number(scale));
    v128_t m = add(mul(wasm_v128_load(mean + i), number(0.9f)), mul(g, number(1 - 0.9f)));
    v128_t v = add(mul(wasm_v128_load(square + i), number(0.999f)), mul(mul(g, g), number((float)(1 - 0.999))));
    v128_t by = div(mul(number(size), m), add(div(wasm_f32x4_sqrt(v), number(root)), number(1e-8f)));
    wasm_v128_store(mean + i, m);
    wasm_v128_store(square + i, v);
    wasm_v128_store(weights + i, sub(mul(wasm_v128_load(weights + i), number(keep)), by));
  }
}

/* The Mersenne Twister MT19937 (M. Matsumoto, T. Nishimura, ACM TOMACS 8(1), 1998), with torch's way from 32 bits to
   [0, 1). */
enum { WORDS = 624, SHIFT = 397 };

INLINE uint32_t turned(uint32_t word, uint32_t next, uint32_t far) {
  uint32_t both = (word & 0x80000000u) | (next & 0x7fffffffu);
  return far ^ (both >> 1) ^ (both & 1 ? 0x9908b0dfu : 0);
}

static void turn(uint32_t *state) {
  for (int i = 0; i < WORDS - SHIFT; i++) state[i] = turned(state[i], state[i + 1], state[i + SHIFT]);
  for (int i = WORDS - SHIFT; i < WORDS - 1; i++) state[i] = turned(state[i], state[i + 1], state[i + SHIFT - WORDS]);
  state[WORDS - 1] = turned(state[WORDS - 1], state[0], state[SHIFT - 1]);
}

EXPORT("uniform")
int uniform(uint32_t *state, int next, float *out, int count) {
  for (int i = 0; i < count; i++) {
    if (next == WORDS) turn(state), next = 0;
    uint32_t word = state[next++];
    word ^= word >> 11;
    word ^= (word << 7) & 0x9d2c5680u;
    word ^= (word << 15) & 0xefc60000u;
    out[i] = (float)((word ^ (word >> 18)) & 0xffffff) * (1.0f / 16777216);
  }
  return next;
}

/* Blocks of 16 uniform values to normal ones (G. E. P. Box and M. E. Muller, 1958): radii from the first half, angles
   from the second. */
EXPORT("toNormal")
void toNormal(float *values, int count) {
  for (; count >= 16; count -= 16, values += 16) {
    for (int j = 0; j < 8; j += 4) {
      v128_t radius = logarithm(sub(number(1), wasm_v128_load(values + j)));
      radius = wasm_f32x4_sqrt(most(mul(radius, number(-2)), number(0)));
      v128_t turns = wasm_v128_load(values + j + 8), quarter = wasm_f32x4_nearest(mul(turns, number(4)));
      v128_t angle = mul(sub(turns, mul(quarter, number(0.25f))), number(6.28318531f)), square = mul(angle, angle);
      v128_t s = number(-1.9515295891e-4f);
      s = add(mul(s, square), number(8.3321608736e-3f));
      s = add(mul(s, square), number(-1.6666654611e-1f));
      s = add(mul(mul(s, square), angle), angle);
      v128_t c = number(2.443315711809948e-5f);
      c = add(mul(c, square), number(-1.388731625493765e-3f));
      c = add(mul(c, square), number(4.166664568298827e-2f));
      c = add(sub(mul(mul(c, square), square), mul(square, number(0.5f))), number(1));
      v128_t n = wasm_i32x4_trunc_sat_f32x4(quarter);
      v128_t isOdd = wasm_i32x4_shr(wasm_i32x4_shl(n, 31), 31), minus = number(-0.0f);
      v128_t cosine = either(isOdd, s, c), sine = either(isOdd, c, s);
      /* The cosine is below 0 after one and two quarters of a turn, the sine after two and three. */
      cosine = wasm_v128_xor(cosine, wasm_v128_and(minus, wasm_i32x4_shl(wasm_i32x4_add(n, wasm_i32x4_splat(1)), 30)));
      sine = wasm_v128_xor(sine, wasm_v128_and(minus, wasm_i32x4_shl(n, 30)));
      wasm_v128_store(values + j, mul(radius, cosine));
      wasm_v128_store(values + j + 8, mul(radius, sine));
    }
  }
}

/* Gaussian noise: clean + level * draw in the place of each draw, clipped to [0, 1] where `clips`. */
EXPORT("disturb")
void disturb(const float *clean, float *draws, float level, int count, int clips) {
  v128_t by = number(level), zero = number(0), one = number(1);
  for (int i = 0; i < count; i += 4) {
    v128_t noisy = add(wasm_v128_load(clean + i), mul(by, wasm_v128_load(draws + i)));
    wasm_v128_store(draws + i, clips ? least(most(noisy, zero), one) : noisy);
  }
}
