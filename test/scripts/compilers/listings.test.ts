/** How the listings of each compiler are read, on small ones written for this. */
import { describe, expect, it } from "vitest";
import { drivers } from "../../../scripts/compilers/drivers/index.mjs";
import { figuresOf } from "../../../scripts/compilers/figures.mjs";
import { hottest, type Instruction } from "../../../scripts/compilers/hot.mjs";

/** Instructions in short: kind and bytes, and how often if more than once. */
const short = (blocks: readonly (readonly Instruction[])[]): string[] =>
  blocks.map((block) =>
    block
      .map(
        ({ kind, bytes, times = 1 }) =>
          `${kind}${bytes === undefined ? "" : ` ${bytes}`}${times > 1 ? ` × ${times}` : ""}`,
      )
      .join(", "),
  );

describe("RADV", () => {
  const { radv } = drivers;

  it("tells multiply-adds of every form, and products of matrices", () => {
    const listing = [
      "BB0:",
      "\tv_fmac_f32_e32 v1, v2, v3                    ; 56020503",
      "\tv_fma_mix_f32 v4, v5, v6, v7 op_sel_hi:[1,0,0]",
      "\tv_mad_f32 v1, v2, v3, v4",
      "\tv_pk_fma_f16 v8, v9, v10, v8",
      "\tv_dot2_f32_f16 v1, v2, v3, v1",
      "BB1:",
      "\tv_wmma_f32_16x16x16_f16 v[0:7], v[8:15], v[16:23], v[0:7]",
      "\tv_mul_f32_e32 v1, v2, v3",
      "\tv_mad_u32_u24 v1, v2, v3, v4",
      "\ts_waitcnt lgkmcnt(0)",
    ];
    expect(short(radv.blocks(listing.join("\n")))).toEqual(["", "fma, fma, fma, fma, fma", "mma, other, other, other"]);
  });

  it("counts both of two that issue together", () => {
    const listing = "BB3:\n\tv_dual_fmac_f32 v0, v1, v2 :: v_dual_mul_f32 v3, v4, v5       ; c8\n";
    expect(short(radv.blocks(listing))).toEqual(["", "fma, other"]);
  });

  it.each([
    ["ds_load_b64 v[0:1], v2 offset:8", "workgroup 8"],
    ["ds_read_b128 v[0:3], v2", "workgroup 16"],
    ["ds_read2_b32 v[0:1], v2 offset1:1", "workgroup 8"],
    ["ds_read2st64_b64 v[0:3], v2 offset1:1", "workgroup 16"],
    ["ds_load_2addr_stride64_b32 v[0:1], v2 offset1:1", "workgroup 8"],
    ["ds_read_u16 v0, v2", "workgroup 2"],
    ["ds_bpermute_b32 v0, v1, v2", "other"],
    ["ds_write_b64 v0, v[1:2]", "other"],
    ["buffer_load_dwordx4 v[0:3], v4, s[0:3], 0 offen", "global 16"],
    ["buffer_load_dword v0, v4, s[0:3], 0 offen", "global 4"],
    ["buffer_load_b96 v[0:2], v4, s[0:3], 0 offen", "global 12"],
    ["buffer_load_d16_b16 v0, v4, s[0:3], 0 offen", "global 2"],
    ["global_load_ushort v0, v[1:2], off", "global 2"],
    ["s_buffer_load_dwordx8 s[0:7], s[8:11], 0x0", "global 32"],
    ["s_load_b256 s[0:7], s[8:9], null", "other"],
    ["buffer_store_b128 v[0:3], v4, s[0:3], 0 offen", "other"],
  ])("%s", (line, wanted) => {
    expect(short(radv.blocks(`BB0:\n\t${line}\n`))[1]).toBe(wanted);
  });
});

