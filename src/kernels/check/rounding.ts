/** What it costs the references to round the operands of their products, by recorded case (cases/rounding.json). */
import { rounding } from "../../generated/rounding.ts";

/** How often as far off bfloat16 is as halves, which have three bits more. */
const BFLOAT16_TO_HALVES = 2 ** 3;

/**
 * The errors of a case's outputs when the reference's own operands are of a type, by output, as they were measured.
 * @param name of the case
 * @returns undefined where nobody has measured that
 */
export function measuredCosts(name: string, type: "f16" | "bf16"): Readonly<Record<string, number>> | undefined {
  const own = Object.hasOwn(rounding, name) ? rounding[name] : undefined;
  return own && Object.fromEntries(Object.entries(own).map(([output, errors]) => [output, errors[type]]));
}

/**
 * What it costs the reference that its operands are halves, by output: the larger of what was measured so, and an eighth of what was
 * measured with bfloat16. The largest error of a small output is one draw of few, which may be a lucky one (one token: 12 entries); the
 * other is a second draw of the same, over all cases 1.08 times the first in the median.
 * @param name of the case
 * @returns undefined where nobody has measured that
 */
export function roundingCosts(name: string): Readonly<Record<string, number>> | undefined {
  const [halves, bfloat16] = [measuredCosts(name, "f16"), measuredCosts(name, "bf16")];
  if (!halves || !bfloat16) return undefined;
  const costs = Object.keys(halves).map((output) => [
    output,
    Math.max(halves[output], bfloat16[output] / BFLOAT16_TO_HALVES),
  ]);
  return Object.fromEntries(costs);
}
