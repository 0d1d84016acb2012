/** What of a plan is on the device together, and for how long: pure functions of the recorded plan. */
import type { Lifetime } from "./memory.ts";
import type { Constant, Plan, Section, Tensor } from "./plan.ts";

/** Tensors that are no constants, and from which step to which each must keep its values. */
export interface Lives {
  readonly tensors: readonly Tensor[];
  readonly lifetimes: readonly Lifetime[];
}

/** Sections for which the device holds everything at once: all of them, or with offload one. */
export interface MemoryPhase extends Lives {
  readonly sections: readonly Section[];
  /** First step, and the one behind the last. */
  readonly first: number;
  readonly end: number;
  readonly constants: readonly Constant[];
  /** What earlier phases leave for this one: brought from the host when it begins. */
  readonly restored: readonly Tensor[];
  /** What later phases find: taken to the host when it ends. */
  readonly saved: readonly Tensor[];
}

/** Whether a plan's sections take turns on the device. */
export const offloads = ({ target, sections }: Plan): boolean => target.offload === true && sections.length > 1;

/** The phases of a plan in order: with offload one for each section that has steps, else one for all. */
export function phasesOf(plan: Plan): readonly MemoryPhase[] {
  if (!offloads(plan)) {
    const all = { sections: plan.sections, first: 0, end: plan.steps.length, restored: [], saved: [] };
    return [{ ...all, constants: plan.constants, ...livesOf(plan) }];
  }
  const groups = grouped(plan.sections);
  const touched = groups.map((sections) => touchedBy(plan, sections));
  const constants = new Map(plan.constants.map((constant) => [constant.tensor.id, constant]));
  const isIn = (others: readonly ReadonlySet<number>[], id: number): boolean => others.some((ids) => ids.has(id));
  return groups.map((sections, index) => {
    const tensors = [...touched[index]].map((id) => plan.tensors[id]).filter(({ bytes }) => bytes > 0);
    const own = tensors.filter(({ id }) => !constants.has(id));
    const restored = own.filter(({ id }) => isIn(touched.slice(0, index), id));
    const saved = own.filter(({ id }) => isIn(touched.slice(index + 1), id));
    return {
      sections,
      first: sections[0].first,
      end: sections[sections.length - 1].end,
      constants: tensors.flatMap(({ id }) => constants.get(id) ?? []),
      restored,
      saved,
      ...livesIn(plan, sections, new Set(restored), new Set(saved)),
    };
  });
}

/** Sections without steps only read what the one before them has left: they stay with it, so that it may run again behind them. */
function grouped(sections: readonly Section[]): readonly (readonly Section[])[] {
  const groups: Section[][] = [];
  for (const section of sections) {
    const before = groups.at(-1);
    if (before && section.first === section.end) before.push(section);
    else groups.push([section]);
  }
  return groups;
}

/** The ids of all tensors that sections touch. */
function touchedBy(plan: Plan, sections: readonly Section[]): ReadonlySet<number> {
  const ids = new Set<number>();
  for (const section of sections) eachUse(plan, section, (id) => ids.add(id));
  return ids;
}

/** Lives while the device holds all sections. */
export function livesOf(plan: Plan): Lives {
  const uses = new Uses();
  for (const section of plan.sections)
    eachUse(plan, section, (id, step) => {
      const before = uses.sections.get(id);
      // A later section may run again and again: what it finds must stay until it is done for good.
      uses.add(id, before && before !== section ? section.end : step);
      if (!before) uses.sections.set(id, section);
    });
  return uses.lives(plan);
}

/** Lives while it holds some sections, which may run again and again: what they find must stay until they are done for good. */
function livesIn(
  plan: Plan,
  sections: readonly Section[],
  restored: ReadonlySet<Tensor>,
  saved: ReadonlySet<Tensor>,
): Lives {
  const uses = new Uses();
  const [{ first }, { end }] = [sections[0], sections[sections.length - 1]];
  for (const { id } of restored) uses.add(id, first - 1);
  for (const section of sections) eachUse(plan, section, (id, step) => uses.add(id, step));
  for (const { id } of [...restored, ...saved]) uses.add(id, end);
  return uses.lives(plan);
}

/** Inputs are uploaded before a section's first step and outputs read behind its last, next to no other section's steps. */
function eachUse(plan: Plan, section: Section, use: (id: number, step: number) => void): void {
  for (const { id } of section.inputs.values()) use(id, section.first - 1);
  for (let step = section.first; step < section.end; step++)
    for (const { id } of plan.steps[step].tensors) use(id, step);
  for (const { id } of section.outputs.values()) use(id, section.end);
}

class Uses {
  /** Where a tensor was used first. */
  readonly sections = new Map<number, Section>();
  private readonly spans = new Map<number, { readonly first: number; readonly last: number }>();

  add(id: number, step: number): void {
    const known = this.spans.get(id);
    this.spans.set(id, { first: known?.first ?? step, last: Math.max(step, known?.last ?? step) });
  }

  lives(plan: Plan): Lives {
    const constants = new Set(plan.constants.map(({ tensor }) => tensor.id));
    const tensors = plan.tensors.filter(({ id, bytes }) => bytes > 0 && !constants.has(id) && this.spans.has(id));
    const life = ({ id, bytes }: Tensor): Lifetime => ({ bytes, first: -1, last: -1, ...this.spans.get(id) });
    return { tensors, lifetimes: tensors.map(life) };
  }
}
