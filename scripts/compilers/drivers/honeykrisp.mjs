// Apple: Mesa's Honeykrisp with its compiler AGX, which is not Apple's own.

/** @typedef {import("../hot.mjs").Instruction} Instruction */

/** @type {import("./index.mjs").Driver} */
export const honeykrisp = {
  name: "asahi",
  shim: "asahi",
  // It gives no listing through Vulkan, but prints its stages.
  environment: { AGX_MESA_DEBUG: "shaders" },
  says: "registers: of 16 bits a lane; waves: lanes (threads) that a core holds, at most 1024",
  registers: ["GPRs"],
  spills: ["Spills"],
  memory: { name: "Scratch", lanes: "one" },
  waves: ["Threads"],
  workgroupBytes: [],
  listing: (_, printed) => allocated(printed),
  blocks,
};

/**
 * What is printed is a shader in NIR, then three times in the compiler's own form: as selected, as optimised, and with registers; then the
 * code in hexadecimals, and the same of a preamble. The third is what there is to read.
 * @param {string} printed
 */
function allocated(printed) {
  const starts = [...printed.matchAll(/^block0 \{$/gm)].map(({ index }) => index);
  const code = printed.search(/^ *0: [0-9a-f]{4,} /m);
  const last = starts.filter((at) => code < 0 || at < code).at(-1);
  return last === undefined ? undefined : printed.slice(last, code < 0 ? undefined : code);
}

/** @param {string} text @returns {Instruction} */
function instruction(text) {
  const [, to = "", op = ""] = /^(?:(.*?) = )?(\w+)/.exec(text) ?? [];
  if (op === "ffma" || op === "hfma") return { kind: "fma" };
  if (op !== "local_load" && op !== "device_load") return { kind: "other" };
  // r4...r7 = local_load r8l, #0, xyzw, #0x0: letters count elements; registers with an l or h are halves.
  const letters = /, ([xyzw]+), /.exec(text)?.[1] ?? "x";
  const bytes = letters.length * (/\d[lh]\b/.test(to) ? 2 : 4);
  return { kind: op === "local_load" ? "workgroup" : "global", bytes };
}

/** Blocks stand in `block7 {` and `} -> …`. @param {string} listing @returns {Instruction[][]} */
function blocks(listing) {
  /** @type {Instruction[][]} */
  const found = [[]];
  for (const line of listing.split("\n")) {
    const text = line.trim();
    if (/^block\d+ \{/.test(text)) found.push([]);
    else if (text && !text.startsWith("}")) found[found.length - 1].push(instruction(text));
  }
  return found;
}
