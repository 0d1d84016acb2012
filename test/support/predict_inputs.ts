/** Inputs of `predict`, and a network's made-up outputs for them, in a folder of the test's own. */
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { scratch } from "./binary.ts";
import { af3gpu } from "./inside.ts";
import { networkOutputsFile } from "./network_outputs.ts";

export const cwd = scratch();

/** Writes a file into the folder. @returns its name */
export const write = (name: string, content: string | Uint8Array): string => {
  mkdirSync(path.dirname(path.join(cwd, name)), { recursive: true });
  writeFileSync(path.join(cwd, name), content);
  return name;
};

export const sequences = [
  { protein: { id: ["A", "C"], sequence: "GSHMKT" } },
  { ligand: { id: "B", ccdCodes: ["MG"] } },
];
export const TOKENS = 13;

export const jobText = (name: string, changes: object = {}): string =>
  JSON.stringify({ dialect: "alphafold3", version: 4, name, modelSeeds: [3, 5], sequences, ...changes });

export const job = write("job.json", jobText("two chains"));
export const outputs = write("outputs.npz", networkOutputsFile(TOKENS, 2));
export const call = (...args: readonly string[]) => af3gpu(["predict", ...args], { cwd });
