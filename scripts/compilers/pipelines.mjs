// Every pipeline of the plans of whole networks, as an executable would compile them for a target.

const { componentOf } = await import("../../dist/engines/core/names.js");
const { runsOf } = await import("../../dist/engines/core/component.js");
const { findEngine, findPreset } = await import("../../dist/engines/index.js");
const { Plan } = await import("../../dist/gpu/plan/plan.js");
const { frozenParams } = await import("../../dist/gpu/plan/kernel.js");
const { compose, formOf } = await import("../../dist/gpu/shader/compose.js");
const { shaders } = await import("../../dist/generated/shaders.js");
const { unfused, withVariant } = await import("./forced.mjs");

/** @typedef {import("../../dist/gpu/plan/target.js").Target} Target */

/**
 * @typedef {object} Pipeline
 * @property {string} engine
 * @property {string} plan `full`, or `trunk` if only the trunk alone has it
 * @property {string} kernel
 * @property {string} variant
 * @property {string} label of the first step that uses it
 * @property {number} flops of one run of the plan
 * @property {number} dispatches of one run of the plan
 * @property {number} share of the plan's FLOP, from 0 to 1
 */

/** @typedef {Pipeline & { source: string }} Composed */

/**
 * The pipelines of an engine's full network and of its trunk, those that do most first.
 * @param {Target} target @param {import("../../dist/engines/core/component.js").EngineName} engine
 * @param {import("../../dist/engines/index.js").PresetName} preset @param {number} tokens
 * @param {string} [variant] runs wherever it can, whatever the tuning table says
 * @returns {Composed[]}
 */
export function pipelinesOf(target, engine, preset, tokens, variant) {
  /** @type {Map<string, Composed>} */
  const found = new Map();
  for (const plan of ["full", "trunk"])
    for (const [source, one] of planned(target, engine, plan, preset, tokens, variant))
      if (!found.has(source)) found.set(source, one);
  return [...found.values()].sort((a, b) => b.flops - a.flops);
}

/** @param {Target} target @param {string} engine @param {string} name @param {import("../../dist/engines/index.js").PresetName} preset @param {number} tokens @param {string} [forced] */
function planned(target, engine, name, preset, tokens, forced) {
  const component = componentOf(findEngine(engine), name);
  /** @type {Map<string, Composed>} */
  const found = new Map();
  if (!component) return found;
  const { config, widths } = findPreset(engine, component.name, preset);
  const configured = component.configure(config, { ...widths, tokens }, () => {});
  const plan = new Plan(forced === undefined ? target : unfused(target));
  configured.record(plan);
  for (const section of plan.sections) {
    const runs = runsOf(configured, section.name);
    for (const step of plan.steps.slice(section.first, section.end)) {
      const { kernel, label, cost } = step;
      const { variant, dims } = forced === undefined ? step : withVariant(step, forced, target);
      const source = compose(shaders, kernel, variant, frozenParams(dims), formOf(step, target));
      const facts = { engine, plan: name, kernel: kernel.name, variant: variant.name, label, source };
      const one = found.get(source) ?? { ...facts, flops: 0, dispatches: 0, share: 0 };
      one.flops += runs * cost.flops;
      one.dispatches += runs;
      found.set(source, one);
    }
  }
  const total = [...found.values()].reduce((sum, { flops }) => sum + flops, 0);
  for (const one of found.values()) one.share = one.flops / total;
  return found;
}

/** What tells pipelines apart that share kernel and label: the nth of them. @param {readonly { engine: string, plan: string, kernel: string, label: string }[]} pipelines */
export function keysOf(pipelines) {
  /** @type {Map<string, number>} */
  const seen = new Map();
  return pipelines.map(({ engine, plan, kernel, label }) => {
    const key = `${engine} ${plan} ${kernel} ${label}`;
    const nth = (seen.get(key) ?? 0) + 1;
    seen.set(key, nth);
    return nth === 1 ? key : `${key} ${nth}`;
  });
}
