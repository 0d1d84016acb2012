/** What exported functions are called with: real values of each kind, made once. */
import type { OnnxHost } from "../../src/backends/onnx/index.ts";
import * as bench from "../../src/bench/core/index.ts";
import { profileOf } from "../../src/bench/core/profile.ts";
import { Plan } from "../../src/gpu/plan/plan.ts";
import * as node from "../../src/index.ts";
import { root } from "./packed.ts";
import { outputsOf } from "./predicted.ts";
import { step } from "./profiled.ts";
import { target } from "./target.ts";
import {
  anyNumber,
  callback,
  content,
  fields,
  flag,
  given,
  kind,
  list,
  name,
  number,
  numbersOf,
  optional,
  signal,
  text,
  whole,
} from "./wrong_use.ts";

export const FOLDER = `${root}/cases/ligo-pairformer-odd`;
export const { nodeFiles } = node;
export const golden = await node.readCase(nodeFiles, FOLDER);
export const expected = await node.readExpected(nodeFiles, golden);
export const outputs = expected.readAll();
export const { config } = node.preset("ligo", "pairformer", "tiny");
export const trunk = node.preset("ligo", "trunk", "tiny");
export const features = node.syntheticFeatures("ligo", { tokens: 4 });
export const noise = node.syntheticNoise("ligo", features, { samples: 1, steps: 2 });
export const choice = {
  engine: "ligo",
  mode: "component",
  component: "pairformer",
  preset: "tiny",
  tokens: 4,
  weights: "random",
  features: "synthetic",
  seed: 0,
} as const;
export const workload = await bench.makeWorkload(nodeFiles, choice);
export const plan = new Plan(target);
workload.configured.record(plan);
export const source = {
  name: "nothing",
  software: true,
  open: () => Promise.reject(new Error("there is no adapter")),
};
export const backend = new node.WebGpuBackend([source]);
export const host: OnnxHost = {
  status: async () => ({ ready: false, reason: "a test has none", fix: "none" }),
  graphs: async () => [],
  open: () => Promise.reject(new Error("a test has none")),
  dispose: async () => {},
};
export const benchRow = bench.blankRow({
  ...{ engine: "ligo", backend: "webgpu", variant: "", mode: "trunk", component: "trunk", preset: "tiny" },
  ...{ seq_len: 4, device: "", notes: "", cpu_brand: "", precision: "f32", weights: "random", features: "synthetic" },
  ...{ seed: 0, software: false, versions: {} },
});
export const profile = profileOf({
  ...{ row: benchRow, passesMs: null, startTs: benchRow.start_ts, timerStepMs: 0.5, roofline: undefined },
  runs: [[step("pairformer/attention", [1])]],
});
export const safe = await node.readSafetensors(`${FOLDER}/expected.safetensors`);

export const engine = name("ligo");
export const files = given(nodeFiles);
export const path = text(FOLDER);
export const tensorNames = [...outputs.keys()];
export const component = name("pairformer");
export const configKind = kind(config, ["a plain object"]);
export const sizes = fields({ tokens: whole(4) });
export const seed = whole(3);
export const changes = { chains: optional(whole(1)), sequence: optional(text("MKTA")), seed: optional(seed) };
export const synthetic = { tokens: whole(4), ...changes };
export const options = fields(
  {
    device: optional(text("auto")),
    precision: optional(name("mixed")),
    diffusionPrecision: optional(name("f32")),
  },
  ["nothing", "a plain object"],
);
export const adapter = {
  vendor: "",
  architecture: "",
  device: "",
  description: "",
  software: true,
  subgroupMinSize: 4,
  subgroupMaxSize: 4,
};
export const goldenKind = given(golden);
export const workloadKind = given(workload);
export const configured = given(workload.configured);
export const backendKind = given(backend);
export const rule = fields({
  noise: anyNumber(0.01),
  minSamples: anyNumber(1),
  minTime: anyNumber(0),
  maxTime: anyNumber(1000),
  maxSamples: optional(number(2)),
});
export const request = fields({
  engine,
  component,
  config: configKind,
  sizes,
  weights: fields({ kind: name("random"), seed }),
  memoryLimit: optional(whole(2 ** 30)),
  precision: optional(name("f32")),
  diffusionPrecision: optional(name("f32")),
  threads: optional(whole(1)),
  note: callback,
  progress: callback,
  signal,
});
export const about = fields({ fractionDisordered: kind(0.5, []), hasClash: flag });
export const N = 4;
export const scored = fields(
  Object.fromEntries(
    ["tmscore_adjusted_pae_global", "tmscore_adjusted_pae_interface", "full_pae", "full_pde", "contact_probs"].map(
      (output) => [output, numbersOf(N * N)],
    ),
  ),
);
// Of how many tokens it is, asymId says: the others have to fit.
export const scoredTokens = fields({ asymId: numbersOf(N), mask: numbersOf(N), frames: numbersOf(N) });
export const comparison = { output: "z", error: 0, bound: 1, passed: true };
export const runProgress = fields({
  ...{ section: content(""), label: content("") },
  ...{ run: anyNumber(1), step: anyNumber(1), steps: anyNumber(2) },
});
export const stated = ["engine", "backend", "mode", "component", "preset", "device", "notes", "precision"] as const;

/** Stands for openchemlib: every molecule is one atom of fluorine. */
export const chemistry = {
  Molecule: class {
    static fromSmiles = () => new chemistry.Molecule();
    getAllAtoms = () => 1;
    getAllBonds = () => 0;
    getAtomLabel = () => "F";
    getBondAtom = () => 0;
    getAtomX = () => 0;
    getAtomY = () => 0;
    getAtomZ = () => 0;
  },
  ConformerGenerator: class {
    getOneConformerAsMolecule = () => new chemistry.Molecule();
  },
};

/** A structure of one atom, which a model of itself has not to be superposed on. */
const ATOM = "ATOM      1  CA  ALA A   1       1.000   2.000   3.000  1.00  0.00           C";
export const structureText = fields({ text: content(ATOM), file: text("x.pdb") });

/** An input's text, and where it is from. */
export const input = [
  content(">A|protein\nGSHMKT\n"),
  fields({ file: text("x.fasta"), files: optional(files) }),
] as const;
export const inputOptions = fields(
  {
    seed: optional(seed),
    job: optional(text("x")),
    buckets: optional(list([16], ["a size as text", ["16"]])),
    keepMsaOverlaps: optional(flag),
    fixStandaloneGlycans: optional(flag),
    msa: optional(flag),
    pairedAsUnpaired: optional(flag),
    generateConformer: optional(kind(async () => new Float64Array(3), ["a function"])),
    note: callback,
  },
  ["nothing", "a plain object"],
);

/** Outputs of the input's six tokens, and which of them have a frame. */
export const predicted = outputsOf(6);
export const frames = new Map([["frames_mask", node.float32([6], new Float32Array(6).fill(1))]]);
const fileOptions = {
  ...{
    seed: optional(seed),
    terms: optional(flag),
    randomWeights: optional(seed),
    fixStandaloneGlycans: optional(flag),
  },
  format: optional(name("pdb")),
};
export const structureOptions = fields({ ...fileOptions, sample: optional(whole(0)) }, ["nothing", "a plain object"]);
export const predictionOptions = fields({ ...fileOptions, fullConfidences: optional(flag) }, [
  "nothing",
  "a plain object",
]);
