/** Which backends are ready, for people: each thing is said once, however many engines and variants it is true of. */
import { enumerated } from "../engines/core/names.ts";
import type { BackendState } from "./backends.ts";
import { table } from "./output.ts";

/** Stands for an engine's name in what is true of several. */
const ENGINE = "ENGINE";

interface Group {
  readonly backend: string;
  readonly variants: Set<string>;
  readonly engines: Set<string>;
  readonly ready: boolean;
  /** The device, or the reason why there is none. */
  readonly what: string;
  readonly fix: string;
}

/** States that differ only in engine and variant are one. */
function grouped(states: readonly BackendState[]): Group[] {
  const groups = new Map<string, Group>();
  for (const { engine, backend, variant, ready, device, reason = "", fix = "" } of states) {
    const general = (text: string): string => text.replaceAll(new RegExp(`\\b${engine}\\b`, "g"), ENGINE);
    const group = { backend, ready, what: ready ? device : general(reason), fix: general(fix) };
    const key = JSON.stringify(group);
    const found = groups.get(key) ?? { ...group, variants: new Set(), engines: new Set() };
    if (variant !== "") found.variants.add(variant);
    found.engines.add(engine);
    groups.set(key, found);
  }
  return [...groups.values()];
}

/** A line per backend and state, and behind those that are not ready what each needs. */
export function statesText(states: readonly BackendState[]): string {
  const all = new Set(states.map(({ engine }) => engine));
  const groups = grouped(states);
  const nameOf = ({ backend, variants, engines }: Group): string => {
    const only = engines.size < all.size ? `, ${[...engines].join(", ")} only` : "";
    return `${backend}${variants.size ? ` (${[...variants].join(", ")})` : ""}${only}`;
  };
  // A sentence about one engine names it; one about several names them once.
  const said = (text: string, { engines }: Group): string =>
    engines.size === 1 ? text.replaceAll(ENGINE, [...engines][0]) : text;
  const rows = groups.map((group) => [
    nameOf(group),
    group.ready ? `ready on ${group.what}` : `not ready: ${said(group.what, group)}`,
  ]);
  const missing = groups.filter(({ ready }) => !ready);
  const fixes = [...new Set(missing.map(({ fix }) => fix))].map((fix) => {
    const needing = missing.filter((group) => group.fix === fix);
    const several = needing.find(({ engines }) => engines.size > 1) ?? needing[0];
    const names = [...new Set(needing.map(({ backend }) => backend))].join(", ");
    return `  ${names}: ${said(fix, several)}`;
  });
  const general = [...missing].find((group) => group.engines.size > 1 && `${group.what}${group.fix}`.includes(ENGINE));
  const where = general ? ` (${ENGINE} is ${enumerated([...general.engines], "or")})` : "";
  return [table(["backend", "state"], rows), ...(fixes.length ? [`What the others need${where}:`, ...fixes] : [])].join(
    "\n",
  );
}
