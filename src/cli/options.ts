/** Parsers of options. Each throws one clear sentence for what it cannot read. */

import { backendText } from "../backends/backend.ts";
import type { EngineName } from "../engines/core/component.ts";
import { enumerated } from "../engines/core/names.ts";
import { engineNames, findEngine, type PresetName, presetNames } from "../engines/index.ts";
import { BadInputError } from "../errors.ts";
import { type PrecisionMode, precisionModes } from "../gpu/plan/precision.ts";
import { didYouMean } from "../words.ts";
import { type BackendChoice, backendChoice, everyBackend } from "./backends.ts";

/** A whole number from `least` on. */
export const wholeNumber =
  (name: string, least: number, most = Number.MAX_SAFE_INTEGER) =>
  (text: string): number => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least || value > most) {
      const range = most === Number.MAX_SAFE_INTEGER ? `from ${least}` : `from ${least} to ${most}`;
      throw new BadInputError(`${name} should be a whole number ${range}, not "${text}"`);
    }
    return value;
  };

/** A number above zero. */
export const positive =
  (name: string) =>
  (text: string): number => {
    const value = Number(text);
    if (!/^\d+(\.\d+)?$/.test(text) || value <= 0 || !Number.isFinite(value))
      throw new BadInputError(`${name} should be a number above 0, not "${text}"`);
    return value;
  };

/**
 * Whole numbers from `least` on: a list with commas of numbers, `first-last+step` and `first-last*factor`.
 * @param plain whether `first-last` is all numbers between: few seeds, but many lengths
 */
export const wholeNumbers =
  (name: string, least: number, plain = false) =>
  (text: string): readonly number[] =>
    once(
      name,
      text.split(",").flatMap((part) => range(part.trim(), name, least, plain)),
    );

/** A share such as `3%` or `0.03`. */
export const share =
  (name: string) =>
  (text: string): number => {
    const parsed = /^(\d*\.?\d+)\s*(%?)$/.exec(text.trim());
    const value = parsed ? Number(parsed[1]) / (parsed[2] === "%" ? 100 : 1) : Number.NaN;
    if (!(value >= 0 && value < 1))
      throw new BadInputError(`${name} should be a share such as 3% or 0.03, not "${text}"`);
    return value;
  };

/** A list without repetition: rows of the same thing could not be told apart. @throws {BadInputError} */
function once<T>(name: string, values: readonly T[], text: (value: T) => string = String): readonly T[] {
  const texts = values.map(text);
  const twice = texts.find((one, index) => texts.indexOf(one) !== index);
  if (twice !== undefined) throw new BadInputError(`${name} names ${twice} twice`);
  return values;
}

/** A path, which an empty text is not: it would be taken for the working folder. @throws {BadInputError} */
export const place =
  (name: string) =>
  (text: string): string => {
    if (text.trim() === "") throw new BadInputError(`${name} is empty; it should be a path`);
    return text;
  };

/** A device's name, or a part of it. */
export function device(text: string): string {
  if (text.trim() === "")
    throw new BadInputError(
      "--device is empty; it should be auto, cpu, cuda, mps, swiftshader, or part of an adapter's name",
    );
  return text;
}

/** One of a few names. */
export const oneOf =
  <T extends string>(name: string, values: readonly T[]) =>
  (text: string): T => {
    const value = values.find((candidate) => candidate === text);
    if (value === undefined)
      throw new BadInputError(
        `${name} should be ${enumerated(values, "or")}, not "${text}"${didYouMean(text, values)}`,
      );
    return value;
  };

/** One engine. @throws {BadInputError} with the known names if there is none of that name */
export const engine = (text: string): EngineName => findEngine(text).name;

