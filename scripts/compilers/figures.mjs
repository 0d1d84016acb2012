// The figures of a pipeline, from what its compiler says.
import { hottest } from "./hot.mjs";

/**
 * Null where a compiler gives none.
 * @typedef {object} Figures
 * @property {number | null} registers as the compiler counts them: see the driver
 * @property {number | null} spills registers that went to memory, or all that a lane has there in words of four bytes, whatever is more
 * @property {number | null} waves that fit at once, as the compiler counts them
 * @property {number | null} workgroup_bytes
 * @property {import("./hot.mjs").Hot | null} hot the hottest block
 */

/** @type {Figures} */
export const noFigures = { registers: null, spills: null, waves: null, workgroup_bytes: null, hot: null };

/**
 * @param {import("./drivers/index.mjs").Driver} driver
 * @param {import("./records.mjs").Record} record
 * @param {string} printed what the driver printed meanwhile
 * @returns {Figures}
 */
export function figuresOf(driver, record, printed) {
  /** @param {readonly string[]} names */
  const told = (names) => names.flatMap((name) => record.numbers.get(name) ?? []);
  const listing = driver.listing(record, printed);
  return {
    registers: told(driver.registers)[0] ?? null,
    spills: spillsOf(driver, record),
    waves: told(driver.waves)[0] ?? null,
    workgroup_bytes: told(driver.workgroupBytes)[0] ?? sharedSize([...record.texts.values(), printed]),
    hot: listing === undefined ? null : hottest(driver.blocks(listing)),
  };
}

/** @param {import("./drivers/index.mjs").Driver} driver @param {import("./records.mjs").Record} record @returns {number | null} */
function spillsOf({ spills, memory }, { numbers, subgroup }) {
  const registers = spills.flatMap((name) => numbers.get(name) ?? []);
  const bytes = memory && numbers.get(memory.name);
  if (registers.length === 0 && bytes === undefined) return null;
  const words = Math.ceil((bytes ?? 0) / (4 * (memory?.lanes === "subgroup" ? (subgroup ?? 1) : 1)));
  return Math.max(
    words,
    registers.reduce((sum, count) => sum + count, 0),
  );
}

/** Mesa's intermediate form says how much workgroup memory a shader has, where the driver does not. @param {readonly string[]} texts */
function sharedSize(texts) {
  const sizes = texts.flatMap((text) => {
    if (!text.startsWith("shader: MESA_SHADER_COMPUTE")) return [];
    return Number(/^shared_size: (\d+)$/m.exec(text)?.[1] ?? 0); // the line is left out where it is 0
  });
  return sizes.at(-1) ?? null;
}
