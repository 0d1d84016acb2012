/** Plans that fit a device or a budget of memory: chunks and offload are chosen, or the largest N that fits is found. */

import type { Component, Sizes } from "../engines/core/component.ts";
import { BadInputError, TooLargeError } from "../errors.ts";
import { Plan } from "../gpu/plan/plan.ts";
import type { Target } from "../gpu/plan/target.ts";
import { memoryOf, totalOf } from "../gpu/run/resources.ts";
import { QUERIES } from "../pipeline/atom_layout.ts";
import { sizeText } from "../words.ts";

/** What is planned: a component at one config, and at sizes of which the number of tokens may be varied. */
export interface Planned {
  readonly component: Component;
  readonly config: unknown;
  readonly sizes: Sizes;
}

/** Chunks that still fill a GPU: they cost a few dispatches. */
const LARGE_CHUNKS = [2 ** 25, 2 ** 23];
/** Those that leave part of it idle, in every block. The smallest save little more than the uniforms of their dispatches need. */
const SMALL_CHUNKS = [2 ** 23, 2 ** 20, 2 ** 15];

/** The bytes that a plan's executable holds on the device. @throws {TooLargeError} if an array passes a limit */
function bytesOn(target: Target, { component, config, sizes }: Planned): number {
  const plan = new Plan(target);
  component.configure(config, sizes, () => {}).record(plan);
  return totalOf(memoryOf(plan));
}

/** @throws {TooLargeError} if it is known that the device has less */
function checkMemory(bytes: number, { memory }: Target): void {
  if (memory !== undefined && bytes > memory)
    throw new TooLargeError(
      `its buffers need ${bytes} bytes, the device has ${memory}; a memory limit makes them smaller where that can be done`,
    );
}

/** A target as it is, then with chunks that are kept to ever smaller sizes. */
const chunked = (target: Target, sizes: readonly number[]): Target[] => [
  target,
  ...sizes
    .filter((size) => size <= target.chunkBytes)
    .map((size) => ({ ...target, chunkBytes: size, strictChunks: true })),
];

/**
 * What may be done for a limit of memory, from the fastest to the slowest: offload costs trips over the bus once per fold, which is
 * more than what large chunks cost and less than what small ones do.
 */
const measures = (target: Target): readonly Target[] => [
  ...chunked(target, LARGE_CHUNKS),
  ...chunked({ ...target, offload: true }, SMALL_CHUNKS),
];

/**
 * The fastest target that keeps a plan within `limit` bytes, or the least that a plan needs. All are tried in turn: smaller chunks
 * need less in most cases, but not in all.
 */
function targetWithin(target: Target, planned: Planned, limit: number): Target | number {
  let least = Number.POSITIVE_INFINITY;
  for (const measure of measures(target)) {
    const bytes = bytesOn(measure, planned);
    if (bytes <= limit) return measure;
    least = Math.min(least, bytes);
  }
  return least;
}

function fitsOn(target: Target, planned: Planned, limit: number | undefined): boolean {
  try {
    if (limit !== undefined) return typeof targetWithin(target, planned, limit) !== "number";
    checkMemory(bytesOn(target, planned), target);
    return true;
  } catch (error) {
    if (error instanceof TooLargeError) return false;
    throw error;
  }
}

/**
 * The largest number of tokens whose plan passes no limit of the target, needs no more memory than the target is known to have, and
 * stays within `limit` bytes: all buffers are counted as they will be made. Found by recording plans; 0 if none does.
 */
export function largestTokens(planned: Planned, target: Target, limit?: number): number {
  const fits = (tokens: number): boolean => fitsOn(target, { ...planned, sizes: scaled(planned.sizes, tokens) }, limit);
  let [low, high] = [0, 1];
  while (high <= 2 ** 20 && fits(high)) [low, high] = [high, 2 * high];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (fits(middle)) low = middle;
    else high = middle;
  }
  return low;
}

/** Sizes for another number of tokens, with as many atoms for each as before, in whole windows. */
function scaled(sizes: Sizes, tokens: number): Sizes {
  const { atoms, ...rest } = sizes;
  if (atoms === undefined) return { ...rest, tokens };
  return { ...rest, tokens, atoms: QUERIES * Math.ceil((atoms * tokens) / sizes.tokens / QUERIES) };
}

function refusal(planned: Planned, target: Target, limit: number | undefined, cause: TooLargeError) {
  const largest = largestTokens(planned, target, limit);
  const unsure = limit === undefined && target.memory === undefined;
  const fits = `the largest N that fits is ${largest}${unsure ? " as far as its limits go: its memory is not known" : ""}`;
  const hint = largest > 0 ? fits : "no N fits";
  const { component, sizes } = planned;
  const what = `${component.engine} ${component.name}: N = ${sizes.tokens} does not fit`;
  return new BadInputError(`${what}: ${cause.message}; ${hint}`, { cause });
}

/**
 * Records a component, in smaller chunks or with offload if a limit of memory asks for it. Results depend on neither.
 * @param record what to record once the target is chosen; what it returns is handed on
 * @param limit bytes that the plan's executable may hold on the device
 * @throws {BadInputError} with the largest N that fits if this one does not
 */
export function recordFitting<T>(
  target: Target,
  planned: Planned,
  record: (plan: Plan) => T,
  limit?: number,
): { readonly plan: Plan; readonly recorded: T } {
  try {
    const fitting = limit === undefined ? target : targetWithin(target, planned, limit);
    if (typeof fitting === "number")
      throw new TooLargeError(
        `it needs ${sizeText(fitting, Math.ceil)} at the least, the memory limit is ${sizeText(limit ?? 0, Math.floor)}`,
      );
    const plan = new Plan(fitting);
    const recorded = record(plan);
    if (limit === undefined) checkMemory(totalOf(memoryOf(plan)), target);
    return { plan, recorded };
  } catch (error) {
    if (!(error instanceof TooLargeError)) throw error;
    throw refusal(planned, target, limit, error);
  }
}
