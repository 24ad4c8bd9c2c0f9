/* The operations of raster.js, paper.js and photo/grey.js that take most of the time in which a photo is read: those say
   what they do, and do the same where there is no WebAssembly. build.sh makes raster.wasm of this file, without SIMD. Pointers are places in
   the module's memory, sides and places are in pixels. */

#define EXPORT(name) __attribute__((export_name(name)))

typedef unsigned char byte;

EXPORT("resampleRows")
void resampleRows(const float *pixels, int width, int height, float *out, int outWidth, const int *firsts,
                  const int *counts, const double *weights, int most) {
  for (int y = 0; y < height; y++, pixels += width) {
    const double *own = weights;
    for (int x = 0; x < outWidth; x++, own += most) {
      const float *from = pixels + firsts[x];
      double sum = 0;
      for (int i = 0; i < counts[x]; i++) sum += from[i] * own[i];
      *out++ = (float)sum;
    }
  }
}

EXPORT("blurRows")
void blurRows(const float *pixels, int width, int height, float *out, const int *places, double *row,
              const double *weights, int radius) {
  for (int y = 0; y < height; y++, pixels += width, out += width) {
    int isEmpty = 1;
    for (int x = 0; isEmpty && x < width; x++) isEmpty = pixels[x] == 0;
    for (int i = 0; i < width + 2 * radius; i++) row[i] = pixels[places[i]];
    for (int x = 0; x < width; x++) {
      if (isEmpty) {
        out[x] = 0;
        continue;
      }
      const double *middle = row + x + radius;
      double sum = middle[0] * weights[0];
      for (int i = 1; i <= radius; i++) sum += (middle[-i] + middle[i]) * weights[i];
      out[x] = (float)sum;
    }
  }
}

EXPORT("distances")
void distances(const byte *mask, int width, int height, double *columns, double *out) {
  int size = width * height;
  for (int x = 0; x < width; x++) {
    double distance = __builtin_inf();
    for (int i = x; i < size; i += width) columns[i] = distance = mask[i] ? distance + 1 : 0;
    distance = __builtin_inf();
    for (int i = size - width + x; i >= 0; i -= width) {
      distance = mask[i] ? distance + 1 : 0;
      if (distance < columns[i]) columns[i] = distance;
    }
  }
  for (int y = 0; y < height; y++, columns += width, out += width) {
    for (int x = 0; x < width; x++) {
      double nearest = columns[x] * columns[x];
      for (int far = 1; (double)far * far < nearest && far < width; far++) {
        double square = (double)far * far;
        double before = x >= far ? columns[x - far] : __builtin_inf();
        double after = x + far < width ? columns[x + far] : __builtin_inf();
        double closer = before < after ? before : after;
        if (square + closer * closer < nearest) nearest = square + closer * closer;
      }
      out[x] = __builtin_sqrt(nearest);
    }
  }
}

/* Along lines of `length` values that are `step` apart; back and forth have room for `blocks` values. */
EXPORT("largestAlong")
void largestAlong(const double *from, double *out, int lines, int line, int step, int length, int radius, double *back,
                  double *forth, int blocks) {
  int window = 2 * radius + 1;
  for (int n = 0; n < lines; n++, from += line, out += line) {
    for (int i = 0; i < blocks; i++) back[i] = -__builtin_inf();
    for (int x = 0; x < length; x++) back[x + radius] = from[x * step];
    for (int i = 0, place = 0; i < blocks; i++, place++) {
      if (place == window) place = 0;
      forth[i] = place && forth[i - 1] > back[i] ? forth[i - 1] : back[i];
    }
    for (int i = blocks - 1, place = 0; i >= 0; i--, place++) {
      if (place == window) place = 0;
      if (place && back[i + 1] > back[i]) back[i] = back[i + 1];
    }
    for (int x = 0; x < length; x++) {
      double before = back[x], after = forth[x + window - 1];
      out[x * step] = before > after ? before : after;
    }
  }
}

