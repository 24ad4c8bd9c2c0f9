/** Operations on grey pictures, as PIL and scipy have them: what `dae/shaping.py` shapes a digit with. */

/**
 * @typedef {object} Grey a picture of one channel
 * @property {number} width
 * @property {number} height
 * @property {Float32Array} pixels row by row
 */

/** @typedef {{ top: number, bottom: number, left: number, right: number }} Box ends excluded */

/** @type {import("./raster-wasm.js").WasmRaster | null} */
export let wasm = null;

/** What takes longest is done by a module from now on, with the same results; null: here. @param {typeof wasm} made */
export function accelerate(made) {
  wasm = made;
}

/**
 * Halves go to the even neighbour, as in Python.
 * @param {number} value
 */
export function roundToEven(value) {
  const nearest = Math.round(value); // halves upwards
  return nearest - value === 0.5 && nearest % 2 ? nearest - 1 : nearest;
}

/**
 * The smallest box around the pixels above a threshold, of which there must be some.
 * @param {Grey} picture
 * @param {number} threshold
 * @returns {Box}
 */
export function boxOf({ width, height, pixels }, threshold) {
  let top = height,
    bottom = 0,
    left = width,
    right = 0;
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      if (!(pixels[i] > threshold)) continue;
      if (y < top) top = y;
      bottom = y + 1;
      if (x < left) left = x;
      if (x >= right) right = x + 1;
    }
  }
  return { top, bottom, left, right };
}

/** @param {Box} box */
export const longerSide = ({ top, bottom, left, right }) => Math.max(bottom - top, right - left);

/**
 * A part of a picture with a margin around it, black where it leaves the picture.
 * @param {Grey} picture
 * @param {Box} box
 * @param {number} margin
 * @returns {Grey}
 */
export function crop({ width, height, pixels }, { top, bottom, left, right }, margin) {
  const wide = right - left + 2 * margin,
    high = bottom - top + 2 * margin;
  const part = new Float32Array(wide * high);
  const first = Math.max(0, left - margin),
    last = Math.min(width, right + margin);
  for (let y = Math.max(0, top - margin); y < Math.min(height, bottom + margin); y++) {
    const to = (y - top + margin) * wide + first - left + margin;
    part.set(pixels.subarray(y * width + first, y * width + last), to);
  }
  return { width: wide, height: high, pixels: part };
}

/**
 * A filter that a picture is resampled with: how far it reaches, and its value there.
 * @typedef {{ support: number, at: (x: number) => number }} Filter
 */

/** @type {Filter} */
export const HAMMING = {
  support: 1,
  at(x) {
    if (x === 0) return 1;
    if (Math.abs(x) >= 1) return 0;
    const angle = Math.PI * x;
    return (Math.sin(angle) / angle) * (0.54 + 0.46 * Math.cos(angle));
  },
};

/** Keys' cubic with a = -1/2. @type {Filter} */
export const BICUBIC = {
  support: 2,
  at(x) {
    const far = Math.abs(x);
    if (far < 1) return (1.5 * far - 2.5) * far * far + 1;
    return far < 2 ? -0.5 * (((far - 5) * far + 8) * far - 4) : 0;
  },
};

/**
 * Resample a box of a picture to another size, with anti-aliasing: along rows first, then along columns.
 * @param {Grey} picture
 * @param {number} width
 * @param {number} height
 * @param {Filter} filter
 * @param {Box} [box] all of the picture unless given
 * @returns {Grey}
 */
export function resize(picture, width, height, filter, box) {
  const { top, bottom, left, right } = box ?? {
    top: 0,
    bottom: picture.height,
    left: 0,
    right: picture.width,
  };
  const narrow = resampleRows(picture, left, right, width, filter);
  return transpose(resampleRows(transpose(narrow), top, bottom, height, filter));
}

/**
 * @param {Grey} picture
 * @param {number} start of what is resampled in each row
 * @param {number} end
 * @param {number} outWidth
 * @param {Filter} filter
 * @returns {Grey}
 */
