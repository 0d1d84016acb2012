/** What it costs the references to round the operands of their products, by recorded case (cases/rounding.json). */
import { rounding } from "../../generated/rounding.ts";

/**
 * The errors of a case's outputs when the reference's own operands are halves, by output.
 * @param name of the case
 * @returns undefined where nobody has measured that
 */
export function roundingCosts(
  name: string,
  type: "f16" | "bf16" = "f16",
): Readonly<Record<string, number>> | undefined {
  const own = Object.hasOwn(rounding, name) ? rounding[name] : undefined;
  return own && Object.fromEntries(Object.entries(own).map(([output, errors]) => [output, errors[type]]));
}
