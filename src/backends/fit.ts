/** Plans that fit a device or a budget of memory: chunks and offload are chosen, or the largest N that fits is found. */

import type { Component, Sizes, Wanted } from "../engines/core/component.ts";
import { TooLargeError } from "../errors.ts";
import { Plan } from "../gpu/plan/plan.ts";
import type { Target } from "../gpu/plan/target.ts";
import { memoryOf, totalOf } from "../gpu/run/resources.ts";
import { QUERIES } from "../pipeline/atom_layout.ts";
import { Pauses } from "../waiting.ts";
import { sizeText } from "../words.ts";

/** What is planned: a component at one config, and at sizes of which the number of tokens may be varied. */
export interface Planned {
  readonly component: Component;
  readonly config: unknown;
  readonly sizes: Sizes;
  /** The outputs that are read; all if undefined. */
  readonly wanted?: Wanted | undefined;
}

/** Chunks that still fill a GPU: they cost a few dispatches. */
const LARGE_CHUNKS = [2 ** 25, 2 ** 23];
/** Those that leave part of it idle, in every block. The smallest save little more than the uniforms of their dispatches need. */
const SMALL_CHUNKS = [2 ** 23, 2 ** 20, 2 ** 15];

/** The bytes that a plan's executable holds on the device. @throws {TooLargeError} if an array passes a limit */
function bytesOn(target: Target, { component, config, sizes, wanted }: Planned): number {
  const plan = new Plan(target);
  component.configure(config, sizes, () => {}).record(plan, undefined, wanted);
  return totalOf(memoryOf(plan));
}

