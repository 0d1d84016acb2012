/** Atoms that leave a component where it is bonded to another (Protenix' `data/core/ccd.py`, `_map_central_to_leaving_groups`). */
import { type Component, isHydrogen } from "../../../pipeline/dictionary/component.ts";

const found = new WeakMap<Component, ReadonlyMap<string, readonly (readonly string[])[]>>();

/**
 * The groups of atoms that can leave an atom, in the order of the dictionary's bonds, of which a bond takes one each. The package draws among
 * them; the first ones are taken here.
 */
export function leavingGroups(component: Component, atom: string): readonly (readonly string[])[] {
  const known = found.get(component) ?? groupsOf(component);
  found.set(component, known);
  return known.get(atom) ?? [];
}

function groupsOf({ atoms, bonds }: Component): ReadonlyMap<string, readonly (readonly string[])[]> {
  const neighbours = atoms.map(() => [] as number[]);
  for (const { first, second } of bonds) {
    if (isHydrogen(atoms[first]) || isHydrogen(atoms[second])) continue;
    neighbours[first].push(second);
    neighbours[second].push(first);
  }
  const groups = new Map<string, string[][]>();
  for (const [centre, { name, leaving }] of atoms.entries()) {
    if (leaving || isHydrogen(atoms[centre])) continue;
    for (const start of neighbours[centre].filter((at) => atoms[at].leaving)) {
      const group = new Set([start]);
      for (const at of group) for (const next of neighbours[at]) if (next !== centre || at !== start) group.add(next);
      // A group that holds on to more than one atom cannot leave; then nothing of the component does.
      if ([...group].some((at) => !atoms[at].leaving)) return new Map();
      groups.set(name, [...(groups.get(name) ?? []), [...group].sort((a, b) => a - b).map((at) => atoms[at].name)]);
    }
  }
  return groups;
}
