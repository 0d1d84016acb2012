/** Finds the exported graph that a request asks for, or says how to export it. */

import type { Component, ConfiguredComponent, EngineName, Sizes } from "../../engines/core/component.ts";
import { findEngine, findPreset, presetNames } from "../../engines/index.ts";
import { BadInputError, UnavailableError } from "../../errors.ts";
import type { OnnxHost, StoredGraph } from "./host.ts";
import type { OnnxManifest, OnnxVariant } from "./manifest.ts";

/** What a graph must fit. */
export interface WantedGraph {
  readonly component: Component;
  readonly variant: OnnxVariant;
  readonly config: unknown;
  /** Widths and sizes by name. */
  readonly sizes: Sizes;
}

/** Components without attention have the variant `plain` only. */
export const hasVariant = ({ withoutAttention }: Pick<Component, "withoutAttention">, variant: OnnxVariant): boolean =>
  variant === "plain" || !withoutAttention;

/** Whether the exporter of an engine makes graphs of fixed sizes only; else they take any. */
export const hasFixedSizes = (engine: EngineName): boolean => findEngine(engine).graphs.fixedSizes;

/** The commit that graphs should be of; undefined for an engine that nothing is exported from. */
export const commitOf = (engine: EngineName): string | undefined => findEngine(engine).source?.commit;

/** Sizes beside the tokens that a graph may be fixed to. */
const OTHER_SIZES = ["rows", "templates", "polymer_bonds", "ligand_bonds"] as const;

/** @throws {BadInputError} if the component has no such graph, whatever is exported */
export function checkExported(component: Component, variant: OnnxVariant): void {
  const { engine, name, notExported } = component;
  if (notExported !== undefined)
    throw new BadInputError(`${engine} ${name} cannot run on ONNX Runtime: ${notExported}`);
  if (commitOf(engine) === undefined)
    throw new BadInputError(`${engine} ${name} cannot run on ONNX Runtime: ${engine} reproduces no repository`);
  if (!hasVariant(component, variant))
    throw new BadInputError(`${engine} ${name} has no attention, so there is only the variant plain, not ${variant}`);
}

/** JSON with sorted keys and no spaces: what a graph's key is a digest of. */
export const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) =>
    inner && typeof inner === "object" && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );

/** How often the trunk is passed is the caller's affair, not the graph's, which is one trip. */
const graphConfig = ({ trips, counts }: Component, config: unknown): string =>
  canonical(trips !== undefined && counts?.recycles ? without(config, counts.recycles.path) : config);

/** A config without one field. */
function without(config: unknown, [field, ...inner]: readonly string[]): unknown {
  const { [field]: value, ...rest } = config as Record<string, unknown>;
  return inner.length && value !== undefined ? { ...rest, [field]: without(value, inner) } : rest;
}

const agrees = (stated: Sizes, sizes: Sizes): boolean =>
  Object.entries(stated).every(([name, size]) => sizes[name] === undefined || sizes[name] === size);

/** Whether a graph is of this config and these widths, for whatever sizes. */
export function sameNetwork(manifest: OnnxManifest, { component, variant, config, sizes }: WantedGraph): boolean {
  return (
    manifest.engine === component.engine &&
    manifest.component === component.name &&
    manifest.variant === variant &&
    agrees(manifest.widths, sizes) &&
    graphConfig(component, manifest.config) === graphConfig(component, config)
  );
}

/**
 * The graph for a request. One that takes any size goes before one that is made for these sizes.
 * @throws {BadInputError} if the component has none, or the only ones that are there cannot be read
 * @throws {UnavailableError} with the command that exports it
 */
export async function findGraph(
  host: OnnxHost,
  wanted: WantedGraph,
): Promise<Extract<StoredGraph, { manifest: unknown }>> {
  const { component, variant, sizes } = wanted;
  checkExported(component, variant);
  const stored = await host.graphs(`${component.engine}-${component.name}-${variant}-`);
  const read = stored.filter((graph) => "manifest" in graph);
  const same = read.filter(({ manifest }) => sameNetwork(manifest, wanted));
  const commit = commitOf(component.engine);
  const current = same.filter(({ manifest }) => manifest.commit === commit);
  const fitting = current
    .filter(({ manifest }) => agrees(manifest.sizes, sizes))
    .sort((a, b) => Object.keys(a.manifest.sizes).length - Object.keys(b.manifest.sizes).length);
  if (fitting.length) return fitting[0];
  const broken = stored.find((graph) => "broken" in graph);
  if (broken) throw broken.broken;
  const [fixed] = current;
  const whose = `${component.engine} ${component.name}${variant === "plain" ? "" : ` (${variant})`}`;
  const why = fixed
    ? `the exported graph of ${whose} is for ${sizesText(fixed.manifest.sizes)}, not for ${sizesText(sharedSizes(fixed.manifest.sizes, sizes))}`
    : same.length
      ? `the exported graph of ${whose} is of another commit than ${commit?.slice(0, 12)}`
      : `there is no exported graph of ${whose} with this config`;
  throw new UnavailableError(why, exportCommand(wanted, fixed !== undefined));
}

/** What was asked for of the sizes that a graph is fixed to. */
const sharedSizes = (fixed: Sizes, sizes: Sizes): Sizes =>
  Object.fromEntries(Object.keys(fixed).flatMap((name) => (sizes[name] === undefined ? [] : [[name, sizes[name]]])));

const sizesText = (sizes: Sizes): string =>
  Object.entries(sizes)
    .map(([name, size]) => `${name} ${size}`)
    .join(", ");

/** The command that exports a graph. @param ofSize whether it must be for these sizes */
export function exportCommand({ component, variant, config, sizes }: WantedGraph, ofSize: boolean): string {
  const preset = presetNames.find((name) => {
    try {
      const { config: own, widths } = findPreset(component.engine, component.name, name);
      const { rows: _, ...channels } = widths; // a size, not a width
      return agrees(channels, sizes) && graphConfig(component, own) === graphConfig(component, config);
    } catch {
      return false; // a preset without this component
    }
  });
  const others = OTHER_SIZES.filter((name) => sizes[name] !== undefined);
  return [
    "af3-gpu export onnx",
    `--engine ${component.engine}`,
    `--component ${component.name}`,
    preset === undefined ? "--config FILE (JSON with this config)" : `--preset ${preset}`,
    ...(ofSize || hasFixedSizes(component.engine) ? [`--seq-len ${sizes.tokens}`] : []),
    ...(ofSize ? others.map((name) => `--size ${name}=${sizes[name]}`) : []),
    ...(variant === "plain" ? [] : [`--variant ${variant}`]),
  ].join(" ");
}

/**
 * How often the graph is passed: once, but for a trunk.
 * @throws {BadInputError} if the graph is of another kind than the component
 */
export function tripsOf({ carry, perTrip }: OnnxManifest, { component, sizes }: ConfiguredComponent): number {
  if (component.trips !== undefined && sizes[component.trips] !== undefined) return sizes[component.trips];
  if (carry.length || perTrip.length)
    throw new BadInputError(
      `the graph of ${component.engine} ${component.name} counts trips, but only a trunk has some`,
    );
  return 1;
}
