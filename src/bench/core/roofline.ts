/** What an adapter can do at best, and what follows from it. */

/** What an adapter reaches with our plain matmul and copy. */
export interface Roofline {
  /** Floating-point operations per second. */
  readonly flops: number;
  /** Bytes per second, read and written. */
  readonly bytes: number;
}

/** Floating-point operations, and bytes read and written. */
interface Work {
  readonly flops: number;
  readonly bytes: number;
}

/** The least seconds that work takes: its FLOP at that rate, or its bytes at that bandwidth, whichever is longer. */
export const leastSeconds = (work: Work, roofline: Roofline): number =>
  Math.max(work.flops / roofline.flops, work.bytes / roofline.bytes);
