/** Times that others have published, to stand beside measured ones where the work is the same. */

/** Seconds by N, on one kind of hardware. */
export interface Published {
  readonly what: string;
  readonly hardware: string;
  /** Seconds by number of tokens. */
  readonly seconds: Readonly<Record<number, number>>;
  readonly source: string;
  /** The figure in which it stands; none where only the table has it, for the work is another. */
  readonly beside?: { readonly component: string; readonly preset: string };
}

const full = { component: "full", preset: "paper" };
const pairformer = { component: "pairformer", preset: "paper" };
const alphafold3 = "google-deepmind/alphafold3, docs/performance.md; one seed, without compiling";
const bio = "moritztng/tt-bio, site/data/perf-512aa.json; 512 residues, warm median, by a party with an interest";
const neuron = "aws-neuron/neuronx-distributed-inference, pull request 124; 48 layers in float32";

export const published: readonly Published[] = [
  {
    what: "AlphaFold 3, whole",
    hardware: "A100 80 GB",
    seconds: { 1024: 62, 2048: 275, 3072: 703, 4096: 1434, 5120: 2547 },
    source: alphafold3,
    beside: full,
  },
  {
    what: "AlphaFold 3, whole",
    hardware: "H100 80 GB",
    seconds: { 1024: 34, 2048: 144, 3072: 367, 4096: 774, 5120: 1416 },
    source: alphafold3,
    beside: full,
  },
  { what: "OpenFold3 0.4.4, 3 recycles", hardware: "H200", seconds: { 512: 10.263 }, source: bio },
  { what: "OpenFold3 0.4.4, 3 recycles", hardware: "A100 80 GB", seconds: { 512: 16.942 }, source: bio },
  { what: "Boltz-2 2.2.1, 3 recycles", hardware: "H200", seconds: { 512: 7.298 }, source: bio },
  { what: "Protenix-v2 2.0.0, 10 recycles", hardware: "H200", seconds: { 512: 12.186 }, source: bio },
  {
    what: "Protenix, whole",
    hardware: "a GPU without a name",
    seconds: { 500: 17, 1000: 59, 2000: 226, 3000: 935, 4000: 1424 },
    source: "bytedance/Protenix, docs/training_inference_instructions.md",
  },
  {
    what: "Pairformer, 48 layers",
    hardware: "a CPU",
    seconds: { 128: 2.9, 256: 38.4, 512: 228, 1024: 1346 },
    source: neuron,
    beside: pairformer,
  },
  {
    what: "Pairformer, 48 layers",
    hardware: "Trainium 2",
    seconds: { 128: 0.3, 256: 3.2, 512: 47.9, 1024: 200 },
    source: neuron,
    beside: pairformer,
  },
  {
    what: "Nesso-1's Pairformer with cuEquivariance, 5 recycles, bfloat16",
    hardware: "H200 NVL",
    // biome-ignore lint/suspicious/noApproximativeNumericConstant: seconds that are near ln 2 by chance
    seconds: { 128: 0.357, 256: 0.693, 512: 1.034, 768: 1.686, 1024: 6.011 },
    source: "moritztng/tt-bio, perf/nesso1/gpu_reference.json",
  },
  {
    what: "triangle attention, forward, bfloat16, 4 heads of 32: trifast",
    hardware: "A100",
    seconds: { 128: 0.000095, 256: 0.000182, 512: 0.001149, 1024: 0.00845, 2048: 0.0668 },
    source: "latkins/trifast, benchmark",
  },
  {
    what: "triangle multiplication, forward, 128 channels: cuEquivariance",
    hardware: "A100 80 GB",
    seconds: { 128: 0.00123, 256: 0.00126, 512: 0.00221, 1024: 0.00767, 2048: 0.0411 },
    source: "aqlaboratory/openfold-3, pull request 379",
  },
];