EXPORT("label")
int label(const byte *mask, int *labels, int *open, int size, int width) {
  int count = 0;
  for (int i = 0; i < size; i++) labels[i] = 0;
  for (int start = 0; start < size; start++) {
    if (!mask[start] || labels[start]) continue;
    labels[start] = ++count;
    open[0] = start;
    for (int left = 1; left;) {
      int at = open[--left], x = at % width;
      for (int row = at - width; row <= at + width; row += width) {
        if (row < 0 || row >= size) continue;
        for (int i = x > 0 ? row - 1 : row; i <= (x < width - 1 ? row + 1 : row); i++) {
          if (!mask[i] || labels[i]) continue;
          labels[i] = count;
          open[left++] = i;
        }
      }
    }
  }
  return count;
}

/* Grey levels of pixels in [0, 1], halves to the even neighbour, and how often there is each of the 256. */
EXPORT("levelsOf")
void levelsOf(const float *pixels, byte *levels, int *counts, int size) {
  for (int level = 0; level < 256; level++) counts[level] = 0;
  for (int i = 0; i < size; i++) {
    int level = (int)__builtin_nearbyintf(pixels[i] * 255.0f);
    levels[i] = level;
    counts[level]++;
  }
}

static float selected(float *values, int count, int place) {
  int first = 0, last = count - 1;
  while (first < last) {
    float pivot = values[(first + last) >> 1];
    int i = first, j = last;
    while (i <= j) {
      while (values[i] < pivot) i++;
      while (values[j] > pivot) j--;
      if (i > j) break;
      float value = values[i];
      values[i++] = values[j];
      values[j--] = value;
    }
    if (place <= j) last = j;
    else if (place >= i) first = i;
    else break;
  }
  return values[place];
}

static float medianOf(float *values, int count) {
  int half = count >> 1;
  float upper = selected(values, count, half), lower = -__builtin_inff();
  if (count % 2) return upper;
  for (int i = 0; i < half; i++)
    if (values[i] > lower) lower = values[i];
  return (float)(((double)lower + upper) / 2);
}

/* The ink on paper whose levels are near, without specks: 1, or 0 where its contrast is less than the least. */
EXPORT("inkOn")
int inkOn(const float *pixels, const byte *levels, const byte *isNear, int size, int width, double leastContrast,
          double faintest, double speck, float *ink, byte *mask, int *labels, int *open, double *weights) {
  float least = __builtin_inff(), most = -__builtin_inff(), *paper = ink;
  int count = 0;
  for (int i = 0; i < size; i++) {
    float value = pixels[i];
    if (isNear[levels[i]]) paper[count++] = value;
    if (value < least) least = value;
    if (value > most) most = value;
  }
  float median = medianOf(paper, count);
  least -= median;
  most -= median;
  double sign = -least > most ? -1 : 1, contrast = -least > most ? -least : most;
  if (contrast < leastContrast) return 0;
  for (int i = 0; i < size; i++) {
    double value = isNear[levels[i]] ? 0 : sign * (pixels[i] - median) / contrast;
    ink[i] = value < 0 ? 0 : value > 1 ? 1 : value;
    mask[i] = ink[i] > faintest;
  }
  int parts = label(mask, labels, open, size, width);
  for (int part = 0; part <= parts; part++) weights[part] = 0;
  for (int i = 0; i < size; i++)
    if (ink[i] != 0) weights[labels[i]] += ink[i];
  double heaviest = weights[0];
  for (int part = 1; part <= parts; part++)
    if (weights[part] > heaviest) heaviest = weights[part];
  for (int i = 0; i < size; i++)
    if (ink[i] != 0 && !(weights[labels[i]] >= speck * heaviest)) ink[i] = 0;
  return 1;
}

/* Lightness in [0, 1] of opaque pixels by ITU-R 601-2, in whole numbers, and how often there is each of the 256 levels of
   red, of green, of blue and of it. */
EXPORT("lightnessOf")
void lightnessOf(const byte *rgba, float *pixels, int *counts, int size) {
  for (int i = 0; i < 4 * 256; i++) counts[i] = 0;
  for (int i = 0; i < size; i++, rgba += 4) {
    int level = (19595 * rgba[0] + 38470 * rgba[1] + 7471 * rgba[2] + 32768) >> 16;
    counts[rgba[0]]++;
    counts[256 + rgba[1]]++;
    counts[512 + rgba[2]]++;
    counts[768 + level]++;
    pixels[i] = (float)(level / 255.0);
  }
}
