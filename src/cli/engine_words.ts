/** What helps and errors say of engines, made of the registry: it is true for whatever is registered. */
import { type Engine, sharedPresetNames } from "../engines/core/engine.ts";
import { enumerated } from "../engines/core/names.ts";
import { engineNames, findEngine } from "../engines/index.ts";

/** `a or b`: what an option takes that names one engine. */
export const oneEngine = (): string => enumerated(engineNames, "or");

/** `a, b or both`: what an option takes that names several. */
export const someEngines = (): string => enumerated([...engineNames, "both"], "or");

/** The engines that examples are about. */
export function exampleEngines(): readonly [first: string, second: string] {
  const [first, second = first] = engineNames;
  return [first, second];
}

const enginesOf = (which: (engine: Engine) => boolean): string[] =>
  engineNames.filter((name) => which(findEngine(name)));

/** Engines that make features of inputs. */
export const featurisers = (): string[] => enginesOf(({ features }) => features.jobs !== undefined);

/** The help of an option that only some engines have a use for: theirs first. */
export function ownOption(name: Engine["features"]["options"][number], help: string): string {
  const having = enginesOf(({ features }) => features.options.includes(name));
  return having.length === engineNames.length ? help : `${having.join(", ")}: ${help}`;
}

/** What `--preset` takes: the sizes that engines share, in words, and behind an engine's name its own. */
export function presetWords(shared = "tiny, block or paper"): string {
  const own = engineNames.flatMap((name) => {
    const names = Object.keys(findEngine(name).presets).filter(
      (size) => !(sharedPresetNames as readonly string[]).includes(size),
    );
    return names.length ? [`; ${name}'s ${names.join(", ")}`] : [];
  });
  return shared + own.join("");
}

/** What `features` makes where a file lacks it, in a sentence per engine. */
export const completions = (): string =>
  engineNames
    .flatMap((name) => {
      const { completion } = findEngine(name).features;
      if (!completion) return [];
      const { tensor, defaults } = completion;
      const counts = `--recycles (${defaults.passes - 1}) and --num-msa (${defaults.numMsa})`;
      return [` ${name}'s pipeline gives no ${tensor}: it is then\nmade from --seed for ${counts}.`];
    })
    .join("");

/** How many tokens exported graphs are for. @param fixed the number where they are for one */
export function graphSizes(fixed: number): string {
  const [some, any] = [true, false].map((is) => enginesOf(({ graphs }) => graphs.fixedSizes === is));
  const parts = [
    ...(any.length ? [`${any.map((name) => `${name}'s`).join(" and ")} graphs take any`] : []),
    ...(some.length ? [`${some.map((name) => `${name}'s`).join(" and ")} have ${fixed}`] : []),
  ];
  return parts.join(", ");
}
