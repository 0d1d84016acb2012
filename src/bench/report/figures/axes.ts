/** Logarithmic axes. */
import { type ScaleLogarithmic, scaleLog } from "d3-scale";
import { faint, grid } from "./palette.ts";
import { LETTER, label, line } from "./svg.ts";

export type Log = ScaleLogarithmic<number, number>;

/** A scale over values, with air on both sides. @param air how many times the least and the most it goes beyond them */
export function logScale(values: readonly number[], range: readonly [number, number], air: number): Log {
  const [least, most] = values.reduce(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
    [Number.POSITIVE_INFINITY, 0],
  );
  return scaleLog()
    .domain([least / air, most * air])
    .range([...range]);
}

const mantissa = (value: number): number => Math.round(value / 10 ** Math.floor(Math.log10(value) + 1e-9));

/** Marks of an axis: as many as there is room for, round numbers. @param base 2: powers of two */
export function marksOf(scale: Log, most: number, base: 2 | 10 = 10): number[] {
  if (base === 2) {
    const [first, last] = scale.domain().map(Math.log2);
    const powers = Array.from(
      { length: Math.floor(last) - Math.ceil(first) + 1 },
      (_, at) => 2 ** (Math.ceil(first) + at),
    );
    if (powers.length > 1) return powers.filter((_, at) => at % Math.ceil(powers.length / most) === 0);
  }
  const ticks = scale.ticks(most);
  const kept = [[1, 2, 5], [1, 3], [1]].map((round) => ticks.filter((tick) => round.includes(mantissa(tick))));
  if (ticks.length <= most) return ticks;
  const decades = kept[2];
  const few =
    kept.find((one) => one.length <= most) ?? decades.filter((_, at) => at % Math.ceil(decades.length / most) === 0);
  return few.length > 1 ? few : kept[0];
}

export interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Lines across, with what they mean at the left. */
export function leftAxis(scale: Log, box: Box, format: (value: number) => string, base: 2 | 10): string[] {
  return marksOf(scale, 7, base).flatMap((value) => [
    line(box.left, scale(value), box.right, scale(value), grid.light),
    label(format(value), box.left - 8, scale(value) + 4, { anchor: "end", fill: faint.light }),
  ]);
}

/** Lines down, with what they mean below; those without room say nothing. @param values the marks; round numbers if not given */
export function bottomAxis(
  scale: Log,
  box: Box,
  format: (value: number) => string,
  values: readonly number[] = marksOf(scale, Math.floor((box.right - box.left) / 60)),
): string[] {
  let free = Number.NEGATIVE_INFINITY;
  return values.flatMap((value) => {
    const [x, text] = [scale(value), format(value)];
    const half = (text.length * LETTER) / 2;
    const down = line(x, box.top, x, box.bottom, grid.light);
    if (x - half < free) return [down];
    free = x + half + 6;
    return [down, label(text, x, box.bottom + 18, { anchor: "middle", fill: faint.light })];
  });
}
