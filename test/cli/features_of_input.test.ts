/** `af3-gpu features INPUT`: from a sequence to features, as users call it; it needs no GPU. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { TEMPLATE } from "../../scripts/fuzz/inputs.mjs";
import { Npz } from "../../src/formats/npz.ts";
import { writeNpz } from "../../src/formats/npz_writer.ts";
import { float32 } from "../../src/formats/tensor.ts";
import { scratch } from "../support/binary.ts";
import { af3gpu } from "../support/inside.ts";

const cwd = path.join(scratch(), "inputs");
mkdirSync(cwd);
const write = (name: string, content: string | Uint8Array): string => {
  writeFileSync(path.join(cwd, name), content);
  return name;
};
const json = (name: string, sequences: unknown[], changes: object = {}): string =>
  write(
    name,
    JSON.stringify({ dialect: "alphafold3", version: 4, name: "x", modelSeeds: [1, 2], sequences, ...changes }),
  );
const call = (...args: string[]) => af3gpu(["features", ...args, "--engine", "deepmind"], { cwd });
const tensors = (name: string): Npz => new Npz(readFileSync(path.join(cwd, name)), name);

const COMPONENT = `data_QQQ
_chem_comp.id QQQ
_chem_comp.type non-polymer
loop_ _chem_comp_atom.comp_id _chem_comp_atom.atom_id _chem_comp_atom.type_symbol _chem_comp_atom.charge
_chem_comp_atom.pdbx_model_Cartn_x_ideal _chem_comp_atom.pdbx_model_Cartn_y_ideal _chem_comp_atom.pdbx_model_Cartn_z_ideal
QQQ C1 C 0 0 0 0 QQQ O1 O 0 1.2 0 0
`;

describe("features of an input", () => {
  it("are made, and say what they are of; the file is checked as any other", async () => {
    json("a.json", [{ protein: { id: ["A", "B"], sequence: "GSHMKT" } }, { ligand: { id: "C", smiles: "CO" } }]);
    const { code, stderr, stdout } = await call("a.json", "--out", "a.npz", "--buckets", "16,32", "--json");
    expect([code, stderr]).toEqual([
      0,
      `note: LIG_C has no coordinates: its reference structure is zeros
note: no MSA for chain A: single-sequence prediction, expect low confidence
note: no MSA for chain B: single-sequence prediction, expect low confidence
14 tokens, padded to 16, 92 atoms, 2 rows of the MSA
wrote a.npz
`,
    ]);
    expect(JSON.parse(stdout).sizes).toEqual({ tokens: 16, rows: 2 });
    const checked = await call("a.npz", "--num-msa", "4", "--recycles", "1", "--json");
    expect([checked.code, JSON.parse(checked.stdout).sizes]).toEqual([
      0,
      expect.objectContaining({ tokens: 16, rows: 4, num_msa: 4 }),
    ]);
  });

  it("come from packed FASTA, with MSAs in files beside JSON", async () => {
    write("b.fasta.gz", gzipSync(new TextEncoder().encode(">A|protein\nGSHMKT\n")));
    expect((await call("b.fasta.gz", "--buckets", "exact", "--out", "b.safetensors")).stderr).toContain(
      "\n6 tokens, 45 atoms, 2 rows of the MSA\n",
    );
    write("msa.a3m", ">q\nGSHMKT\n>r\nGSHM-T\n");
    json("c.json", [{ protein: { id: "A", sequence: "GSHMKT", unpairedMsaPath: "msa.a3m" } }]);
    expect((await call("c.json", "--out", "c.npz")).stderr).toContain(
      "6 tokens, padded to 128, 45 atoms, 3 rows of the MSA\n",
    );
  });

  it("take the first seed, or another", async () => {
    json("d.json", [{ protein: { id: "A", sequence: "GSHMKT" } }]);
    for (const [out, ...seed] of [["d1.npz"], ["d2.npz", "--seed", "1"], ["d3.npz", "--seed", "2"]])
      await call("d.json", ...seed, "--out", out);
    const [first, same, other] = ["d1.npz", "d2.npz", "d3.npz"].map((name) => tensors(name).read("ref_pos").data);
    expect(same).toEqual(first);
    expect(other).not.toEqual(first);
  });

  it("take components from a dictionary, plain or packed, and conformers from an archive", async () => {
    json("e.json", [{ ligand: { id: "A", ccdCodes: ["QQQ"] } }]);
    const [plain, packed] = [
      write("ccd.cif", COMPONENT),
      write("ccd.cif.gz", gzipSync(new TextEncoder().encode(`data_AAA\n_a.b 1\n${COMPONENT}`))),
    ];
    for (const ccd of [plain, packed])
      expect((await call("e.json", "--ccd", ccd, "--out", "e.npz")).stderr).toContain(
        "2 tokens, padded to 128, 2 atoms",
      );
    const conformer = float32([2, 3], Float32Array.of(0, 0, 0, 5, 0, 0));
    write(
      "conformers.npz",
      writeNpz(
        new Map([
          ["reference_000", conformer],
          ["frames_000", conformer],
        ]),
      ),
    );
    expect((await call("e.json", "--ccd", plain, "--conformers", "conformers.npz", "--out", "f.npz")).code).toBe(0);
    const { data } = tensors("f.npz").read("ref_pos");
    expect(Math.hypot(...[0, 1, 2].map((axis) => data[axis] - data[72 + axis]))).toBeCloseTo(5, 4);
  });

  it("make conformers of SMILES, and say which have none", async () => {
    const ligands = ["C/C=C/F", "C(C)(C)(C)(C)C"].map((smiles, at) => ({ ligand: { id: "AB"[at], smiles } }));
    json("smiles.json", [...ligands, { ligand: { id: "C", ccdCodes: ["GOL"] } }]);
    const { code, stderr } = await call(
      "smiles.json",
      "--conformers",
      "generated",
      "--buckets",
      "exact",
      "--out",
      "s.npz",
    );
    expect([code, stderr]).toEqual([
      0,
      `note: chain B: no conformer of the SMILES C(C)(C)(C)(C)C: openchemlib finds none
note: LIG_B has no coordinates: its reference structure is zeros
16 tokens, 16 atoms, 1 row of the MSA
wrote s.npz
`,
    ]);
    const { data } = tensors("s.npz").read("ref_pos");
    const [first, last] = [0, 3].map((token) => [0, 1, 2].map((axis) => data[token * 72 + axis]));
    // From one end to the other of a molecule in trans.
    expect(Math.hypot(...first.map((value, axis) => value - last[axis]))).toBeGreaterThan(3.3);
    const plain = await call("smiles.json", "--conformers", "ideal", "--buckets", "exact", "--out", "t.npz");
    expect(plain.stderr).toContain("note: LIG_A has no coordinates: its reference structure is zeros\n");
    expect(
      tensors("t.npz")
        .read("ref_pos")
        .data.slice(10 * 72),
    ).toEqual(data.slice(10 * 72));
  });

  it("are made of one of several jobs, whatever the others are", async () => {
    const ion = (name: string, count: unknown) => ({
      name,
      modelSeeds: [1],
      sequences: [{ ion: { ion: "MG", count } }],
    });
    const list = write("jobs.json", JSON.stringify([ion("one", "wrong"), ion("two", 3), ion("3", 1)]));
    for (const [which, tokens] of [
      ["two", 3],
      ["2", 3],
      ["3", 1],
    ])
      expect((await call(list, "--job", String(which), "--out", "chosen.npz")).stderr).toContain(`${tokens} token`);
    for (const [args, message] of [
      [[], "jobs.json has 3 jobs (one, two, 3) of which one can be used here: choose it by its name or its number"],
      [["--job", "1"], "[0].sequences[0].ion.count should be a whole number"],
      [["--job", "four"], 'jobs.json has no job "four": there are one, two, 3'],
    ] as const)
      expect(await call(list, ...args)).toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
    const alike = write("alike.json", JSON.stringify([ion("x", 1), ion("y", 1), ion("x", 2)]));
    expect(await call(alike, "--job", "x")).toMatchObject({
      code: 2,
      stderr: 'af3-gpu: alike.json has 2 jobs of the name "x": choose one by its number, 1 or 3\n',
    });
    expect((await call(alike, "--job", "3", "--out", "third.npz")).stderr).toContain("2 tokens");
    const only = json("only.json", [{ ligand: { id: "A", ccdCodes: ["MG"] } }]);
    expect((await call(only, "--job", "x")).code).toBe(0);
    expect((await call(only, "--job", "2")).stderr).toContain('only.json has no job "2": there is x');
  });

  it("say what of the input is not used", async () => {
    const hit = ">q\nGSHMKT\n>r\nGSHM-T\n";
    json("unused.json", [
      { protein: { id: ["A", "F"], sequence: "GSHMKT", unpairedMsa: "GSHMKT\nGSHM-T\n" } },
      { protein: { id: "B", sequence: "GSHMKT", unpairedMsa: `#6\t1\n\nGSHMKT\n${hit}`, pairedMsa: hit } },
      { protein: { id: "C", sequence: "GSHM", unpairedMsa: "anything" } },
    ]);
    const { stderr } = await call("unused.json", "--out", "unused.npz");
    expect(stderr.split("\n").filter((line) => line.startsWith("note: "))).toEqual([
      'note: the unpaired MSA of chain A is taken for none: no line of it begins with ">", so that it has no sequences',
      'note: the unpaired MSA of chain B: 1 line before the first ">" is ignored',
      "note: chain C is too short for MSAs and templates: those of the input are not used",
    ]);
    const template = { mmcif: TEMPLATE, queryIndices: [], templateIndices: [] };
    const five = { id: "A", sequence: "GSHMKT", unpairedMsa: hit, templates: Array(5).fill(template) };
    json("templates.json", [{ protein: five }]);
    expect((await call("templates.json", "--out", "templates.npz")).stderr).toContain(
      "note: chain A has 5 templates: the first 4 are used\n",
    );
    json("alone.json", [{ protein: { id: "B", sequence: "GSHMKT", unpairedMsa: hit, pairedMsa: hit } }]);
    expect((await call("alone.json", "--out", "alone.npz")).stderr).toContain(
      "note: the paired MSA of chain B is not used: there are no different proteins to pair\n",
    );
  });

  it("have their sizes in a line; --verbose lists the tensors", async () => {
    json("short.json", [{ ligand: { id: "A", ccdCodes: ["MG"] } }]);
    const [folded, listed] = [await call("short.json"), await call("short.json", "--verbose")];
    expect(folded.stdout).toMatch(/^tensors=\d+ tokens=128 rows=\d\n$/);
    expect(listed.stdout).toMatch(/^tensor +type +shape\nmsa +int32 +\[\d, 128\]\n/);
    expect(listed.stdout.endsWith(folded.stdout)).toBe(true);
  });

  it.each<[string, () => string[], string]>([
    [
      "an MSA in the place of an input",
      () => [write("hits.a3m", ">q\nGSHMKT\n>r\nGSHMAT\n")],
      "hits.a3m is an MSA, and no input that says which chain it belongs to",
    ],
    ["an MSA of another format", () => [write("hits.txt", "# STOCKHOLM 1.0\nq GSHMKT\n//\n")], "hits.txt is an MSA"],
    [
      "a bare sequence",
      () => [write("bare.a3m", "GSHMKT\n")],
      'bare.a3m is no input: before a sequence there should be a line such as ">A|protein"',
    ],
    [
      "a wrong input",
      () => [json("g.json", [{ protein: { id: "a", sequence: "GS" } }])],
      "g.json: sequences[0].protein.id should be of capital letters alone",
    ],
    ["what is none", () => [write("notes.txt", "hello, world")], "notes.txt is no input: expected AlphaFold 3's JSON"],
    [
      "several jobs",
      () => [
        write(
          "two.json",
          JSON.stringify(
            [1, 2].map((name) => ({ name: `${name}`, modelSeeds: [1], sequences: [{ ion: { ion: "MG", count: 1 } }] })),
          ),
        ),
      ],
      "two.json has 2 jobs (1, 2) of which one can be used here: choose it by its name or its number",
    ],
    [
      "an unknown component",
      () => [json("h.json", [{ ligand: { id: "A", ccdCodes: ["QQQ"] } }])],
      'chain A, residue 1: the component "QQQ" is not among the 197',
    ],
    [
      "a source of conformers that is none",
      () => [json("i.json", [{ ligand: { id: "A", ccdCodes: ["MG"] } }]), "--conformers", "guessed"],
      "--conformers should be ideal, generated, or an .npz file",
    ],
    [
      "conformers of another molecule",
      () => [
        json("j.json", [{ ligand: { id: "A", ccdCodes: ["MG"] } }]),
        "--conformers",
        write("k.npz", writeNpz(new Map([["reference_000", float32([2, 3], new Float32Array(6))]]))),
      ],
      "k.npz: reference_000 has shape [2, 3], expected [1, 3] for MG",
    ],
    [
      "conformers that are nowhere",
      () => [
        json("n.json", [{ ligand: { id: "A", ccdCodes: ["MG"] } }]),
        "--conformers",
        write("o.npz", writeNpz(new Map([["reference_000", float32([1, 3], new Float32Array([0, Number.NaN, 0]))]]))),
      ],
      "o.npz: reference_000 has numbers that are no places in ångström",
    ],
    [
      "sizes that are none",
      () => ["x.json", "--buckets", "1,x"],
      "--buckets should be sizes such as 256,512, or exact",
    ],
    [
      "options of the synthesis",
      () => [json("l.json", [{ ligand: { id: "A", ccdCodes: ["MG"] } }]), "--chains", "2"],
      "--chains needs --synthetic",
    ],
  ])("%s is refused, and nothing written", async (_, args, message) => {
    const { code, stderr } = await call(...args(), "--out", "refused.npz");
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
    expect(existsSync(path.join(cwd, "refused.npz"))).toBe(false);
  });

  it("are not made by engines whose pipeline is not here, and their options need an input", async () => {
    const other = await af3gpu(
      ["features", json("m.json", [{ ligand: { id: "A", ccdCodes: ["MG"] } }]), "--engine", "ligo"],
      { cwd },
    );
    expect([other.code, other.stderr]).toEqual([2, expect.stringContaining("ligo's features are not made of inputs")]);
    const { code, stderr } = await call("--synthetic", "--seq-len", "8", "--ccd", "x.cif", "--out", "n.npz");
    expect([code, stderr]).toEqual([2, expect.stringContaining("--ccd needs an input, such as job.json")]);
  });
});
