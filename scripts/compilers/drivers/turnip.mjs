// Qualcomm: Mesa's Turnip, whose compiler is ir3.

/** @typedef {import("../hot.mjs").Instruction} Instruction */

/** @type {import("./index.mjs").Driver} */
export const turnip = {
  name: "freedreno",
  shim: "freedreno",
  says: "registers: vectors of four times 32 bits a lane; waves: those that a core holds; stores to private memory are spills",
  registers: ["Registers used"],
  spills: ["STP Count"],
  waves: ["Max Waves Per Core"],
  workgroupBytes: [],
  listing: ({ texts }) => texts.get("IR3 Assembly"),
  blocks,
};

/** @param {string} text without what stands before the name @returns {Instruction} */
function instruction(text) {
  const [op] = text.split(/\s/);
  if (/^mad\.f(16|32)$/.test(op)) return { kind: "fma" };
  const size = Number(/\.[fsu](8|16|32)\b/.exec(op)?.[1] ?? 32) / 8;
  // ldl.u32 r0.x, l[r1.x], 4: the last number counts elements.
  if (/^ldl[wv]?\./.test(op)) return { kind: "workgroup", bytes: size * Number(/,\s*(\d+)\s*$/.exec(text)?.[1] ?? 1) };
  if (/^ldg\./.test(op)) return { kind: "global", bytes: size * Number(/,\s*(\d+)\s*$/.exec(text)?.[1] ?? 1) };
  // ldib.b.untyped.1d.u32.4.imm: the number behind the type counts elements.
  if (/^ldib\./.test(op)) return { kind: "global", bytes: size * Number(/\.[fsu]\d+\.(\d)/.exec(op)?.[1] ?? 1) };
  // isam.v.base0 (u32)(xyzw)r0.x: a load through the texture unit, of as many elements as there are letters.
  if (/^isam\b/.test(op)) {
    const [, bits = 32, letters = "x"] = /\([fsu](\d+)\)\(([xyzw]+)\)/.exec(text) ?? [];
    return { kind: "global", bytes: (Number(bits) / 8) * letters.length };
  }
  return { kind: "other" };
}

/**
 * Blocks begin at labels such as `l139:`. `(rpt3)` executes an instruction three times more; other things in parentheses are waits.
 * @param {string} listing @returns {Instruction[][]}
 */
function blocks(listing) {
  /** @type {Instruction[][]} */
  const found = [[]];
  for (const line of listing.split("\n")) {
    if (/^l\d+:/.test(line)) {
      found.push([]);
      continue;
    }
    const [marks] = /^(\(\w+\)\s*)*/.exec(line) ?? [""];
    const text = line.slice(marks.length).trim();
    if (!/^[a-z]/.test(text)) continue;
    const times = 1 + Number(/\(rpt(\d)\)/.exec(marks)?.[1] ?? 0);
    found[found.length - 1].push({ ...instruction(text), times });
  }
  return found;
}
