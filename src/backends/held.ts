/** Loads in mixed precision: weights that halves cannot hold are found when they are made, and stay float32. */
import type { Note } from "../formats/config.ts";
import type { Plan } from "../gpu/plan/plan.ts";
import type { Target } from "../gpu/plan/target.ts";
import type { Executable } from "../gpu/run/executable.ts";

/**
 * Builds, and builds once more if weights turned out to be beyond half precision: which of them are is known only when they have been
 * made, and few networks have any.
 * @param note is told of them
 * @param build records a plan for a target and builds it
 */
export async function buildHeld<T extends { readonly plan: Plan; readonly executable: Executable }>(
  target: Target,
  note: Note,
  build: (target: Target) => Promise<T>,
): Promise<T> {
  const beyondHalf = new Map<string, string>();
  for (;;) {
    const { precision } = target;
    const known = precision && { ...precision, float32: new Set(beyondHalf.keys()) };
    const built = await build({ ...target, ...(known && { precision: known }) });
    const { plan, executable } = built;
    if (plan.beyondHalf.size === 0) {
      if (beyondHalf.size > 0) note(beyondHalfText(beyondHalf));
      return built;
    }
    executable.dispose();
    for (const [name, problem] of plan.beyondHalf) beyondHalf.set(name, problem);
  }
}

function beyondHalfText(beyondHalf: ReadonlyMap<string, string>): string {
  const [[name, problem]] = beyondHalf;
  const count = beyondHalf.size === 1 ? "1 projection stays" : `${beyondHalf.size} projections stay`;
  return `${count} in float32: beyond half precision, such as ${name}: ${problem}`;
}
