/** The visitor's choices: their defaults, what is allowed, and how an address holds them. */
import { type EngineName, engineNames, type PrecisionMode } from "af3-gpu";
import type { Choices, PrecisionChoice } from "./protocol.ts";

/** Small enough that a CPU in a GPU's place is done within a minute; of the engines, the second is the least work. */
export const defaults: Choices = {
  engine: engineNames[1] ?? engineNames[0] ?? "",
  tokens: 32,
  seed: 0,
  sequence: "",
  passes: 5,
  precision: "f32",
  weights: "",
};

export const limits = { tokens: [1, 65536], seed: [0, 2 ** 31 - 1], passes: [1, 100] } as const;

/** In the order of the form. */
export const precisionChoices: readonly PrecisionChoice[] = ["f32", "mixed", "f32,mixed"];

/** The precisions of a choice, in the order in which they take turns. */
export const precisionsOf = ({ precision }: Pick<Choices, "precision">): readonly PrecisionMode[] =>
  precision === "f32,mixed" ? ["f32", "mixed"] : [precision];

/** What people call a precision. */
export const precisionWords: Readonly<Record<PrecisionMode, string>> = { f32: "float32", mixed: "mixed precision" };

/** What people call a choice of them. */
export const precisionText = (choice: Pick<Choices, "precision">): string =>
  precisionsOf(choice)
    .map((precision) => precisionWords[precision])
    .join(" and ");

const AMINO_ACIDS = /^[ARNDCQEGHILKMFPSTWYV]*$/;

/** What is wrong with choices, by field, in a sentence each. */
export type Complaints = Partial<Record<keyof Choices, string>>;

/** A sequence as it was pasted: without a FASTA header, white space, numbers and gaps, in capitals. */
export const cleanSequence = (text: string): string =>
  text
    .split("\n")
    .filter((line) => !line.trimStart().startsWith(">"))
    .join("")
    .replace(/[\s\d*-]/g, "")
    .toUpperCase();

/** How many tokens a choice has: a sequence brings its own length. */
export const tokensOf = ({ tokens, sequence }: Choices): number => sequence.length || tokens;

/** Checks every field. */
export function complaintsAbout(choices: Choices): Complaints {
  const complaints: Complaints = {};
  for (const name of ["tokens", "seed", "passes"] as const) {
    const [least, most] = limits[name];
    const value = choices[name];
    if (!Number.isInteger(value) || value < least || value > most)
      complaints[name] = `A whole number from ${least} to ${most.toLocaleString("en")}.`;
  }
  const { sequence } = choices;
  if (!AMINO_ACIDS.test(sequence)) {
    const at = [...sequence].findIndex((letter) => !AMINO_ACIDS.test(letter));
    complaints.sequence = `“${sequence[at]}” at position ${at + 1} is none of the twenty amino acids: ARNDCQEGHILKMFPSTWYV.`;
  }
  return complaints;
}

/** Reads choices from an address; what it does not say has its default. What it says wrongly is complained of later. */
export function readAddress(search: string): Choices & { readonly autorun: boolean } {
  const query = new URLSearchParams(search);
  const number = (name: string, fallback: number): number => (query.has(name) ? Number(query.get(name)) : fallback);
  const engine = query.get("engine") as EngineName;
  return {
    engine: engineNames.includes(engine) ? engine : defaults.engine,
    tokens: number("n", defaults.tokens),
    seed: number("seed", defaults.seed),
    sequence: cleanSequence(query.get("sequence") ?? ""),
    passes: number("passes", defaults.passes),
    precision: precisionOf(query.get("precision") ?? defaults.precision),
    weights: query.get("weights") ?? "",
    autorun: query.get("autorun") === "1",
  };
}

/** A choice of precision, whatever the order of its names. */
function precisionOf(text: string): PrecisionChoice {
  const sorted = text.split(",").sort().join(",");
  return precisionChoices.find((choice) => choice === sorted) ?? defaults.precision;
}

/** The query of an address that says what is not a default. */
export function writeAddress(choices: Choices): string {
  const query = new URLSearchParams({ engine: choices.engine });
  if (choices.sequence) query.set("sequence", choices.sequence);
  else if (choices.tokens !== defaults.tokens) query.set("n", String(choices.tokens));
  if (choices.seed !== defaults.seed) query.set("seed", String(choices.seed));
  if (choices.passes !== defaults.passes) query.set("passes", String(choices.passes));
  if (choices.precision !== defaults.precision) query.set("precision", choices.precision);
  if (choices.weights) query.set("weights", choices.weights);
  return `?${query}`.replaceAll("%2C", ","); // a comma may stand in a query as it is
}
