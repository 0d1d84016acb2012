// NVIDIA: Mesa's NVK with its compiler NAK, which is not NVIDIA's own.

/** @typedef {import("../hot.mjs").Instruction} Instruction */

/** @type {import("./index.mjs").Driver} */
export const nvk = {
  name: "nouveau",
  shim: "nouveau",
  says: "registers: of 32 bits a lane; waves: warps that an SM holds",
  registers: ["Number of GPRs"],
  spills: ["Spills to memory"],
  memory: { name: "SLM size", lanes: "one" },
  waves: ["Max warps/SM"],
  workgroupBytes: [],
  listing: ({ texts }) => texts.get("NAK assembly"),
  blocks,
};

/** @param {string} op @returns {Instruction} */
function instruction(op) {
  const [name] = op.split(".");
  if (name === "ffma" || name === "hfma2") return { kind: "fma" };
  const sides = /^[hi]mma\.m(\d+)n(\d+)k(\d+)/.exec(op)?.slice(1);
  if (sides) return { kind: "mma", product: sides.reduce((all, side) => all * Number(side), 1) };
  // ldsm.x4 brings a lane four registers of a matrix.
  if (name === "ldsm") return { kind: "workgroup", bytes: 4 * Number(/\.x(\d)/.exec(op)?.[1] ?? 1) };
  const load = /^ld\.(shared|global)\b.*?\.[bsu](\d+)$/.exec(op);
  if (!load) return { kind: "other" };
  return { kind: load[1] === "shared" ? "workgroup" : "global", bytes: Number(load[2]) / 8 };
}

/**
 * Lines such as `@!p0 r1..3 = ld.shared.b64 [r2], pT  // delay=1` in `block 3 … {` and `} -> …`.
 * @param {string} listing @returns {Instruction[][]}
 */
function blocks(listing) {
  /** @type {Instruction[][]} */
  const found = [[]];
  for (const line of listing.split("\n")) {
    if (/^block\b/.test(line)) found.push([]);
    else if (!line.startsWith("}")) {
      const text = line
        .replace(/\/\/.*/, "")
        .replace(/^\s*@!?u?p\w+/, "")
        .replace(/^[^=[]*\s=\s/, "")
        .trim();
      if (text) found[found.length - 1].push(instruction(text.split(/\s/)[0]));
    }
  }
  return found;
}
