// MessagePack and BinaryCIF, written: enough for tests.

/** @typedef {null | boolean | number | string | Uint8Array | readonly Value[] | { readonly [name: string]: Value }} PlainValue @typedef {any} Value */

/** @param {number} code @param {number} value */
const big = (code, value) => [code, value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];

/** @param {Value} value @returns {number[]} */
function bytesOf(value) {
  if (value === null) return [0xc0];
  if (typeof value === "boolean") return [value ? 0xc3 : 0xc2];
  if (typeof value === "number") {
    if (Number.isInteger(value) && value >= 0 && value < 128) return [value];
    if (Number.isInteger(value)) return big(0xd2, value);
    const view = new DataView(new ArrayBuffer(8));
    view.setFloat64(0, value);
    return [0xcb, ...new Uint8Array(view.buffer)];
  }
  if (typeof value === "string") {
    const bytes = new TextEncoder().encode(value);
    return [...(bytes.length < 32 ? [0xa0 | bytes.length] : big(0xdb, bytes.length)), ...bytes];
  }
  if (value instanceof Uint8Array) return [...big(0xc6, value.length), ...value];
  if (Array.isArray(value))
    return [...(value.length < 16 ? [0x90 | value.length] : big(0xdd, value.length)), ...value.flatMap(bytesOf)];
  const entries = Object.entries(value);
  return [0x80 | entries.length, ...entries.flatMap(([name, item]) => [...bytesOf(name), ...bytesOf(item)])];
}

/** @param {PlainValue} value */
export const packMessage = (value) => Uint8Array.from(bytesOf(value));

const uint8 = () => [{ kind: "ByteArray", type: 4 }];

/** Texts, each different one once. @param {readonly string[]} values @returns {object} */
function textColumn(values) {
  const known = [...new Set(values)];
  const offsets = [0];
  for (const text of known) offsets.push((offsets.at(-1) ?? 0) + text.length);
  return {
    data: Uint8Array.from(values, (value) => known.indexOf(value)),
    encoding: [
      {
        kind: "StringArray",
        dataEncoding: uint8(),
        stringData: known.join(""),
        offsetEncoding: uint8(),
        offsets: Uint8Array.from(offsets),
      },
    ],
  };
}

/** Numbers with three digits, as differences in single bytes. @param {readonly number[]} values @returns {object} */
function numberColumn(values) {
  const whole = values.map((value) => Math.round(value * 1000));
  const packed = whole
    .map((value, at) => value - (whole[at - 1] ?? 0))
    .flatMap((step) => [
      ...Array(Math.floor(Math.abs(step) / 127)).fill(step < 0 ? -128 : 127),
      step % (step < 0 ? 128 : 127),
    ]);
  return {
    data: new Uint8Array(Int8Array.from(packed).buffer),
    encoding: [
      { kind: "FixedPoint", factor: 1000, srcType: 33 },
      { kind: "Delta", origin: 0, srcType: 3 },
      { kind: "IntegerPacking", byteCount: 1, isUnsigned: false, srcSize: whole.length },
      { kind: "ByteArray", type: 1 },
    ],
  };
}

/** A component of two atoms, named QQQ, as a BinaryCIF file holds it. @returns {PlainValue} */
export function componentMessage() {
  /** @param {string} name @param {number} rowCount @param {Record<string, object>} columns */
  const category = (name, rowCount, columns) => ({
    name,
    rowCount,
    columns: Object.entries(columns).map(([column, data]) => ({ name: column, data, mask: null })),
  });
  const atoms = category("_chem_comp_atom", 2, {
    comp_id: textColumn(["QQQ", "QQQ"]),
    atom_id: textColumn(["C1", "O1"]),
    type_symbol: textColumn(["C", "O"]),
    charge: { data: Uint8Array.of(0, 0, 0, 0, 255, 255, 255, 255), encoding: [{ kind: "ByteArray", type: 3 }] },
    pdbx_model_Cartn_x_ideal: numberColumn([0.05, 0.1]),
    pdbx_model_Cartn_y_ideal: numberColumn([0, -0.2]),
    pdbx_model_Cartn_z_ideal: {
      data: Uint8Array.of(0, 2),
      encoding: [
        { kind: "RunLength", srcSize: 2, srcType: 3 },
        { kind: "ByteArray", type: 4 },
      ],
    },
  });
  return {
    version: "0.3.0",
    encoder: "a test",
    dataBlocks: [
      {
        header: "QQQ",
        categories: [
          category("_chem_comp", 1, { id: textColumn(["QQQ"]), type: textColumn(["non-polymer"]) }),
          atoms,
          category("_chem_comp_bond", 1, {
            comp_id: textColumn(["QQQ"]),
            atom_id_1: textColumn(["C1"]),
            atom_id_2: textColumn(["O1"]),
            value_order: textColumn(["DOUB"]),
            pdbx_aromatic_flag: textColumn(["N"]),
          }),
        ],
      },
    ],
  };
}
