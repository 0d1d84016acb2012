/** How often a component runs the sections of its plan: what it says, and what it does. */
import { expect, it } from "vitest";
import { workOf } from "../../src/bench/core/plan_report.ts";
import { runRecorded, runsOf, sessionOf } from "../../src/engines/core/component.ts";
import { overridden } from "../../src/engines/core/overrides.ts";
import { engineNames, findEngine, findPreset } from "../../src/engines/index.ts";
import { Plan } from "../../src/gpu/plan/plan.ts";
import { target } from "../support/target.ts";

const components = engineNames.flatMap((name) => findEngine(name).components);
/** More than one of everything that repeats, no two alike. */
const repeated = { trunk: { recycles: 2 }, full: { recycles: 2, samples: 4, steps: 6 } };
const overridesOf = (name: string) => (name === "trunk" || name === "full" ? repeated[name] : {});

/** Samples side by side: all of them, and fewer. */
const rows = components.flatMap((component) => {
  const { engine, name } = component;
  const all = [`${engine} ${name}`, component, {}] as const;
  return name === "full" ? [all, [`${engine} ${name} in batches`, component, { batch: 3 }] as const] : [all];
});

it.for(rows)("%s runs its sections as often as it says", async ([, component, sizes]) => {
  const { config, widths } = findPreset(component.engine, component.name, "tiny");
  const configured = component.configure(
    overridden(findEngine(component.engine), component, config, overridesOf(component.name)),
    { ...widths, tokens: 5, ...sizes },
    () => {},
  );
  const plan = new Plan(target);
  const engine = findEngine(component.engine);
  const recorded = configured.record(plan, (name) => engine.randomWeight(name, configured.weights.get(name) ?? [], 0));
  const runs = new Map<string, number>();
  const session = sessionOf(async (section = "") => {
    runs.set(section, (runs.get(section) ?? 0) + 1);
    const outputs = plan.sections.find(({ name }) => name === section)?.outputs ?? [];
    return new Map([...outputs].map(([name, { bytes }]) => [name, new Float32Array(bytes / 4)]));
  });
  await runRecorded(recorded, session, configured.randomInputs(1));
  const said = plan.sections.map(({ name }) => [name, runsOf(configured, name)]);
  expect([...runs]).toEqual(said);
  const dispatches = plan.sections.map(({ name, first, end }) => (runs.get(name) ?? 0) * (end - first));
  expect(workOf(plan, configured).dispatches).toBe(dispatches.reduce((sum, count) => sum + count, 0));
  if (component.name in repeated) expect(Math.max(...runs.values())).toBeGreaterThan(1);
});
