/** What a check says: right, wrong, or nothing, because it could not be made. */
import type { Check } from "./protocol.ts";

export type Verdict = "right" | "wrong" | "unchecked";

/** An output beyond its bound is wrong, whatever could not be compared besides; what was not compared is neither right nor wrong. */
export function verdictOf({ lines, broken }: Pick<Check, "lines" | "broken">): Verdict {
  if (lines.some(({ passed }) => !passed)) return "wrong";
  return broken === undefined && lines.length > 0 ? "right" : "unchecked";
}
