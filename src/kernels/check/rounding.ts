/** What it costs the references to round the operands of their products, by recorded case (cases/rounding.json). */
import { rounding } from "../../generated/rounding.ts";

/** How far off an output of a reference is when its own operands are rounded, over several roundings. */
export interface RoundingCost {
  readonly median: number;
  /** Of the largest; left out where nobody kept it. */
  readonly largest?: number;
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
  return (
    own &&
    Object.fromEntries(
      Object.entries(own).map(([output, { f16, f16_largest: largest, bf16 }]) => [
        output,
        type === "bf16" ? { median: bf16 } : largest === undefined ? { median: f16 } : { median: f16, largest },
      ]),
    )
  );
}
