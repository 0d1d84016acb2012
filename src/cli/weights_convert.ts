/** `af3-gpu weights convert`: weights of any format as safetensors, checked against the model that they are said to be. */

import { checkFinite, listed } from "../engines/core/check.ts";
import type { EngineName } from "../engines/core/component.ts";
import { checkComponents } from "../engines/core/names.ts";
import { streamWeights, type WeightStream } from "../engines/core/weight_files.ts";
import { findEngine, type PresetName } from "../engines/index.ts";
import { type Among, differenceText, fitTexts, modelText, recognise } from "../engines/recognised.ts";
import { BadInputError, throwIfAborted } from "../errors.ts";
import { toBfloat16, toHalf } from "../formats/half.ts";
import { layoutSafetensors, type WrittenType } from "../formats/safetensors.ts";
import type { HostTensor } from "../formats/tensor.ts";
import { roundedToHalf } from "../gpu/plan/precision.ts";
import { nodeFiles } from "../platform/node/files.ts";
import { checkTensorFile } from "../platform/node/tensor_files.ts";
import { type Part, writeParts } from "../platform/node/written_files.ts";
import { counted, visible } from "../words.ts";
import { stop } from "./context.ts";
import { bytes, type Progress, print, progress, remark } from "./output.ts";

/** What floating-point numbers are stored as. */
export const floatTypes = ["float32", "float16", "bfloat16"] as const;
type FloatType = (typeof floatTypes)[number];

export interface ConvertOptions {
  readonly out: string;
  readonly dtype: FloatType;
  readonly entry?: string;
  readonly engine?: EngineName;
  readonly component?: string;
  readonly preset?: PresetName;
}

/** No more than one tensor is in memory. What has to be known before the first is written is found by reading all of them before. */
export async function convert(path: string, options: ConvertOptions): Promise<void> {
  const { out, dtype, entry } = options;
  checkWanted(options);
  await checkTensorFile(out, [".safetensors"]);
  const steps = progress();
  try {
    steps.doing(`reading ${path}`);
    const stream = await streamWeights(nodeFiles, path, { entry, between: () => throwIfAborted(stop.signal) });
    const readable = stream.listed.flatMap(({ name, shape, dtype: as }) => (as ? [{ name, shape, as }] : []));
    if (readable.length === 0) throw new BadInputError(`${path} holds no tensors that could be converted`);
    const fitting = fitOf(stream, options);
    const strict = options.engine !== undefined;
    const stored = await typesOf(stream, dtype, strict, steps);
    const layout = layoutSafetensors(
      new Map(readable.map(({ name, shape }) => [name, { dtype: stored.types.get(name) as WrittenType, shape }])),
    );
    const parts = async function* (): AsyncGenerator<Part> {
      yield { at: 0, bytes: layout.header };
      for await (const { name, tensor } of stream.tensors()) {
        steps.doing(name);
        if (strict && tensor.dtype === "float32") checkFinite(name, tensor.data as Float32Array, path);
        yield { at: layout.begins.get(name) as number, bytes: encoded(tensor, stored.types.get(name)) };
      }
    };
    await writeParts(out, parts());
    steps.done(`wrote ${out}`);
    for (const note of [...notesOf(stream), ...stored.notes, ...fitting.notes]) remark(`note: ${visible(note)}`);
    print(`${counted(readable.length, "tensor")}, ${bytes(layout.length)}`);
    for (const line of fitting.lines) print(line);
  } finally {
    steps.stop();
  }
}

/** @throws {BadInputError} if there is no such model */
function checkWanted({ engine, component, preset }: Among): void {
  if (engine === undefined && (component !== undefined || preset !== undefined))
    throw new BadInputError("--component and --preset need --engine");
  if (engine !== undefined && component !== undefined) checkComponents([findEngine(engine)], [component]);
}

/** Which model it is. @throws {BadInputError} if it is not the one that it is said to be */
function fitOf(stream: WeightStream, { engine, component, preset }: Among) {
  const found = new Map(stream.listed.flatMap((one) => (one.dtype ? [[one.name, one] as const] : [])));
  const container = {
    names: [...found.keys()],
    describe(name: string) {
      const one = found.get(name);
      return one && { dtype: one.dtype === "float32" ? "F32" : one.stored, shape: one.shape };
    },
  };
  const { fits, nearest } = recognise(container, { engine, component, preset });
  if (fits.length > 0) {
    const { unread } = fits[0];
    const note = `${counted(unread.length, "tensor")} that this model never reads, such as ${unread[0]}`;
    return { lines: fitTexts(fits), notes: unread.length ? [note] : [] };
  }
  const near = nearest && `nearest is ${modelText(nearest)}: ${differenceText(nearest.differences)}`;
  if (engine === undefined)
    return { lines: [], notes: [`it fits no model that comes with af3-gpu${near ? `; ${near}` : ""}`] };
  const what = [engine, ...(component ? [component] : []), ...(preset ? [`at the preset ${preset}`] : [])].join(" ");
  throw new BadInputError(
    visible(`${stream.file} does not fit ${what}: ${near ?? "it has no tensor of any of its models"}`),
  );
}

/** What was left, and where the weights were found. */
function notesOf({ listed: all, note }: WeightStream): string[] {
  const left = all.filter(({ dtype }) => dtype === undefined);
  const types = [...new Set(left.map(({ stored }) => stored))].join(", ");
  return [
    ...(note === undefined ? [] : [note]),
    ...(left.length ? [`left out ${counted(left.length, "tensor")} of type ${types}, such as ${left[0].name}`] : []),
  ];
}

/** Tensors with fewer axes than that stay float32: norms, biases, bins and frequencies, which are small, and may be large numbers. */
const isMatrix = (shape: readonly number[]): boolean => shape.filter((size) => size > 1).length >= 2;

/** As what each tensor is stored. Matrices that halves cannot hold stay float32, as they do in mixed precision. */
async function typesOf(stream: WeightStream, dtype: FloatType, strict: boolean, steps: Progress) {
  const types = new Map<string, WrittenType>();
  for (const { name, shape, dtype: as } of stream.listed)
    if (as) types.set(name, as === "int32" ? as : isMatrix(shape) ? dtype : "float32");
  if (dtype === "float32") return { types, notes: [] };
  const kept: string[] = [];
  for await (const { name, tensor } of stream.tensors()) {
    if (types.get(name) !== dtype) continue;
    steps.doing(`looking at ${name}`);
    const values = tensor.data as Float32Array;
    if (strict) checkFinite(name, values, stream.file);
    const problem = dtype === "float16" ? roundedToHalf(values, tensor.shape.at(-1) ?? 1).problem : beyond(values);
    if (problem === undefined) continue;
    types.set(name, "float32");
    kept.push(`${name} (${problem})`);
  }
  const stay = kept.length === 1 ? "stays" : "stay";
  return {
    types,
    notes: kept.length ? [`${counted(kept.length, "matrix", "matrices")} ${stay} float32: ${listed(kept)}`] : [],
  };
}

/** Why bfloat16 cannot hold them: the largest float32 round to infinity. */
function beyond(values: Float32Array): string | undefined {
  const at = toBfloat16(values).findIndex(
    (half, index) => (half & 0x7fff) === 0x7f80 && Number.isFinite(values[index]),
  );
  return at < 0 ? undefined : `it holds ${values[at].toPrecision(3)}, which rounds to infinity`;
}

function encoded({ data }: HostTensor, type: WrittenType | undefined): Uint8Array {
  const values = data as Float32Array;
  const stored = type === "float16" ? toHalf(values) : type === "bfloat16" ? toBfloat16(values) : data;
  return new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength);
}
