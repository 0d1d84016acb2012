// AMD: Mesa's RADV, whose compiler ACO lists the assembly of LLVM's disassembler.

/** @typedef {import("../hot.mjs").Instruction} Instruction */

/** @type {import("./index.mjs").Driver} */
export const radv = {
  name: "radeon",
  shim: "amdgpu",
  says: "registers: VGPRs of 32 bits a lane; waves: subgroups that a SIMD holds",
  registers: ["VGPRs"],
  spills: ["Spilled VGPRs", "Spilled SGPRs"],
  memory: { name: "Scratch size", lanes: "subgroup" },
  waves: ["Subgroups per SIMD"],
  workgroupBytes: ["LDS size"],
  listing: ({ texts }) => texts.get("Assembly"),
  blocks,
};

// v_fmac_f32_e32, v_fma_mix_f32, v_mad_f32, v_pk_fma_f16, v_dot2_f32_f16: all multiply and add in one instruction.
const FMA = /^v_(?:fma|fmac|fmamk|fmaak|mac|mad|madmk|madak|pk_fma|pk_fmac|dot\w*?)_(?:mix\w*_)?f(?:16|32)/;
const MMA = /^v_(?:wmma|swmmac|mfma)_\w*?(\d+)x(\d+)x(\d+)/;
const WORKGROUP = /^ds_(?:read|load)(2|_2addr)?(?:st64|_stride64)?_(?:addtid_)?([a-z])(\d+)/;
// Scalar loads by a buffer are data; s_load brings descriptors.
const GLOBAL =
  /^(?:buffer|global|flat|s_buffer)_load_(?:d16_)?(?:(dword)(?:x(\d+))?|[a-z](\d+)|(ubyte|sbyte)|(ushort|sshort))/;

/** @param {string} op @returns {Instruction} */
function instruction(op) {
  if (FMA.test(op)) return { kind: "fma" };
  const [product, ...sides] = MMA.exec(op) ?? [];
  if (product) return { kind: "mma", product: sides.reduce((all, side) => all * Number(side), 1) };
  const local = WORKGROUP.exec(op);
  if (local) return { kind: "workgroup", bytes: (Number(local[3]) / 8) * (local[1] ? 2 : 1) };
  const [all, dword, times, bits, byte] = GLOBAL.exec(op) ?? [];
  if (all === undefined) return { kind: "other" };
  return { kind: "global", bytes: dword ? 4 * Number(times ?? 1) : bits ? Number(bits) / 8 : byte ? 1 : 2 };
}

/**
 * Blocks begin at labels such as `BB12:`; behind a semicolon stands the code in hexadecimals. `::` joins two instructions that issue
 * together. @param {string} listing @returns {Instruction[][]}
 */
function blocks(listing) {
  /** @type {Instruction[][]} */
  const found = [[]];
  for (const line of listing.split("\n")) {
    const text = line.replace(/;.*/, "").trim();
    if (/^BB\d+:/.test(text)) found.push([]);
    else
      for (const half of text.split("::")) {
        const op = half
          .trim()
          .split(/\s/)[0]
          .replace(/^v_dual_/, "v_");
        if (/^[a-z]/.test(op)) found[found.length - 1].push(instruction(op));
      }
  }
  return found;
}