/** @throws {TooLargeError} if it is known that the device has less */
function checkMemory(bytes: number, { memory }: Target): void {
  if (memory !== undefined && bytes > memory)
    throw new TooLargeError(
      `its buffers need ${sizeText(bytes, Math.ceil)}, the device has ${sizeText(memory, Math.floor)}; a memory limit makes them smaller where that can be done`,
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
function* targetWithin(target: Target, planned: Planned, limit: number): Search<Target | number> {
  let least = Number.POSITIVE_INFINITY;
  for (const measure of measures(target)) {
    yield;
    const bytes = bytesOn(measure, planned);
    if (bytes <= limit) return measure;
    least = Math.min(least, bytes);
  }
  return least;
}

/** Whether a plan passes no limit of the target, and stays within `limit` bytes, or the memory that the target is known to have. */
export function* fitsOn(target: Target, planned: Planned, limit: number | undefined): Search<boolean> {
  yield;
  try {
    if (limit !== undefined) return typeof (yield* targetWithin(target, planned, limit)) !== "number";
    checkMemory(bytesOn(target, planned), target);
    return true;
  } catch (error) {
    if (error instanceof TooLargeError) return false;
    throw error;
  }
}

/**
 * The largest number that fits, by doubling and halving; 0 if not even one does.
 * @param parts how exact the answer is: to one in so many @param first where the search begins
 */
export function* largestOf(
  fits: (count: number) => Search<boolean>,
  parts = Number.POSITIVE_INFINITY,
  first = 1,
): Search<number> {
  let [low, high] = [0, first];
  while (high <= 2 ** 20 && (yield* fits(high))) [low, high] = [high, 2 * high];
  while (high - low > Math.max(1, low / parts)) {
    const middle = (low + high) >> 1;
    if (yield* fits(middle)) low = middle;
    else high = middle;
  }
  return low;
}

/**
 * The largest number of tokens whose plan passes no limit of the target, needs no more memory than the target is known to have, and
 * stays within `limit` bytes: all buffers are counted as they will be made. Found by recording plans; 0 if none does.
 */
export const largestTokens = (planned: Planned, target: Target, limit?: number): number =>
  inOneGo(largest(planned, target, limit));

/**
 * As {@link largestTokens} but for a sixteenth, by which it may be too low: others have their turn between two plans, and there is an end.
 * @returns the most tokens found to fit, and whether the search came to its end by then, in milliseconds of the wall clock that counts
 * from the process's beginning; if not, more may fit, and 0 says nothing
 * @throws {CancelledError} once the signal has fired
 */
export async function largestTokensSoon(
  planned: Planned,
  target: Target,
  { signal, until }: { readonly signal?: AbortSignal | undefined; readonly until: number },
): Promise<{ readonly tokens: number; readonly ended: boolean }> {
  let tokens = 0;
  const tell = (fitting: number): void => {
    tokens = Math.max(tokens, fitting);
  };
  const [pauses, search] = [new Pauses(signal), largest(planned, target, undefined, { parts: 16, first: 256, tell })];
  while (performance.now() < until) {
    await pauses.here();
    const { done, value } = search.next();
    if (done) return { tokens: value, ended: true };
  }
  return { tokens, ended: false };
}

/** How tokens are searched: `parts` and `first` as of {@link largestOf}; `tell` is told of each number that fits. */
interface SearchOptions {
  readonly parts?: number;
  readonly first?: number;
  readonly tell?: (fitting: number) => void;
}

const largest = (
  planned: Planned,
  target: Target,
  limit: number | undefined,
  { parts, first, tell }: SearchOptions = {},
): Search<number> =>
  largestOf(
    function* (tokens) {
      const fits = yield* fitsOn(target, { ...planned, sizes: scaled(planned.sizes, tokens) }, limit);
      if (fits) tell?.(tokens);
      return fits;
    },
    parts,
    first,
  );

/** Sizes for another number of tokens, with as many atoms for each as before, in whole windows. */
function scaled(sizes: Sizes, tokens: number): Sizes {
  const { atoms, ...rest } = sizes;
  if (atoms === undefined) return { ...rest, tokens };
  return { ...rest, tokens, atoms: QUERIES * Math.ceil((atoms * tokens) / sizes.tokens / QUERIES) };
}

function* refusal(
  planned: Planned,
  target: Target,
  limit: number | undefined,
  cause: TooLargeError,
): Search<TooLargeError> {
  const most = yield* largest(planned, target, limit);
  const unsure = limit === undefined && target.memory === undefined;
  const fits = `the largest N that fits is ${most}${unsure ? " as far as its limits go: its memory is not known" : ""}`;
  const hint = most > 0 ? fits : "no N fits";
  const { component, sizes } = planned;
  const what = `${component.engine} ${component.name}: N = ${sizes.tokens} does not fit`;
  return new TooLargeError(`${what}: ${cause.message}; ${hint}`, { cause });
}

/**
 * Records a component, in smaller chunks or with offload if a limit of memory asks for it. Results depend on neither.
 * @param record what to record once the target is chosen; what it returns is handed on
 * @param limit bytes that the plan's executable may hold on the device
 * @throws {TooLargeError} with the largest N that fits if this one does not
 */
export const recordFitting = <T>(
  target: Target,
  planned: Planned,
  record: (plan: Plan) => T,
  limit?: number,
): Recorded<T> => inOneGo(fitting(target, planned, record, limit));

/**
 * As {@link recordFitting}, but others have their turn between two of the plans that are tried.
 * @throws {CancelledError} there, once the signal has fired
 */
export async function recordFittingSoon<T>(
  target: Target,
  planned: Planned,
  record: (plan: Plan) => T,
  { limit, signal }: { readonly limit?: number | undefined; readonly signal?: AbortSignal | undefined } = {},
): Promise<Recorded<T>> {
  return inPauses(fitting(target, planned, record, limit), signal);
}

/** What a component was recorded into, and what recording it returned. */
interface Recorded<T> {
  readonly plan: Plan;
  readonly recorded: T;
}

/** A search through plans, each of which takes long to record: it may be left wherever it yields. */
export type Search<T> = Generator<undefined, T>;

/** Others have their turn between two steps of the search. @throws {CancelledError} there, once the signal has fired */
export async function inPauses<T>(search: Search<T>, signal: AbortSignal | undefined): Promise<T> {
  const pauses = new Pauses(signal);
  for (;;) {
    await pauses.here();
    const { done, value } = search.next();
    if (done) return value;
  }
}

function inOneGo<T>(search: Search<T>): T {
  for (;;) {
    const { done, value } = search.next();
    if (done) return value;
  }
}

function* fitting<T>(
  target: Target,
  planned: Planned,
  record: (plan: Plan) => T,
  limit: number | undefined,
): Search<Recorded<T>> {
  try {
    const chosen = limit === undefined ? target : yield* targetWithin(target, planned, limit);
    if (typeof chosen === "number")
      throw new TooLargeError(
        `it needs ${sizeText(chosen, Math.ceil)} at the least, the memory limit is ${sizeText(limit ?? 0, Math.floor)}`,
      );
    yield;
    const plan = new Plan(chosen);
    const recorded = record(plan);
    if (limit === undefined) checkMemory(totalOf(memoryOf(plan)), target);
    return { plan, recorded };
  } catch (error) {
    if (!(error instanceof TooLargeError)) throw error;
    throw yield* refusal(planned, target, limit, error);
  }
}
