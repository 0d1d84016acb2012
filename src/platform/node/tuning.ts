/** The user's own tuning tables: a file for each adapter, driver and Dawn in the cache folder, written by `af3-gpu tune`. */
import { createHash } from "node:crypto";
import { rename } from "node:fs/promises";
import path from "node:path";
import { BadInputError, messageOf } from "../../errors.ts";
import { literal } from "../../formats/given.ts";
import { webgpuVersion } from "../../generated/about.ts";
import { shaders } from "../../generated/shaders.ts";
import type { AdapterSummary } from "../../gpu/device/adapter.ts";
import { type AnyKernel, completeDims, frozenParams, type KernelCase, type Variant } from "../../gpu/plan/kernel.ts";
import { compose } from "../../gpu/shader/compose.ts";
import { kernels } from "../../kernels/index.ts";
import { type OwnRow, ownRow } from "../../kernels/tune/own_rows.ts";
import { tuning } from "../../kernels/tune/table.ts";
import { reviewedOnly, type TuningSource, type TuningUse } from "../../kernels/tune/use.ts";
import { nodeFiles } from "./files.ts";
import { cacheFolder } from "./folders.ts";
import { writeWhole } from "./written_files.ts";

const SCHEMA = "af3-gpu-tuning/1";

/** More than tune ever writes. */
const MOST_BYTES = 4 * 2 ** 20;

/** What a table is about: on anything else, other variants may win. */
type Key = Readonly<Record<string, string | number | boolean>>;

interface Table {
  readonly schema: typeof SCHEMA;
  readonly adapter: Key;
  readonly written: string;
  /** By kernel, of what its rows were measured with: see {@link fingerprint}. */
  readonly fingerprints: Readonly<Record<string, string>>;
  readonly rows: readonly OwnRow[];
}

/** The driver is in an adapter's description, the interface to it follows from the platform. */
const keyOf = (adapter: AdapterSummary): Key => ({ ...adapter, platform: process.platform, webgpu: webgpuVersion });

const digest = (value: unknown): string =>
  createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 16);

/** Where the table of an adapter lies. */
export function tuningFile(adapter: AdapterSummary): string {
  const words = `${adapter.vendor} ${adapter.device || adapter.architecture || adapter.description}`.toLowerCase();
  const name = words.replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "");
  return path.join(cacheFolder(), "tuning", `${name.slice(0, 40) || "adapter"}-${digest(keyOf(adapter))}.json`);
}

const prints = new Map<AnyKernel, string>();

/** Of a kernel's shaders and variants: rows that were measured with others say nothing. */
export function fingerprint(kernel: AnyKernel): string {
  const known = prints.get(kernel);
  if (known) return known;
  const { dims: sizes, params = {}, scalars = {} }: KernelCase = kernel.cases[0];
  const variants = kernel.variants.map((variant: Variant) => {
    const dims = completeDims(kernel, variant, sizes as Readonly<Record<string, number>>, params, scalars);
    return [variant.name, variant.params, variant.tries ?? [], compose(shaders, kernel, variant, frozenParams(dims))];
  });
  const print = digest(variants);
  prints.set(kernel, print);
  return print;
}

/** Reads the table of an adapter, if there is one. */
export const ownTuning: TuningSource = async (adapter) => {
  const file = tuningFile(adapter);
  try {
    if (!(await nodeFiles.exists(file))) return reviewedOnly;
    return await used(file, keyOf(adapter));
  } catch (error) {
    return { ...reviewedOnly, notes: [`your tuning table ${file} is ignored: ${messageOf(error)}`] };
  }
};

/** @throws for a file that is no table of this adapter */
async function used(file: string, key: Key): Promise<TuningUse> {
  const table = tableOf(await textOf(file));
  if (JSON.stringify(table.adapter) !== JSON.stringify(key))
    throw new Error("it is of another adapter, driver or Dawn");
  const notes: string[] = [];
  const stale = new Set<string>();
  const rows = table.rows.flatMap((value, index) => {
    const row = ownRow(value, kernels, tuning);
    if (typeof row === "string") {
      notes.push(`row ${index + 1} of your tuning table ${file} is ignored: ${row}`);
      return [];
    }
    const kernel = kernels.find(({ name }) => name === row.kernel);
    if (kernel && table.fingerprints[row.kernel] === fingerprint(kernel)) return [row];
    stale.add(row.kernel);
    return [];
  });
  if (stale.size)
    notes.push(
      `your tuning table ${file} says nothing any more of ${[...stale].join(", ")}, which changed since: af3-gpu tune renews it`,
    );
  if (rows.length === 0) return { ...reviewedOnly, notes };
  return { kind: "own", rows, file, written: table.written, notes };
}

async function textOf(file: string): Promise<string> {
  if (((await nodeFiles.size?.(file)) ?? 0) > MOST_BYTES) throw new Error("it is larger than any table");
  return new TextDecoder().decode(await nodeFiles.read(file));
}

function tableOf(text: string): Table {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error("it is no JSON");
  }
  const table = (typeof value === "object" && value !== null ? value : {}) as Partial<Record<keyof Table, unknown>>;
  if (table.schema !== SCHEMA)
    throw new Error(`its schema is ${literal(table.schema)}, this version reads "${SCHEMA}"`);
  const whole =
    typeof table.written === "string" &&
    Array.isArray(table.rows) &&
    [table.adapter, table.fingerprints].every((part) => typeof part === "object" && part !== null);
  if (!whole) throw new Error("parts of it are missing");
  return table as Table;
}

/** Writes the table of an adapter, as a whole or not at all. @returns the file @throws {BadInputError} if it cannot be written */
export async function writeTuning(adapter: AdapterSummary, rows: readonly OwnRow[], now = new Date()): Promise<string> {
  const file = tuningFile(adapter);
  const names = new Set(rows.map(({ kernel }) => kernel));
  const about = kernels.filter(({ name }) => names.has(name));
  const table: Table = {
    schema: SCHEMA,
    adapter: keyOf(adapter),
    written: now.toISOString(),
    fingerprints: Object.fromEntries(about.map((kernel) => [kernel.name, fingerprint(kernel)])),
    rows,
  };
  await writeWhole(file, `${JSON.stringify(table, null, 2)}\n`);
  return file;
}

/** Keeps a file that is no table of an adapter beside the one that takes its place. @returns where, if there was one */
export async function setAside(adapter: AdapterSummary): Promise<string | undefined> {
  const file = tuningFile(adapter);
  if (!(await nodeFiles.exists(file))) return undefined;
  const kept = `${file}.old`;
  await rename(file, kept);
  return kept;
}

/**
 * Where a device's own tuning comes from.
 * @param text `own` or `reviewed`, which is none; without it, what AF3_GPU_TUNING says, else `own`
 * @throws {BadInputError} if it says anything else
 */
export function tuningChoice(text = process.env.AF3_GPU_TUNING ?? ""): TuningSource | undefined {
  if (text === "" || text === "own") return ownTuning;
  if (text === "reviewed") return undefined;
  throw new BadInputError(`AF3_GPU_TUNING should be own or reviewed, not "${text}"`);
}
