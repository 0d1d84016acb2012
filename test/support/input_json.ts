/** AlphaFold 3's input JSON, whole and right unless a test changes it. */

export type Json = Record<string, unknown>;

export const protein = (changes: Json = {}): Json => ({ protein: { id: "A", sequence: "GSHMKT", ...changes } });

export const job = (changes: Json = {}): Json => ({
  dialect: "alphafold3",
  version: 4,
  name: "a job",
  modelSeeds: [1],
  sequences: [protein()],
  ...changes,
});
