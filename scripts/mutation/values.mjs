// Traps undone by value: weights that a case is given in another form, and facts of a layer that are data. They need no edit of
// any text, so they hold while the code is rewritten. test/support/undo.ts applies them.

/**
 * What a component reads in place of a weight; undefined keeps it. `read` gives any weight by its name, also one that the component does
 * not read where a case's weights come from a seed.
 * @typedef {(name: string, read: (name: string) => Float32Array, shape: readonly number[]) => Float32Array | undefined} WeightChange
 */

/** The object that a module of src/ exports, the path of its entry, and what the entry becomes. @typedef {readonly [module: string, path: string, value: unknown]} Fact */

/** Weights as if they were not there. @param {RegExp} pattern @returns {WeightChange} */
export const without = (pattern) => (name, read) => (pattern.test(name) ? read(name).map(() => 0) : undefined);

/** The weight of another name. @param {RegExp} pattern @param {string} replacement @returns {WeightChange} */
export const readAs = (pattern, replacement) => (name, read) =>
  pattern.test(name) ? read(name.replace(pattern, replacement)) : undefined;

/** Two weights in each other's place. @param {string} one @param {string} other @returns {WeightChange} */
export const exchanged = (one, other) => (name, read) => {
  if (name.includes(one)) return read(name.replace(one, other));
  return name.includes(other) ? read(name.replace(other, one)) : undefined;
};

/**
 * The columns (last axis) in another order.
 * @param {RegExp} pattern @param {(column: number, columns: number) => number} from the column whose values come to a place
 * @returns {WeightChange}
 */
export const columns = (pattern, from) => (name, read, shape) => {
  if (!pattern.test(name)) return undefined;
  const values = read(name);
  const width = shape[shape.length - 1] ?? 1;
  return values.map((_, at) => values[at - (at % width) + from(at % width, width)]);
};

/** Both halves of the columns in each other's place. @param {RegExp} pattern @returns {WeightChange} */
export const halvesExchanged = (pattern) => columns(pattern, (column, width) => (column + width / 2) % width);

/**
 * Output-first matrices as somebody reads them who takes them for input-first ones.
 * @param {RegExp} pattern @param {(shape: readonly number[]) => readonly [outputs: number, inputs: number]} sizes of a layer's matrix
 * @returns {WeightChange}
 */
export const takenForInputFirst = (pattern, sizes) => (name, read, shape) => {
  if (!pattern.test(name)) return undefined;
  const values = read(name);
  const [outputs, inputs] = sizes(shape);
  const size = outputs * inputs;
  return values.map((_, at) => {
    const within = at % size;
    const [output, input] = [Math.floor(within / inputs), within % inputs];
    return values[at - within + input * outputs + output];
  });
};

/** Values times a factor. @param {RegExp} pattern @param {number} factor @returns {WeightChange} */
export const scaled = (pattern, factor) => (name, read) =>
  pattern.test(name) ? read(name).map((value) => factor * value) : undefined;

/** Ones. @param {RegExp} pattern @returns {WeightChange} */
export const ones = (pattern) => (name, read) => (pattern.test(name) ? read(name).map(() => 1) : undefined);