describe("NVK", () => {
  it("reads instructions behind predicates and results", () => {
    const listing = [
      "block.u 0 L3 [] -> {",
      "      r1        = s2r sr[0x21]                 // delay=2 wr:0",
      "@!p0              bra pT L35                   // delay=1",
      "} -> [1, 2]",
      "block 1 L5 [0] -> {",
      "      r0..4     = ld.shared.strong.cta.b128 [r8.x16], pT   // delay=2",
      "@p1   r9        = ld.global.a64.constant.b32 [r2..4], pT   // delay=2",
      "      r12..16   = ldsm.16.x4 [r9]              // delay=2",
      "      r5        = ffma.ftz r0 r9 r5            // delay=1",
      "      r6 r7     = hfma2 r0 r9 r5               // delay=1",
      "      r20..24   = hmma.m16n8k16.f32 r12..16 r4..6 r20..24  // delay=1",
      "                  st.shared.strong.cta.b32 [r1] r5         // delay=1",
      "} -> []",
    ];
    expect(short(drivers.nvk.blocks(listing.join("\n")))).toEqual([
      "",
      "other, other",
      "workgroup 16, global 4, workgroup 16, fma, fma, mma, other",
    ]);
  });
});

describe("Turnip", () => {
  it("reads instructions behind waits and repeats", () => {
    const listing = [
      "Native code for unnamed CL shader (null):",
      "; num_ubos:           0",
      "@const(c12.x)\t0x00002800",
      "shl.b r1.w, r0.x, 4",
      "l11:",
      "(sy)(ss)(rpt3)mad.f32 r0.x, (r)r1.x, (r)r2.x, (r)r0.x",
      "(jp)ldl.u32 r25.x, l[r31.z], 4",
      "ldl.u16 hr1.x, l[r2.x], 2",
      "isam.v.base0 (u32)(xyzw)r26.x, r25.x, s#0, t#0",
      "ldib.b.untyped.1d.u32.2.imm.base0 r0.x, r1.x, 0",
      "(rpt2)nop",
      "mad.u24 r0.x, r1.x, r2.x, r3.x",
    ];
    expect(short(drivers.turnip.blocks(listing.join("\n")))).toEqual([
      "other",
      "fma × 4, workgroup 16, workgroup 4, global 16, global 8, other × 3, other",
    ]);
  });
});

describe("Honeykrisp", () => {
  const stage = (fma: string): string => `block0 {\n   ${fma}\n} -> block1\n\nblock1 {\n   stop\n} -> \n`;
  const printed = [
    "shader: MESA_SHADER_COMPUTE",
    "shared_size: 5120",
    "impl main {",
    stage("12 = ffma 1, 2, 3"),
    stage("12 = fmul 1, 2"),
    "block0 {",
    "   r0...r3 = local_load r8l, #0, xyzw, #0x0",
    "   r4l..r5l = local_load r8l, #0, xy, #0x0",
    "   $r7 = device_load u2:u3, r9.abs, x, #0x0, slot 0",
    "   r55 = ffma $r84, $r108, r55",
    "   wait #0x0, slot 0",
    "} -> ",
    "   0: 520e00000000           pop_exec 1",
    "   6: 3aa1b0022950822b       ffma     r72, $r88, $r104, r72",
    "block0 {",
    "   r0 = ffma r1, r2, r3",
    "} -> ",
    "   0: 8800                   stop",
  ].join("\n");

  it("takes the stage with registers of the shader, not of its preamble", () => {
    const listing = drivers.honeykrisp.listing({ subgroup: 32, numbers: new Map(), texts: new Map() }, printed);
    expect(short(drivers.honeykrisp.blocks(listing ?? ""))).toEqual([
      "",
      "workgroup 16, workgroup 4, global 4, fma, other",
    ]);
  });

  it("has figures without a listing through Vulkan", () => {
    const numbers = new Map([
      ["GPRs", 231],
      ["Spills", 9],
      ["Threads", 448],
    ]);
    expect(figuresOf(drivers.honeykrisp, { subgroup: 32, numbers, texts: new Map() }, printed)).toMatchObject({
      registers: 231,
      spills: 9,
      waves: 448,
      workgroup_bytes: 5120,
      hot: { instructions: 5, fma: 1, workgroup_bytes_per_fma: 20, widest_load: 128 },
    });
  });
});

