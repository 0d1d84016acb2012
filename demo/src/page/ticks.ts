/** Where an axis has its ticks. */

/** 1, 2 or 5 times a power of ten: steps that people count in. */
const nice = (least: number): number => {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * ([1, 2, 5].find((factor) => factor * power >= least * (1 - 1e-9)) ?? 10);
};

/**
 * Tokens, from 1, that an axis names: the first, and then multiples of a step that leaves each label its room.
 * @param pixels of the axis @param room that a label needs, in pixels
 */
export function tokenTicks(tokens: number, pixels: number, room: number): number[] {
  const step = Math.max(1, nice(Math.max(1, (tokens * room) / Math.max(1, pixels))));
  // Two is too near to one for both: every other token is named from the first one on.
  if (step <= 2) return Array.from({ length: Math.ceil(tokens / step) }, (_, at) => 1 + at * step);
  return [1, ...Array.from({ length: Math.floor(tokens / step) }, (_, at) => (at + 1) * step)];
}

/** Round values between two bounds, the bounds among them if they are round. @param most how many at most */
export function valueTicks(from: number, to: number, most = 6): number[] {
  if (!(to > from)) return [from];
  const step = nice((to - from) / Math.max(1, most - 1));
  const first = Math.ceil(from / step - 1e-9);
  const last = Math.floor(to / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, at) => Number(((first + at) * step).toPrecision(12)));
}
