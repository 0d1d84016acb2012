// A plan as if one variant ran wherever it can: for variants that no row of the tuning table proposes.

const { completeDims } = await import("../../dist/gpu/plan/kernel.js");
const { refusal } = await import("../../dist/gpu/plan/variant.js");
const { kernels } = await import("../../dist/kernels/index.js");

/** @typedef {import("../../dist/gpu/plan/target.js").Target} Target @typedef {import("../../dist/gpu/plan/plan.js").Step} Step */
/** @typedef {import("../../dist/gpu/plan/kernel.js").Variant} Variant */

/** The variants that there are, by name. @returns {string[]} */
export const variantNames = () => [
  ...new Set(kernels.flatMap(({ variants }) => variants.map((/** @type {Variant} */ { name }) => name))),
];

/** Without the rows by which kernels that fuse others take their place. @param {Target} target @returns {Target} */
export const unfused = (target) => ({
  ...target,
  tuning: target.tuning.filter((row) => !kernels.some(({ name, fuses }) => fuses && row.kernel === name)),
});

/** A step with the variant of this name, where its kernel has it and the target can run it. @param {Step} step @param {string} name @param {Target} target @returns {Step} */
export function withVariant(step, name, target) {
  const { kernel, dims } = step;
  const variant = kernel.variants.find((/** @type {Variant} */ one) => one.name === name);
  if (!variant) return step;
  const shapes = Object.values({ ...kernel.inputs, ...kernel.inouts }).flat();
  /** @param {readonly string[]} names */
  const those = (names) => Object.fromEntries(names.flatMap((one) => (one in dims ? [[one, dims[one]]] : [])));
  const sizes = those(shapes.filter((one) => typeof one === "string"));
  const params = { ...variant.adapts?.(target), ...those(Object.keys(kernel.params)) };
  const changed = completeDims(kernel, variant, sizes, params, those(Object.keys(kernel.scalars)));
  return refusal(variant, target, changed) === undefined ? { ...step, variant, dims: changed } : step;
}
