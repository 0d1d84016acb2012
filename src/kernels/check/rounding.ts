/** What it costs the references to round the operands of their products, by recorded case (cases/rounding.json). */
import { rounding } from "../../generated/rounding.ts";

/** How far off an output of a reference is when its own operands are rounded, over several roundings. */
export interface RoundingCost {
  readonly median: number;
  /** Undefined where nobody kept it, as of bfloat16, which is rounded to once. */
  readonly largest?: number | undefined;
}

/** What rounded operands cost a case, by output. */
export type RoundingCosts = Readonly<Record<string, RoundingCost>>;

/**
 * The errors of a case's outputs when the reference's own operands are halves, or bfloat16, by output.
 * @param name of the case
 * @returns undefined where nobody has measured that
 */
export function roundingCosts(name: string, type: "f16" | "bf16" = "f16"): RoundingCosts | undefined {
  const own = Object.hasOwn(rounding, name) ? rounding[name] : undefined;
  const costOf = (errors: NonNullable<typeof own>[string]): RoundingCost => ({
    median: errors[type],
    largest: type === "f16" ? errors.f16_largest : undefined,
  });
  return own && Object.fromEntries(Object.entries(own).map(([output, errors]) => [output, costOf(errors)]));
}
