// What layer.c writes about a pipeline, read back.

/**
 * What a driver's compiler says of one pipeline.
 * @typedef {object} Record
 * @property {number} subgroup lanes of a subgroup
 * @property {Map<string, number>} numbers statistics under the driver's own names
 * @property {Map<string, string>} texts listings under the driver's own names
 */

/**
 * Reads the records of one file. @throws {Error} if they are not what the layer writes
 * @param {Buffer} bytes
 * @returns {Record[]}
 */
export function readRecords(bytes) {
  /** @type {Record[]} */
  const records = [];
  /** @type {Record | undefined} */
  let open;
  for (let at = 0; at < bytes.length; ) {
    const newline = bytes.indexOf(10, at);
    if (newline < 0) throw new Error("the last record of the compiler's layer is cut off");
    const [kind, ...fields] = bytes.toString("utf8", at, newline).split("\t");
    at = newline + 1;
    if (kind === "pipeline") open = { subgroup: Number(fields[0]), numbers: new Map(), texts: new Map() };
    else if (open && kind === "number") open.numbers.set(fields[0], Number(fields[1]));
    else if (open && kind === "text") {
      const end = at + Number(fields[1]);
      open.texts.set(fields[0], bytes.toString("utf8", at, end));
      at = end + 1;
    } else if (open && kind === "end") {
      records.push(open);
      open = undefined;
    } else throw new Error(`the compiler's layer wrote a record that nobody knows: ${kind}`);
  }
  if (open) throw new Error("the last record of the compiler's layer is cut off");
  return records;
}
