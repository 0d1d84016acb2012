/** Plans that fit a device or a budget of memory: chunks are chosen, or the largest N that fits is found. */
import { BadInputError, TooLargeError } from "../../errors.ts";
import { Plan } from "../../gpu/plan.ts";
import { memoryOf } from "../../gpu/resources.ts";
import type { Target } from "../../gpu/target.ts";
import type { Component, ConfiguredComponent, Sizes } from "../component.ts";

/** What is planned: a component at one config, and at sizes of which the number of tokens may be varied. */
export interface Planned {
  readonly component: Component;
  readonly config: unknown;
  readonly sizes: Sizes;
}

/** Layers always allow themselves one representation's size: still smaller chunks would be no different. */
const LEAST_CHUNK = 2 ** 10;

/** The bytes that a plan's executable holds on the device. @throws {TooLargeError} if an array passes a limit */
function bytesOn(target: Target, { component, config, sizes }: Planned): number {
  const plan = new Plan(target);
  component.configure(config, sizes, () => {}).record(plan);
  const { constants, transients, overhead } = memoryOf(plan);
  return constants + transients + overhead;
}

/** The target with the largest chunks that keep a plan within `limit` bytes; undefined if none do. */
function targetWithin(target: Target, planned: Planned, limit: number): Target | undefined {
  const fits = (chunkBytes: number): boolean => bytesOn({ ...target, chunkBytes }, planned) <= limit;
  if (fits(target.chunkBytes)) return target;
  const smaller: number[] = [];
  for (let bytes = target.chunkBytes / 2; bytes >= LEAST_CHUNK; bytes /= 2) smaller.push(bytes);
  let [low, high] = [0, smaller.length - 1];
  if (high < 0 || !fits(smaller[high])) return undefined;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (fits(smaller[middle])) high = middle;
    else low = middle + 1;
  }
  return { ...target, chunkBytes: smaller[low] };
}

function fitsOn(target: Target, planned: Planned, limit: number | undefined): boolean {
  try {
    if (limit !== undefined) return targetWithin(target, planned, limit) !== undefined;
    bytesOn(target, planned);
    return true;
  } catch (error) {
    if (error instanceof TooLargeError) return false;
    throw error;
  }
}

/**
 * The largest number of tokens whose plan passes no limit of the target and stays within `limit` bytes, found by
 * recording plans; 0 if none does.
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

/** Atoms come in windows of so many. */
const WINDOW = 32;

/** Sizes for another number of tokens, with as many atoms for each as before. */
function scaled(sizes: Sizes, tokens: number): Sizes {
  const { atoms, ...rest } = sizes;
  if (atoms === undefined) return { ...rest, tokens };
  return { ...rest, tokens, atoms: WINDOW * Math.ceil((atoms * tokens) / sizes.tokens / WINDOW) };
}

function refusal(planned: Planned, target: Target, limit: number | undefined, why: string, cause?: Error) {
  const largest = largestTokens(planned, target, limit);
  const hint = largest > 0 ? `the largest N that fits is ${largest}` : "no N fits";
  const { component, sizes } = planned;
  return new BadInputError(`${component.engine} ${component.name}: N = ${sizes.tokens} does not fit: ${why}; ${hint}`, {
    cause,
  });
}

/**
 * Records a component, in smaller chunks if a limit of memory asks for them. Results do not depend on chunks.
 * @param record what to record once the target is chosen
 * @param limit bytes that the plan's executable may hold on the device
 * @throws {BadInputError} with the largest N that fits if this one does not
 */
export function recordFitting(
  target: Target,
  planned: Planned,
  record: ConfiguredComponent["record"],
  limit?: number,
): Plan {
  try {
    const fitting = limit === undefined ? target : targetWithin(target, planned, limit);
    if (fitting) {
      const plan = new Plan(fitting);
      record(plan);
      return plan;
    }
  } catch (error) {
    if (!(error instanceof TooLargeError)) throw error;
    throw refusal(planned, target, limit, error.message, error);
  }
  const least = bytesOn({ ...target, chunkBytes: LEAST_CHUNK }, planned);
  throw refusal(planned, target, limit, `it needs ${least} bytes in the smallest chunks, the memory limit is ${limit}`);
}
