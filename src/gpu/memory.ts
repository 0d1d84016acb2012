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
 * Assigns tensors to buffers, largest first, each to the smallest buffer that is free for its whole life.
 *
 * Whole buffers only: WebGPU forbids that a dispatch reads one range of a buffer and writes another.
 * Tensors touched by the same step never share.
 */
export function planMemory(lifetimes: readonly Lifetime[]): MemoryPlan {
  // Among equals, in the order in which they come to life: then equal tensors need no more buffers than are alive at once.
  const order = lifetimes
    .map((_, index) => index)
    .sort((a, b) => lifetimes[b].bytes - lifetimes[a].bytes || lifetimes[a].first - lifetimes[b].first || a - b);
  const buffers: { bytes: number; tenants: number[] }[] = [];
  const placement = new Array<number>(lifetimes.length).fill(-1);
  for (const index of order) {
    const life = lifetimes[index];
    const free = buffers
      .map((buffer, position) => ({ buffer, position }))
      .filter(({ buffer }) => buffer.tenants.every((tenant) => !overlap(lifetimes[tenant], life)))
      .sort((a, b) => a.buffer.bytes - b.buffer.bytes);
    const position = free[0]?.position ?? buffers.push({ bytes: life.bytes, tenants: [] }) - 1;
    buffers[position].tenants.push(index);
    placement[index] = position;
  }
  return { buffers: buffers.map(({ bytes }) => bytes), placement };
}

const overlap = (a: Lifetime, b: Lifetime): boolean => a.first <= b.last && b.first <= a.last;

/** The step at which the most bytes are alive, and how many: a lower bound for any plan's buffers. */
export function peakOf(lifetimes: readonly Lifetime[]): { step: number; bytes: number } {
  let peak = { step: -1, bytes: 0 };
  for (const { first: step } of lifetimes) {
    const bytes = lifetimes.reduce((sum, life) => sum + (life.first <= step && step <= life.last ? life.bytes : 0), 0);
    if (bytes > peak.bytes) peak = { step, bytes };
  }
  return peak;
}
