/** The weights of a 3x3 convolution for the products of Winograd's F(2x2, 3x3), which kernels.c has. */

/** What becomes of three values: of a kernel's columns, and then of its rows. @param {Float64Array} values @param {number} from @param {number} step @param {Float64Array} to @param {number} place @param {number} stride */
function spread(values, from, step, to, place, stride) {
  const a = values[from],
    b = values[from + step],
    c = values[from + 2 * step];
  to[place] = a;
  to[place + stride] = (a + b + c) / 2;
  to[place + 2 * stride] = (a - b + c) / 2;
  to[place + 3 * stride] = c;
}

/**
 * G g G^T of each kernel g, with the rows (1, 0, 0), (1, 1, 1) / 2, (1, -1, 1) / 2, (0, 0, 1) in G.
 * @param {import("./checkpoint.js").Tensor} weight (out, in, 3, 3)
 * @returns {Float32Array} 16 planes of (in, out)
 */
export function winogradWeights({ data, shape: [outputs, inputs] }) {
  const plane = inputs * outputs,
    planes = new Float32Array(16 * plane);
  const [kernel, half, whole] = [9, 12, 16].map((size) => new Float64Array(size));
  for (let i = 0; i < inputs; i++) {
    for (let o = 0; o < outputs; o++) {
      const from = 9 * (o * inputs + i);
      for (let k = 0; k < 9; k++) kernel[k] = data[from + k];
      for (let x = 0; x < 3; x++) spread(kernel, x, 3, half, x, 3);
      for (let y = 0; y < 4; y++) spread(half, 3 * y, 1, whole, 4 * y, 1);
      for (let k = 0; k < 16; k++) planes[k * plane + i * outputs + o] = whole[k];
    }
  }
  return planes;
}