function resampleRows({ width, height, pixels }, start, end, outWidth, { support, at }) {
  if (start === 0 && end === width && outWidth === width) return { width, height, pixels };
  const scale = (end - start) / outWidth,
    stretch = Math.max(1, scale),
    reach = support * stretch;
  const firsts = new Int32Array(outWidth);
  /** @type {Float64Array[]} */
  const weights = [];
  for (let x = 0; x < outWidth; x++) {
    const centre = start + (x + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - reach + 0.5));
    const last = Math.min(width, Math.trunc(centre + reach + 0.5));
    const own = new Float64Array(last - first).map((_, i) => at((first + i - centre + 0.5) / stretch));
    const total = own.reduce((sum, weight) => sum + weight, 0) || 1;
    for (let i = 0; i < own.length; i++) own[i] /= total;
    firsts[x] = first;
    weights.push(own);
  }
  if (wasm) {
    const resampled = wasm.resampleRows({ width, height, pixels }, outWidth, firsts, weights);
    return { width: outWidth, height, pixels: resampled };
  }
  const out = new Float32Array(outWidth * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < outWidth; x++) {
      const own = weights[x],
        first = y * width + firsts[x];
      let sum = 0;
      for (let i = 0; i < own.length; i++) sum += pixels[first + i] * own[i];
      out[y * outWidth + x] = sum;
    }
  }
  return { width: outWidth, height, pixels: out };
}

/** @param {Grey} picture @returns {Grey} */
function transpose({ width, height, pixels }) {
  const turned = new Float32Array(pixels.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) turned[x * height + y] = pixels[y * width + x];
  }
  return { width: height, height: width, pixels: turned };
}

/**
 * Gaussian blur, cut off at four standard deviations, the picture mirrored at its edges.
 * @param {Grey} picture
 * @param {number} sigma in pixels
 * @returns {Grey}
 */
export function blur(picture, sigma) {
  const radius = Math.floor(4 * sigma + 0.5);
  const weights = Float64Array.from({ length: 2 * radius + 1 }, (_, i) =>
    Math.exp(-0.5 * ((i - radius) / sigma) ** 2),
  );
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  weights.forEach((weight, i) => {
    weights[i] = weight / total;
  });
  return blurRows(transpose(blurRows(transpose(picture), weights)), weights);
}

/**
 * @param {Grey} picture
 * @param {Float64Array} weights
 * @returns {Grey}
 */
function blurRows({ width, height, pixels }, weights) {
  const radius = (weights.length - 1) / 2;
  const row = new Float64Array(width + 2 * radius); // with what the mirrors show
  const places = Int32Array.from(row, (_, i) => {
    const place = (((i - radius) % (2 * width)) + 2 * width) % (2 * width);
    return place < width ? place : 2 * width - 1 - place;
  });
  if (wasm) {
    const blurred = wasm.blurRows({ width, height, pixels }, places, weights.slice(radius));
    return { width, height, pixels: blurred };
  }
  const out = new Float32Array(pixels.length);
  for (let y = 0; y < height; y++) {
    let isEmpty = true;
    for (let x = 0; isEmpty && x < width; x++) isEmpty = !pixels[y * width + x];
    if (isEmpty) continue; // nothing to blur
    for (let i = 0; i < row.length; i++) row[i] = pixels[y * width + places[i]];
    for (let x = 0; x < width; x++) {
      const middle = x + radius;
      let sum = row[middle] * weights[radius];
      for (let i = 1; i <= radius; i++) sum += (row[middle - i] + row[middle + i]) * weights[radius + i];
      out[y * width + x] = sum;
    }
  }
  return { width, height, pixels: out };
}

/**
 * The Euclidean distance of each pixel of a mask to the nearest one outside of it; 0 outside.
 * @param {Uint8Array} mask row by row, with something outside of it
 * @param {number} width
 * @param {number} height
 * @returns {Float64Array}
 */