/** Engines with commas, or all that are registered: `both`, as the original tool calls it, or `all`. */
export function engines(text: string): readonly EngineName[] {
  if (ALL_ENGINES.has(text)) return [...engineNames];
  const names = text.split(",").map((name) => name.trim());
  const unknown = names.find((name) => !engineNames.includes(name));
  const known = [...engineNames, "both"];
  if (unknown !== undefined)
    throw new BadInputError(
      `--engine should be ${enumerated(known, "or")}, not "${unknown}"${didYouMean(unknown, known)}`,
    );
  return once("--engine", names);
}

const ALL_ENGINES: ReadonlySet<string> = new Set(["both", "all"]);

/** Backends with commas, such as `webgpu,onnx-webgpu:mha`, or `all`. */
export const backends = (text: string): readonly BackendChoice[] =>
  text === "all" ? everyBackend() : once("--backend", text.split(",").map(backendChoice), backendText);

export const preset = (text: string): PresetName => oneOf("--preset", presetNames)(text);

/** Presets with commas. */
export const presets = (text: string): readonly PresetName[] =>
  once(
    "--preset",
    text.split(",").map((name) => preset(name.trim())),
  );

/** Numbers of tokens: a list with commas of numbers, `first-last+step` and `first-last*factor`. */
export const seqLens = (text: string): number[] => [...wholeNumbers("--seq-len", 1)(text)];

const MOST_LENGTHS = 1000;

function range(part: string, name: string, least: number, plain: boolean): number[] {
  const example = plain ? "1,2 or 10-14 or 10-90+10" : "64,128 or 64-256+64 or 64-512*2";
  const wrong = (): BadInputError => new BadInputError(`${name} should be like ${example}, not "${part}"`);
  const parsed = /^(\d+)(?:-(\d+)(?:([+*])(\d+))?)?$/.exec(part);
  if (!parsed || (parsed[2] && !parsed[3] && !plain)) throw wrong();
  const [first, last, step] = [parsed[1], parsed[2] ?? parsed[1], parsed[4] ?? "1"].map(Number);
  if (first < least) throw new BadInputError(`${name} should be at least ${least}, not ${first}`);
  if (!Number.isSafeInteger(last)) throw wrong();
  if (step < 1 || last < first || (parsed[3] === "*" && (step < 2 || first === 0))) throw wrong();
  const lengths: number[] = [];
  for (let n = first; n <= last; n = parsed[3] === "*" ? n * step : n + step) {
    lengths.push(n);
    if (lengths.length > MOST_LENGTHS)
      throw new BadInputError(`${name} "${part}" names more than ${MOST_LENGTHS} numbers`);
  }
  return lengths;
}

/** `f32` or `mixed`. @param name the option's */
export const precision =
  (name = "--precision") =>
  (text: string): PrecisionMode =>
    oneOf(name, precisionModes)(text);

/** Precisions with commas. */
export const precisions = (text: string): readonly PrecisionMode[] =>
  once(
    "--precision",
    text.split(",").map((one) => precision()(one.trim())),
  );

/** Names of components with commas: the engines' own, or short ones. Who has which is checked once the engines are known. */
export function components(text: string): readonly string[] {
  const names = text.split(",").map((name) => name.trim());
  if (names.includes("")) throw new BadInputError(`--component should be names with commas, not "${text}"`);
  return once("--component", names);
}

/** Names of kernels with commas. */
export const kernels = (text: string): readonly string[] =>
  once(
    "--kernel",
    text.split(",").map((name) => name.trim()),
  );

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

/** Bytes with a unit, such as `2GiB` or `1.5 GB`. */
export const size =
  (name: string) =>
  (text: string): number => {
    const parsed = /^(\d+(?:\.\d+)?)\s*([A-Za-z]*)$/.exec(text.trim());
    const unit = parsed && Object.hasOwn(UNITS, parsed[2]) ? UNITS[parsed[2]] : undefined;
    const bytes = parsed && unit !== undefined ? Math.floor(Number(parsed[1]) * unit) : 0;
    if (bytes < 1) throw new BadInputError(`${name} should be a size such as 500MB or 2GiB, not "${text}"`);
    return bytes;
  };
