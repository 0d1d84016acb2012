/** Which tensors share a buffer: lifetimes in, whole buffers out. A pure function, tested by properties. */

export interface Lifetime {
  readonly bytes: number;
  /** Step that first writes the tensor; -1 for an input. */
  readonly first: number;
  /** Last step that touches it; the number of steps for an output. */
  readonly last: number;
}

export interface MemoryPlan {
  /** Size of each buffer. */
  readonly buffers: readonly number[];
  /** For each tensor, the buffer that holds it. */
  readonly placement: readonly number[];
}

/**
 * Sizes that count as one while tensors are placed. Sizes as they are serve best where they differ much. Where they differ by some
 * percent, as a pair tensor and one whose lines are padded do, large tensors placed first leave the small ones no buffer: then
 * quarters of an octave do better, and the second kind takes what the first cuts apart.
 */
const CLASSES: readonly ((bytes: number) => number)[] = [
  (bytes) => bytes,
  (bytes) => Math.floor(4 * Math.log2(bytes)),
  (bytes) => Math.floor(4 * Math.log2(bytes) + 0.5),
];

/**
 * Assigns tensors to buffers, largest first, each to the smallest buffer that is free for its whole life; the best of some ways to
 * call tensors equally large.
 *
 * Whole buffers only: WebGPU forbids that a dispatch reads one range of a buffer and writes another.
 * Tensors touched by the same step never share.
 */
export function planMemory(lifetimes: readonly Lifetime[]): MemoryPlan {
  const total = ({ buffers }: MemoryPlan): number => buffers.reduce((sum, bytes) => sum + bytes, 0);
  return CLASSES.map((classOf) => placed(lifetimes, classOf)).reduce((best, plan) =>
    total(plan) < total(best) ? plan : best,
  );
}

function placed(lifetimes: readonly Lifetime[], classOf: (bytes: number) => number): MemoryPlan {
  const classes = lifetimes.map(({ bytes }) => classOf(bytes));
  // Among equals, in the order in which they come to life: then equal tensors need no more buffers than are alive at once.
  const order = lifetimes
    .map((_, index) => index)
    .sort((a, b) => descending(classes[a], classes[b]) || lifetimes[a].first - lifetimes[b].first || a - b);
  const buffers: Buffer[] = [];
  const placement = new Array<number>(lifetimes.length).fill(-1);
  for (const index of order) {
    const life = lifetimes[index];
    let position = smallestFree(buffers, life);
    if (position === undefined) position = buffers.push({ class: classes[index], bytes: 0, tenants: [] }) - 1;
    const buffer = buffers[position];
    buffer.tenants.splice(insertionIndex(buffer.tenants, life.last), 0, life);
    buffer.bytes = Math.max(buffer.bytes, life.bytes);
    placement[index] = position;
  }
  return { buffers: buffers.map(({ bytes }) => bytes), placement };
}

/** Compares numbers, of which -∞ is one: the class of an empty tensor. */
const descending = (a: number, b: number): number => (a === b ? 0 : b > a ? 1 : -1);

interface Buffer {
  readonly class: number;
  bytes: number;
  /** In the order of their lives, which do not overlap. */
  readonly tenants: Lifetime[];
}

/** The first of the buffers of the lowest class that are free for a whole life. Buffers are made in the order of their classes. */
function smallestFree(buffers: readonly Buffer[], life: Lifetime): number | undefined {
  let found: number | undefined;
  for (let position = buffers.length - 1; position >= 0; position--) {
    if (found !== undefined && buffers[position].class > buffers[found].class) break;
    const { tenants } = buffers[position];
    const before = tenants[insertionIndex(tenants, life.last) - 1];
    if (!before || before.last < life.first) found = position;
  }
  return found;
}

/** How many of the lives begin no later than at a step: a search by halves, since plans have tens of thousands. */
function insertionIndex(lives: readonly Lifetime[], step: number): number {
  let [low, high] = [0, lives.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (lives[middle].first <= step) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The step at which the most bytes are alive, and how many: a lower bound for any plan's buffers. */
export function peakOf(lifetimes: readonly Lifetime[]): { step: number; bytes: number } {
  // What begins at a step is alive beside what ends there.
  const changes = lifetimes
    .flatMap(({ bytes, first, last }) => [
      { step: first, bytes },
      { step: last + 1, bytes: -bytes },
    ])
    .sort((a, b) => a.step - b.step || a.bytes - b.bytes);
  let peak = { step: -1, bytes: 0 };
  let alive = 0;
  for (const { step, bytes } of changes) {
    alive += bytes;
    if (alive > peak.bytes) peak = { step, bytes: alive };
  }
  return peak;
}