describe("the hottest block", () => {
  const fma: Instruction = { kind: "fma" };
  const other: Instruction = { kind: "other" };

  it("is the one with most multiply-adds, repeats counted", () => {
    const loads: Instruction[] = [
      { kind: "workgroup", bytes: 16 },
      { kind: "global", bytes: 8 },
    ];
    expect(
      hottest([
        [fma, fma, other],
        [{ ...fma, times: 4 }, ...loads],
      ]),
    ).toEqual({
      instructions: 6,
      fma: 4,
      mma: 0,
      fma_share: 4 / 6,
      workgroup_bytes_per_fma: 4,
      workgroup_loads_per_product: null,
      widest_load: 128,
    });
  });

  it("is one with products of matrices rather than one with a few multiply-adds", () => {
    expect(
      hottest([
        [fma, fma, fma],
        [{ kind: "mma" }, other],
      ]),
    ).toMatchObject({
      mma: 1,
      fma_share: 0.5,
      workgroup_bytes_per_fma: null,
    });
  });

  it("counts loads for products of 16 by 16 by 16, whatever the size of an instruction's", () => {
    const listings = {
      radv: "BB1:\n\tv_wmma_f32_16x16x16_f16 v[0:7], v[8:15]\n\tds_load_b64 v1, v2\n\tds_load_b64 v1, v2\n",
      nvk: "block 1\n  r20..24 = hmma.m16n8k16.f32 r12..16 r4..6\n  r12..16 = ldsm.16.m8n8.x4 [r9]\n",
    };
    const loads = (driver: "radv" | "nvk") => hottest(drivers[driver].blocks(listings[driver]));
    expect(loads("radv")).toMatchObject({ mma: 1, workgroup_loads_per_product: 2 });
    expect(loads("nvk")).toMatchObject({ mma: 1, workgroup_loads_per_product: 2 });
  });

  it("is the longest where nothing multiplies and adds, and none where there is nothing", () => {
    expect(hottest([[other], [other, other], []])).toMatchObject({ instructions: 2, fma_share: 0, widest_load: null });
    expect(hottest([[]])).toBe(null);
  });
});

it("figures that a driver does not tell are null", () => {
  const record = { subgroup: 32, numbers: new Map([["Number of GPRs", 40]]), texts: new Map() };
  expect(figuresOf(drivers.nvk, record, "")).toEqual({
    registers: 40,
    spills: null,
    waves: null,
    workgroup_bytes: null,
    hot: null,
  });
});

it("what a lane has in memory counts as spilled, also where no register is: an array that a loop indexes", () => {
  const figures = (driver: keyof typeof drivers, entries: [string, number][]) =>
    figuresOf(drivers[driver], { subgroup: 64, numbers: new Map(entries), texts: new Map() }, "").spills;
  const none: [string, number][] = [
    ["Spilled VGPRs", 0],
    ["Spilled SGPRs", 0],
  ];
  expect(figures("radv", [...none, ["Scratch size", 20480]])).toBe(80);
  expect(figures("radv", [...none, ["Scratch size", 0]])).toBe(0);
  expect(figures("nvk", [["SLM size", 320]])).toBe(80);
  const spilled: [string, number][] = [
    ["Spilled VGPRs", 9],
    ["Spilled SGPRs", 4],
  ];
  expect(figures("radv", [...spilled, ["Scratch size", 9 * 4 * 64]])).toBe(13);
});

it("spills of all kinds are added, and workgroup memory is found in Mesa's intermediate form", () => {
  const numbers = new Map([
    ["VGPRs", 256],
    ["Spilled VGPRs", 2],
    ["Spilled SGPRs", 3],
    ["LDS size", 512],
  ]);
  expect(figuresOf(drivers.radv, { subgroup: 64, numbers, texts: new Map() }, "")).toMatchObject({
    spills: 5,
    workgroup_bytes: 512,
  });
  const nir = (more: string) =>
    new Map([["NIR shader", `shader: MESA_SHADER_COMPUTE\nworkgroup_size: 64, 1, 1\n${more}`]]);
  const told = (more: string) =>
    figuresOf(drivers.nvk, { subgroup: 32, numbers, texts: nir(more) }, "").workgroup_bytes;
  expect([told("shared_size: 10240\n"), told("")]).toEqual([10240, 0]);
});
