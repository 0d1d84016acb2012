/** The phases of a run, in order: where each begins in the progress that the worker tells, from 0 to 1. */
export const PHASES = { compile: 0, first: 0.3, check: 0.4, passes: 0.6, steps: 0.85, figures: 0.95 } as const;

export type Phase = keyof typeof PHASES;

const names = Object.keys(PHASES) as Phase[];

/** Which phase a share of the progress lies in, and how far through it. */
export function phaseAt(share: number): { readonly phase: Phase; readonly through: number } {
  const at = names.findLastIndex((name) => share >= PHASES[name]);
  const phase = names[Math.max(0, at)];
  const [from, to] = [PHASES[phase], at + 1 < names.length ? PHASES[names[at + 1]] : 1];
  return { phase, through: Math.min(1, Math.max(0, (share - from) / (to - from))) };
}
