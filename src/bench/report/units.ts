/** Numbers with units that fit them, for people. */
import { sizeText } from "../../words.ts";

const digits = (value: number): string => {
  const text = value.toPrecision(3);
  return text.includes("e") ? String(Number(text)) : text;
};

const scaled =
  (steps: readonly (readonly [from: number, unit: string])[]) =>
  (value: number): string => {
    // What would be rounded up to the next unit is said in it.
    const [size, unit] = steps.find(([from]) => Math.abs(value) >= from * 0.9995) ?? steps[steps.length - 1];
    return `${value === 0 ? "0" : digits(value / size)} ${unit}`;
  };

/** Milliseconds, such as `1.20 ms`. */
export const timeText = scaled([
  [3_600_000, "h"],
  [60_000, "min"],
  [1000, "s"],
  [1, "ms"],
  [1e-3, "µs"],
]);

/** FLOP/s or B/s. */
export const rateText = (unit: string) =>
  scaled([
    [1e12, `T${unit}`],
    [1e9, `G${unit}`],
    [1e6, `M${unit}`],
    [1e3, `k${unit}`],
  ]);

/** Bytes, such as `1.5 GiB`. */
export const bytesText = (bytes: number): string => sizeText(bytes);

export const percentText = (share: number): string => `${(100 * share).toFixed(0)} %`;
export const ratioText = (ratio: number): string => (ratio >= 100 ? ratio.toFixed(0) : ratio.toPrecision(3));
export const errorText = (error: number): string => (error === 0 ? "0" : error.toExponential(1));

/** A time beside an axis, whose marks are round: nothing above seconds, in which tens stay tens. */
export const axisTimeText = (ms: number): string => {
  const [size, unit] = ms >= 999.5 ? [1000, "s"] : ms >= 0.9995 ? [1, "ms"] : [1e-3, "µs"];
  return `${Number((ms / size).toPrecision(3))} ${unit}`;
};
