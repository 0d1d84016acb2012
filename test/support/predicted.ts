/** Made-up predictions: a job, and outputs of a network of which every number is known. */
import { type HostTensor, sizeOf } from "../../src/formats/tensor.ts";
import { complexOf } from "../../src/pipeline/complex.ts";
import { openDictionary } from "../../src/pipeline/dictionary/dictionary.ts";
import { fileName, type Job } from "../../src/pipeline/input/job.ts";
import { readJobs } from "../../src/pipeline/input/read.ts";
import type { PredictedJob } from "../../src/pipeline/outputs/prediction.ts";
import { atomsOf, type Structure } from "../../src/pipeline/outputs/structure.ts";
import { TOKEN_SLOTS, tokensOf } from "../../src/pipeline/tokens.ts";

export const protein = (id: string | string[], sequence: string) => ({ protein: { id, sequence } });
export const ligand = (id: string | string[], ...ccdCodes: string[]) => ({ ligand: { id, ccdCodes } });

/** A job of AlphaFold 3's JSON. @param more fields beside its sequences */
export async function jobOf(sequences: readonly unknown[], more: object = {}): Promise<Job> {
  const text = JSON.stringify({
    dialect: "alphafold3",
    version: 4,
    name: "a job",
    modelSeeds: [7],
    sequences,
    ...more,
  });
  return (await readJobs(text, { file: "x.json" }))[0];
}

/** Atoms one behind the other on a helix, so that none meet. */
const helix = (at: number): number[] => [6 * Math.cos(at), 6 * Math.sin(at), 1.5 * at];

export async function structureOf(job: Job): Promise<Structure> {
  const complex = complexOf(job, await openDictionary());
  const atoms = atomsOf(complex);
  return {
    name: fileName(job.name),
    complex,
    atoms,
    positions: Float32Array.from(atoms.flatMap((_, at) => helix(at))),
    plddt: Float32Array.from(atoms, (_, at) => 30 + ((at * 7.123) % 60)),
  };
}

export async function predictedJob(job: Job): Promise<PredictedJob> {
  const complex = complexOf(job, await openDictionary());
  const tokens = tokensOf(complex);
  return {
    name: fileName(job.name),
    complex,
    tokens,
    frames: tokens.map(({ chain }) => Number(chain.entity.kind !== "ligand")),
  };
}

/** Radius, turn and height of a backbone's atoms in an α-helix, in ångström and radians; other atoms stand further out. */
const BACKBONE: Readonly<Record<string, readonly [number, number, number]>> = {
  N: [1.55, -0.48, -0.87],
  CA: [2.28, 0, 0],
  C: [1.67, 0.46, 1.15],
  O: [2, 0.36, 2.37],
};

/** The same structure with each of its chains as an α-helix, 10 Å from the last, and of one pLDDT: 95, 60, and 20 for all others. */
export function helices(structure: Structure): Structure {
  const chains = [...new Set(structure.atoms.map(({ chain }) => chain))];
  const residues = [...new Set(structure.atoms.map(({ residue }) => residue))];
  const positions = structure.atoms.flatMap(({ atom, chain, residue }) => {
    const at = residues.indexOf(residue) % 100;
    const [radius, turn, height] = BACKBONE[atom.name] ?? [3.6, 0.2, 0.3];
    const angle = turn + (at * Math.PI * 100) / 180;
    return [10 * chains.indexOf(chain) + radius * Math.cos(angle), radius * Math.sin(angle), 1.5 * at + height];
  });
  const plddt = structure.atoms.map(({ chain }) => [95, 60][chains.indexOf(chain)] ?? 20);
  return { ...structure, positions: Float32Array.from(positions), plddt: Float32Array.from(plddt) };
}

/** Outputs of so many tokens, of which the first sample is the best. */
export function outputsOf(size: number, samples = 1): Map<string, HostTensor> {
  const tensor = (shape: readonly number[], value: (at: number) => number): HostTensor => ({
    dtype: "float32",
    shape,
    data: Float32Array.from({ length: sizeOf(shape) }, (_, at) => value(at)),
  });
  const pairs = (most: number): HostTensor => {
    const each = size * size;
    return tensor([samples, size, size], (at) => (most * (1 + ((at % each) % 7))) / (8 + Math.floor(at / each)));
  };
  return new Map([
    [
      "positions",
      tensor([samples, size, TOKEN_SLOTS, 3], (at) => helix(Math.floor(at / 3) % (size * TOKEN_SLOTS))[at % 3]),
    ],
    ["predicted_lddt", tensor([samples, size, TOKEN_SLOTS], (at) => (at * 1.37) % 100)],
    ["full_pae", pairs(30)],
    ["tmscore_adjusted_pae_global", pairs(1)],
    ["tmscore_adjusted_pae_interface", pairs(1)],
    ["contact_probs", tensor([size, size], (at) => (at % 9) / 8)],
  ]);
}
