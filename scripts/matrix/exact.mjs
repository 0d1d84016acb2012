// Results of matrix units that are known exactly, where rounding to halves would show beside a kernel's bound on it.
const { elements } = await import("../../dist/gpu/plan/dtype.js");
const { completeDims, sizesOf } = await import("../../dist/gpu/plan/kernel.js");
const { SingleDispatch } = await import("../../dist/gpu/run/single_dispatch.js");
const { attention } = await import("../../dist/kernels/attention.js");
const { compare } = await import("../../dist/kernels/check/compare.js");
const { reduction } = await import("../../dist/kernels/check/tolerance.js");
const { transition } = await import("../../dist/kernels/transition.js");
const { RandomStream } = await import("../../dist/formats/random.js");

/** @typedef {Record<string, Float32Array>} Inputs @typedef {import("../../dist/gpu/plan/kernel.js").Dims} Dims */

/** The largest finite half. */
const LARGEST = 65504;

/**
 * @type {readonly { kernel: import("../../dist/gpu/plan/kernel.js").AnyKernel, name: string, sizes: Readonly<Record<string, number>>, params: Readonly<Record<string, number | boolean>>, scalars: Readonly<Record<string, number>>,
 *   prepare: (inputs: Inputs, dims: Dims) => void, want: (inputs: Inputs, dims: Dims) => Float64Array, result: string, terms: number }[]}
 */
export const exactCases = [
  {
    // Their mean is that value whatever the weights are, as long as these sum to what they are divided by.
    kernel: attention,
    name: "ragged, one value for all keys",
    sizes: { batch: 2, n: 37, HEADS: 2, D: 16, mask_rows: 2 },
    params: { GATED: false },
    scalars: { first_batch: 0, penalty: 0 },
    prepare({ v, mask }) {
      v.fill(3);
      mask.fill(1);
    },
    want: ({ q }) => new Float64Array(q.length).fill(3),
    result: "q",
    terms: 37,
  },
  {
    // Two channels of the middle lie beyond what halves hold, one at either end; all others are zero.
    kernel: transition,
    name: "ragged, a middle beyond halves",
    sizes: { rows: 19, C: 20, COLUMNS: 104 },
    params: { CHANNELS: 18 },
    scalars: {},
    prepare({ up_weights, up_terms, down_weights }, { COLUMNS, HIDDEN }) {
      up_weights.fill(0);
      up_terms.fill(0);
      for (const [h, value] of [
        [1, LARGEST],
        [6, -LARGEST],
      ]) {
        const gate = COLUMNS + 8 * Math.floor(h / 4) + (h % 4);
        up_terms[gate] = 100;
        up_terms[gate + 4] = value;
      }
      down_weights.fill(2 ** -10);
      for (let at = 1; at < down_weights.length; at += HIDDEN) down_weights[at] = 3 * 2 ** -10;
    },
    want: ({ representation }) => Float64Array.from(representation, (x) => x + 2 * LARGEST * 2 ** -10),
    result: "representation",
    terms: 2,
  },
];

/**
 * Runs a case and compares with what must come out, by the bound of a sum in float32.
 * @param {import("../../dist/gpu/device/device.js").Device} device
 * @param {import("../../dist/gpu/shader/pipelines.js").PipelineCache} pipelines
 * @param {import("../../dist/gpu/plan/target.js").Target} target
 * @param {(typeof exactCases)[number]} exact
 * @returns {Promise<import("../../dist/bench/kernel_check.js").KernelOutcome>}
 */
export async function checkExact(device, pipelines, target, exact) {
  const { kernel, sizes, params, scalars, prepare, want, result, terms } = exact;
  const variant = kernel.variants.find((/** @type {{ name: string }} */ { name }) => name === "matrix");
  if (!variant) return { kind: "failed", reason: `${kernel.name} has no variant matrix` };
  const dims = completeDims(kernel, variant, sizes, { ...variant.adapts?.(target), ...params }, scalars);
  /** @type {Inputs} */
  const inputs = {};
  for (const [name, shape] of Object.entries({ ...kernel.inputs, ...kernel.inouts }))
    inputs[name] = new RandomStream(0, name).normal(elements(sizesOf(shape, dims)), 1);
  prepare(inputs, dims);
  const dispatch = await SingleDispatch.create(device, pipelines, kernel, variant, dims);
  try {
    for (const [name, values] of Object.entries(inputs)) dispatch.write(name, values);
    await dispatch.run();
    const { values } = await dispatch.read(result);
    const { error } = compare(values, want(inputs, dims));
    const bound = reduction(terms);
    if (error <= bound) return { kind: "passed", error, bound };
    return { kind: "failed", reason: `${result} is off by ${error.toExponential(2)}, bound ${bound.toExponential(2)}` };
  } finally {
    dispatch.destroy();
  }
}
