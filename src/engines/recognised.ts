/** Which model a file of weights is: the engine, the component and the preset whose names and shapes it has. */
import { shapeText } from "../formats/tensor.ts";
import { groupedBy } from "../groups.ts";
import { counted } from "../words.ts";
import { compareWeights, type WeightContainer, type WeightDifferences } from "./core/check.ts";
import type { Component, ConfiguredComponent } from "./core/component.ts";
import type { Engine, PresetName } from "./core/engine.ts";
import { componentOf, enumerated } from "./core/names.ts";
import { engineNames, findEngine, findPreset } from "./index.ts";

/** The weights do not depend on the number of tokens. */
const ANY_TOKENS = 64;

/** A component at a preset. */
export function configuredAt(component: Component, preset: PresetName): ConfiguredComponent {
  const { config, widths } = findPreset(component.engine, component.name, preset);
  return component.configure(config, { ...widths, tokens: ANY_TOKENS }, () => {});
}

/** A component at a preset, and how a file differs from it. */
export interface Likeness {
  readonly engine: Engine;
  readonly component: Component;
  readonly preset: PresetName;
  readonly differences: WeightDifferences;
  /** Tensors that files of this model have and that nothing reads. */
  readonly unread: readonly string[];
  /** Whether a tensor's name is the same in both. */
  readonly shares: boolean;
}

/** What a file is looked for among; everything where nothing is said. */
export interface Among {
  readonly engine?: string | undefined;
  /** Any of its names. */
  readonly component?: string | undefined;
  readonly preset?: PresetName | undefined;
}

export interface Recognised {
  /** Models whose weights the file has, and no others. */
  readonly fits: readonly Likeness[];
  /** The one that least is missing, wrong or too much of, if it has a tensor's name in common with the file. */
  readonly nearest: Likeness | undefined;
}

/** Compares a file with the models that come with the package. @throws {BadInputError} if there is no such engine */
export function recognise(file: WeightContainer, { engine, component, preset }: Among = {}): Recognised {
  const fits: Likeness[] = [];
  let nearest: Likeness | undefined;
  for (const one of engine === undefined ? engineNames.map(findEngine) : [findEngine(engine)]) {
    const wanted = component === undefined ? undefined : componentOf(one, component);
    for (const candidate of component === undefined ? one.components : wanted ? [wanted] : [])
      for (const size of preset === undefined ? Object.keys(one.presets) : [preset]) {
        if (!Object.hasOwn(one.presets[size] ?? {}, candidate.name)) continue;
        const found = likeness(file, one, candidate, size);
        if (distance(found) === 0) fits.push(found);
        if (!found.shares) continue;
        if (nearest === undefined || distance(found) < distance(nearest)) nearest = found;
      }
  }
  return { fits, nearest };
}

function likeness(file: WeightContainer, engine: Engine, component: Component, preset: PresetName): Likeness {
  const { weights, unread = new Map<string, readonly number[]>() } = configuredAt(component, preset);
  const all = compareWeights(weights, file);
  const known = all.extra.filter((name) => {
    const shape = unread.get(name);
    return shape !== undefined && shapeText(shape) === shapeText(file.describe(name)?.shape ?? []);
  });
  const extra = all.extra.filter((name) => !known.includes(name));
  const shares = all.missing.length < weights.size;
  return { engine, component, preset, differences: { ...all, extra }, unread: known, shares };
}

const distance = ({ differences: { missing, misshapen, mistyped, extra } }: Likeness): number =>
  missing.length + misshapen.length + mistyped.length + extra.length;

/** A model in words, such as `ENGINE pairformer at the preset tiny`. */
export const modelText = ({ engine, component, preset }: Likeness): string =>
  `${engine.name} ${component.name} at the preset ${preset}`;

/** Models that a file fits, in words, a text for each component: presets may differ in what are no weights. */
export const fitTexts = (fits: readonly Likeness[]): string[] =>
  [...groupedBy(fits, ({ engine, component }) => `${engine.name} ${component.name}`)].map(([name, all]) => {
    const presets = all.map(({ preset }) => preset);
    return `fits ${name} at the preset${presets.length === 1 ? "" : "s"} ${enumerated(presets)}`;
  });

/** Names of each kind of difference that one sentence has room for. */
const SHOWN = 3;

/** How a file differs from a model, in words, such as `2 missing (a, b), 1 too many (c)`. */
export function differenceText({ missing, misshapen, mistyped, extra }: WeightDifferences): string {
  const some = (names: readonly string[]): string =>
    names.length <= SHOWN ? names.join(", ") : `${names.slice(0, SHOWN).join(", ")}, …`;
  const kinds: readonly (readonly [string, readonly string[]])[] = [
    [`${missing.length} missing`, missing],
    [counted(misshapen.length, "of another shape", "of other shapes"), misshapen],
    [counted(mistyped.length, "of another type", "of other types"), mistyped],
    [`${extra.length} too many`, extra],
  ];
  return kinds
    .filter(([, names]) => names.length > 0)
    .map(([kind, names]) => `${kind} (${some(names)})`)
    .join(", ");
}