export function distances(mask, width, height) {
  if (wasm) return wasm.distances(mask, width, height);
  // Down and up the columns first, then along the rows (R. A. Saito, J. Toriwaki, Pattern Recognition 27(11), 1994).
  const columns = new Float64Array(mask.length),
    out = new Float64Array(mask.length);
  for (let x = 0; x < width; x++) {
    let distance = Infinity;
    for (let i = x; i < mask.length; i += width) columns[i] = distance = mask[i] ? distance + 1 : 0;
    distance = Infinity;
    for (let i = mask.length - width + x; i >= 0; i -= width) {
      distance = mask[i] ? distance + 1 : 0;
      columns[i] = Math.min(columns[i], distance);
    }
  }
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let nearest = columns[y * width + x] ** 2;
      for (let far = 1; far * far < nearest && far < width; far++) {
        if (x >= far) nearest = Math.min(nearest, far * far + columns[y * width + x - far] ** 2);
        if (x + far < width) nearest = Math.min(nearest, far * far + columns[y * width + x + far] ** 2);
      }
      out[y * width + x] = Math.sqrt(nearest);
    }
  }
  return out;
}

/**
 * The largest value within a square around each pixel.
 * @param {Float64Array} values row by row
 * @param {number} width
 * @param {number} height
 * @param {number} radius half of the square's side, without its middle
 * @returns {Float64Array}
 */
export function largestAround(values, width, height, radius) {
  if (wasm) return wasm.largestAround(values, width, height, radius);
  /** @param {Float64Array} from @param {number} line @param {number} step @param {number} length */
  const along = (from, line, step, length) => {
    // In blocks as long as the window: it is the end of one and the start of the next (M. van Herk, 1992).
    const out = new Float64Array(from.length),
      window = 2 * radius + 1,
      blocks = Math.ceil((length + 2 * radius) / window) * window;
    const forth = new Float64Array(blocks),
      back = new Float64Array(blocks);
    for (let start = 0, i = 0; i < from.length / length; i++, start += line) {
      back.fill(-Infinity);
      for (let x = 0; x < length; x++) back[x + radius] = from[start + x * step];
      for (let x = 0, place = 0; x < blocks; x++, place++) {
        if (place === window) place = 0;
        forth[x] = place && forth[x - 1] > back[x] ? forth[x - 1] : back[x];
      }
      for (let x = blocks - 1, place = 0; x >= 0; x--, place++) {
        if (place === window) place = 0;
        if (place && back[x + 1] > back[x]) back[x] = back[x + 1];
      }
      for (let x = 0; x < length; x++) {
        out[start + x * step] = Math.max(back[x], forth[x + window - 1]);
      }
    }
    return out;
  };
  return along(along(values, width, 1, width), 1, width, height);
}

/**
 * The connected parts of a mask, neighbours over corners included.
 * @param {Uint8Array} mask row by row
 * @param {number} width
 * @returns {{ labels: Int32Array, count: number }} 0 outside of the mask, else 1 to count
 */
export function label(mask, width) {
  if (wasm) return wasm.label(mask, width);
  const size = mask.length,
    labels = new Int32Array(size),
    open = new Int32Array(size);
  let count = 0;
  for (let start = 0; start < size; start++) {
    if (!mask[start] || labels[start]) continue;
    labels[start] = ++count;
    open[0] = start;
    for (let left = 1; left; ) {
      const at = open[--left],
        x = at % width,
        before = x > 0 ? 1 : 0,
        after = x < width - 1 ? 1 : 0;
      for (let row = at - width; row <= at + width; row += width) {
        if (row < 0 || row >= size) continue;
        for (let i = row - before; i <= row + after; i++) {
          if (!mask[i] || labels[i]) continue;
          labels[i] = count;
          open[left++] = i;
        }
      }
    }
  }
  return { labels, count };
}

/** A mask with the neighbours above, below and beside its pixels, so many times. @param {Uint8Array} mask @param {number} width @param {number} times */
export function dilated(mask, width, times) {
  for (let turn = 0; turn < times; turn++) {
    const larger = mask.slice();
    for (let row = 0; row < mask.length; row += width) {
      for (let x = 0, i = row; x < width; x++, i++) {
        if (!mask[i]) continue;
        if (row > 0) larger[i - width] = 1;
        if (i + width < mask.length) larger[i + width] = 1;
        if (x > 0) larger[i - 1] = 1;
        if (x < width - 1) larger[i + 1] = 1;
      }
    }
    mask = larger;
  }
  return mask;
}
