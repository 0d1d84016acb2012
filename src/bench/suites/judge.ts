/** Whether an output lies within a suite's tolerance. */
import type { Reference, Tolerance } from "./suite.ts";

export interface Judgement {
  /** The largest error as a share of what is allowed there; infinite if a value is not finite. */
  readonly error: number;
  readonly worst: { readonly index: number; readonly got: number; readonly want: number };
  /** How many values were compared. */
  readonly count: number;
  /** Why this counts as wrong, or undefined. */
  readonly problem?: string;
}

/** Largest relative error of adding an input to the update in float32; it is no error of the layer's. */
const ROUNDING = 2 ** -24;
/** A reference below this says nothing. */
const TINY = 1e-3;

/** Compares the values that the reference covers, and looks for values that are not finite everywhere. */
export function judge(got: Float32Array, reference: Reference, { atol, rtol }: Tolerance): Judgement {
  const { positions, want, update } = reference;
  let error = -1;
  let worst = { index: -1, got: Number.NaN, want: Number.NaN };
  let squares = 0;
  for (let i = 0; i < want.length; i++) {
    const [own, value] = [update?.[i] ?? want[i], got[positions[i]]];
    const off = Math.abs(value - want[i]) - (update ? ROUNDING * Math.abs(want[i]) : 0);
    const allowed = atol + rtol * Math.abs(own);
    const share = Number.isFinite(value) ? Math.max(0, off) / allowed : Number.POSITIVE_INFINITY;
    squares += own ** 2;
    if (share > error) [error, worst] = [share, { index: positions[i], got: value, want: want[i] }];
  }
  const odd = got.findIndex((value) => !Number.isFinite(value));
  if (odd >= 0 && Number.isFinite(error))
    [error, worst] = [Number.POSITIVE_INFINITY, { index: odd, got: got[odd], want: Number.NaN }];
  const problem = problemOf(error, worst, Math.sqrt(squares / want.length));
  return { error, worst, count: want.length, ...(problem !== undefined && { problem }) };
}

function problemOf(error: number, { index, got, want }: Judgement["worst"], rms: number): string | undefined {
  if (!(rms > TINY)) return `: a vacuous check, the reference is tiny (rms ${rms})`;
  if (error <= 1) return undefined;
  if (!Number.isFinite(got)) return `[${index}] is ${got}`;
  return `[${index}] is ${got}, the reference says ${want}: ${error.toPrecision(3)} times the tolerance`;
}
