/** Every verb of the command line, called so that it prints a result and is done quickly. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { scratch } from "./binary.ts";
import { networkOutputsFile } from "./network_outputs.ts";
import { benchRun, times } from "./result_folders.ts";
import { MADE, pdbOf, referenceOf } from "./score_structures.ts";

const folder = scratch();
const shipped = path.resolve(import.meta.dirname, "../../cases");
const weights = path.join(shipped, "ligo-pairformer-odd", "weights.safetensors");
const out = ["--out", path.join(folder, "out.safetensors")];
const tiny = ["--engine", "ligo", "--component", "pairformer"];

const packed = path.resolve(import.meta.dirname, "../fixtures/records.bin.zst");

/** What stands for a built demo. */
writeFileSync(path.join(folder, "index.html"), "<p>");

writeFileSync(path.join(folder, "toy.yaml"), "engine: ligo\nmode: toy\npasses: 1\nseq-len: 4\n");
const job = path.join(folder, "job.fasta");
writeFileSync(job, ">A|protein\nGSHMKT\n");
/** Nothing is searched for. */
const ligand = path.join(folder, "ligand.fasta");
writeFileSync(ligand, ">A|ccd\nATP\n");
const align = ["align", ligand, "--msa-server", "http://localhost:1", "--out", path.join(folder, "aligned")];

const outputs = path.join(folder, "outputs.npz");
writeFileSync(outputs, networkOutputsFile(6, 1));
const predictions = ["--out", path.join(folder, "predictions")];
const structure = path.join(folder, "structure.pdb");
writeFileSync(structure, pdbOf(referenceOf(MADE[0])));

/** By verb; those of `weights` and `export` have verbs of their own. */
export const verbsWithoutDevice: Readonly<Record<string, readonly string[]>> = {
  plan: ["plan", "--seq-len", "16"],
  "plan --json": ["plan", "--json", "--seq-len", "16-128+1"],
  "kernels --list": ["kernels", "--list"],
  "kernels --suite --list": ["kernels", "--suite", "all", "--list", "--json"],
  "features --synthetic": ["features", "--synthetic", "--engine", "ligo", "--seq-len", "8", ...out],
  "features INPUT": ["features", job, "--engine", "deepmind", "--buckets", "exact", ...out],
  align,
  "align --json": [...align, "--json"],
  predict: ["predict", job, "--from-outputs", outputs, ...predictions],
  "predict --json": ["predict", job, "--from-outputs", outputs, ...predictions, "--force", "--json"],
  score: ["score", structure, structure],
  "score --json": ["score", structure, structure, "--json"],
  "weights inspect": ["weights", "inspect", weights],
  "weights inspect --json": ["weights", "inspect", weights, "--json"],
  "weights convert": ["weights", "convert", packed, ...out],
  "weights random": ["weights", "random", ...tiny, ...out],
  "sweep --list-cases": ["sweep", "tiny", "--list-cases"],
  "sweep --dry-run": ["sweep", path.join(folder, "toy.yaml"), "--dry-run"],
  compare: ["compare", benchRun(folder, 0, times(1)), benchRun(folder, 1, times(2))],
  report: ["report", benchRun(folder, 2, times(1)), "--format", "html", "--out", path.join(folder, "report")],
  "report --json": ["report", benchRun(folder, 3, times(1)), "--json"],
  cache: ["cache"],
  "cache --json": ["cache", "--json"],
  demo: ["demo", folder, "--port", "0"],
};

/** Those that compute on a device. */
export const verbsWithDevice: Readonly<Record<string, readonly string[]>> = {
  bench: ["bench", "--mode", "toy", "--engine", "ligo", "--passes", "1", "--out", path.join(folder, "results")],
  "bench --json": ["bench", "--mode", "toy", "--engine", "ligo", "--passes", "1", "--json", "--out", folder],
  "bench --list": ["bench", "--list", "--backend", "webgpu"],
  "bench --dry-run": ["bench", "--dry-run", ...tiny, "--seq-len", "8"],
  run: ["run", path.join(shipped, "ligo-pairformer-odd"), ...out],
  "run --json": ["run", path.join(shipped, "ligo-pairformer-odd"), ...out, "--json"],
  verify: ["verify", path.join(shipped, "ligo-pairformer-odd")],
  "kernels --check": ["kernels", "copy", "--check", "--case", "ragged"],
  "tune --dry-run": ["tune", "--dry-run", "--engine", "ligo", "--preset", "tiny", "--seq-len", "8"],
  doctor: ["doctor"],
};
