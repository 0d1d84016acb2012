/** `af3-gpu weights inspect`: what a file of weights holds, and which model it is. */
import { createHash } from "node:crypto";
import { compareWeights, listed, type WeightContainer, type WeightDifferences } from "../engines/core/check.ts";
import type { Component, ConfiguredComponent, EngineName } from "../engines/core/component.ts";
import type { Engine } from "../engines/core/engine.ts";
import { checkComponents, componentOf } from "../engines/core/names.ts";
import { openWeights } from "../engines/core/weight_files.ts";
import type { WeightFile } from "../engines/core/weights.ts";
import { findEngine, type PresetName } from "../engines/index.ts";
import {
  configuredAt,
  differenceText,
  fitTexts,
  type Likeness,
  modelText,
  type Recognised,
  recognise,
} from "../engines/recognised.ts";
import { BadInputError, throwIfAborted } from "../errors.ts";
import { countNonFinite } from "../formats/non_finite.ts";
import { type HostTensor, shapeText, sizeOf } from "../formats/tensor.ts";
import { nodeFiles } from "../platform/node/files.ts";
import { counted, visible } from "../words.ts";
import { stop } from "./context.ts";
import { print, table } from "./output.ts";

export interface InspectOptions {
  readonly engine?: EngineName;
  readonly component?: string;
  readonly preset?: PresetName;
  readonly json?: boolean;
}

export async function inspect(path: string, options: InspectOptions): Promise<void> {
  const wanted = wantedWeights(options);
  const file = await openWeights(nodeFiles, path);
  const tensors = [...file.names].sort().map((name) => {
    throwIfAborted(stop.signal);
    return describe(file, name);
  });
  const parameters = tensors.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const sha256 = digest(...tensors.map(({ name, shape, sha256 }) => `${name} ${shapeText(shape)} ${sha256}\n`));
  const nonFinite = tensors.reduce((sum, tensor) => sum + tensor.nonFinite, 0);
  const differences = wanted && compareWeights(wanted.weights, file);
  const recognised = wanted ? undefined : recognise(weightsOf(file));
  if (options.json) {
    const models = recognised && modelsJson(recognised);
    print(JSON.stringify({ file: path, parameters, nonFinite, sha256, tensors, ...models, ...differences }, null, 2));
  } else {
    const columns = ["name", "shape", "type", ">bytes", "sha256"];
    const rows = tensors.map((one) => [one.name, shapeText(one.shape), one.type, one.bytes, one.sha256.slice(0, 16)]);
    print(table(columns, rows));
    print(`${counted(tensors.length, "tensor")}, ${counted(parameters, "parameter")}, sha256 ${sha256}`);
    if (nonFinite > 0) print(visible(nonFiniteText(tensors, nonFinite)));
    if (differences) report(differences, wanted);
    if (recognised) for (const line of modelLines(recognised)) print(visible(line));
  }
  if (differences && differences.missing.length + differences.misshapen.length + differences.mistyped.length > 0)
    process.exitCode = 1;
}

/** The digest is that of the float32 or int32 values, so that it outlives a conversion; of other types, of what is stored. */
function describe(file: WeightFile, name: string) {
  const { dtype, shape, stored = dtype } = file.describe(name) as { dtype: string; shape: number[]; stored?: string };
  const content = file.bytes(name);
  const values = dtype === "F32" || dtype === "I32" ? bytesOf(file.read(name)) : content;
  const nonFinite = countNonFinite(values, dtype);
  return { name, shape, type: stored, bytes: content.length, nonFinite, sha256: digest(values) };
}

/** Without what is no weight in any model: metadata in single bytes. */
const weightsOf = (file: WeightFile): WeightContainer => ({
  names: file.names.filter((name) => file.describe(name)?.dtype !== "U8"),
  describe: (name) => file.describe(name),
});

/** Which models a file fits, or how it differs from the nearest. */
function modelLines({ fits, nearest }: Recognised): string[] {
  if (fits.length === 0)
    return [
      nearest
        ? `fits no model; nearest is ${modelText(nearest)}: ${differenceText(nearest.differences)}`
        : "fits no model, and has no tensor of any",
    ];
  const [{ unread }] = fits;
  const note = `${counted(unread.length, "tensor")} of it ${unread.length === 1 ? "is" : "are"} never read, such as ${unread[0]}`;
  return [...fitTexts(fits), ...(unread.length ? [note] : [])];
}

function modelsJson({ fits, nearest }: Recognised) {
  const named = ({ engine, component, preset }: Likeness) => ({
    engine: engine.name,
    component: component.name,
    preset,
  });
  return {
    fits: fits.map(named),
    ...(fits.length === 0 && nearest && { nearest: { ...named(nearest), ...nearest.differences } }),
  };
}

/** How many values are NaN or infinite, and in which tensors; no component runs with such. */
function nonFiniteText(tensors: readonly ReturnType<typeof describe>[], total: number): string {
  const having = tensors.filter(({ nonFinite }) => nonFinite > 0);
  const each = having.map(({ name, nonFinite, shape }) => `${name} (${nonFinite} of ${sizeOf(shape)})`);
  return `${counted(total, "value")} ${total === 1 ? "is" : "are"} not finite: ${listed(each)}`;
}

function digest(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
}

export const bytesOf = ({ data }: HostTensor): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/** The component at the preset that the options name; undefined if they name none. */
function wantedWeights({ engine, component, preset }: InspectOptions): ConfiguredComponent | undefined {
  if (engine === undefined && component === undefined && preset === undefined) return undefined;
  if (engine === undefined || component === undefined)
    throw new BadInputError("a comparison needs --engine and --component");
  return configuredAt(namedComponent(findEngine(engine), component), preset ?? "paper");
}

function report({ missing, misshapen, mistyped, extra }: WeightDifferences, { component }: { component: Component }) {
  const whose = `${component.engine} ${component.name}`;
  const sections = { missing, misshapen, mistyped, extra };
  for (const [what, names] of Object.entries(sections))
    if (names.length) print([`${what} (${names.length}):`, ...names.map((name) => `  ${visible(name)}`)].join("\n"));
  const wrong = missing.length + misshapen.length + mistyped.length;
  print(
    wrong
      ? `does not fit ${whose}: ${counted(wrong, "tensor")} ${wrong === 1 ? "is" : "are"} missing or wrong`
      : `fits ${whose}`,
  );
}

/** A component by any of its names. The toy is none: it has no presets, and its weights are its own. */
export function namedComponent(engine: Engine, name: string): Component {
  checkComponents([engine], [name]);
  return componentOf(engine, name) as Component;
}
