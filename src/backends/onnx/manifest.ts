/** Manifests of exported graphs, `af3-gpu-onnx/2`, read with suspicion: every field is checked before it is used. */

import type { EngineName, Sizes } from "../../engines/core/component.ts";
import { enumerated } from "../../engines/core/names.ts";
import { engineNames } from "../../engines/index.ts";
import { BadInputError, messageOf } from "../../errors.ts";
import { givenBytes, givenText, literal } from "../../formats/given.ts";
import type { OnnxType } from "../../formats/onnx_graph.ts";
import { bytesOf } from "../../gpu/plan/dtype.ts";

const MANIFEST_FORMAT = "af3-gpu-onnx/2";

export type OnnxVariant = "plain" | "mha";
export const onnxVariants: readonly OnnxVariant[] = ["plain", "mha"];

/** An input or output of the graph, and the tensor of golden cases that it is. */
export interface OnnxPort {
  readonly name: string;
  /** Undefined for what only goes from trip to trip. */
  readonly tensor: string | undefined;
  readonly type: OnnxType;
  /** The graph's: a batch axis of 1 may stand before the tensor's own axes; a name is a size that inputs give. */
  readonly shape: readonly (number | string)[];
}

/** How a parameter of the graph is found in the engine's weights, and where it stands in the file beside the model. */
export interface OnnxWeight {
  readonly initializer: string;
  /** The engine's own name. */
  readonly tensor: string;
  readonly shape: readonly number[];
  readonly offset: number;
  readonly bytes: number;
}

export interface OnnxManifest {
  readonly engine: EngineName;
  readonly component: string;
  readonly variant: OnnxVariant;
  readonly config: unknown;
  readonly widths: Sizes;
  /** Empty if the graph takes any. */
  readonly sizes: Sizes;
  readonly opset: number;
  readonly nodes: number;
  readonly inputs: readonly OnnxPort[];
  readonly outputs: readonly OnnxPort[];
  readonly carry: readonly { readonly output: string; readonly input: string }[];
  /** Inputs of golden cases that the graph does without. */
  readonly unused: readonly string[];
  /** Inputs of golden cases of which the graph takes one row per trip. */
  readonly perTrip: readonly string[];
  readonly weights: readonly OnnxWeight[];
  readonly weightsBytes: number;
  readonly model: { readonly sha256: string; readonly bytes: number };
  /** The commit that was exported. */
  readonly commit: string;
}

const TYPES: readonly OnnxType[] = ["float32", "int32", "int64", "bool"];

/** A manifest is a few hundred kilobytes at most; more is no manifest. */
const LARGEST = 64 * 2 ** 20;

/** Fields of one object, each checked as it is read. */
class Fields {
  private readonly values: Readonly<Record<string, unknown>>;
  private readonly where: string;
  private readonly bad: (what: string) => BadInputError;

  constructor(value: unknown, where: string, bad: (what: string) => BadInputError) {
    if (typeof value !== "object" || value === null || Array.isArray(value))
      throw bad(`${where || "it"} should be a JSON object`);
    this.values = value as Record<string, unknown>;
    this.where = where;
    this.bad = bad;
  }

  wrong(name: string, expected: string): BadInputError {
    const found = this.values[name] === undefined ? "nothing" : literal(this.values[name]);
    return this.bad(`${this.path(name)} should be ${expected}, not ${found}`);
  }

  text(name: string): string {
    const value = this.values[name];
    if (typeof value !== "string" || value === "") throw this.wrong(name, "a text");
    return value;
  }

  oneOf<T extends string>(name: string, known: readonly T[]): T {
    const found = known.find((candidate) => candidate === this.values[name]);
    if (found === undefined) throw this.wrong(name, enumerated(known, "or"));
    return found;
  }

  count(name: string): number {
    const value = this.values[name];
    if (!isCount(value)) throw this.wrong(name, "a whole number from 0");
    return value;
  }

  sizes(name: string): Sizes {
    const value = this.object(name).values;
    if (!Object.values(value).every(isCount)) throw this.wrong(name, "sizes by name");
    return value as Sizes;
  }

  /** An axis may have a name only where `named`. */
  shape(name: string, named: boolean): readonly (number | string)[] {
    const value = this.values[name];
    const isAxis = (axis: unknown): boolean => isCount(axis) || (named && typeof axis === "string" && axis !== "");
    if (!Array.isArray(value) || !value.every(isAxis)) throw this.wrong(name, "a list of sizes");
    return value;
  }

  texts(name: string): readonly string[] {
    const value = this.values[name] ?? [];
    if (!Array.isArray(value) || !value.every((one) => typeof one === "string"))
      throw this.wrong(name, "a list of names");
    return value;
  }

  object(name: string): Fields {
    return new Fields(this.values[name], this.path(name), this.bad);
  }

  /** @param absent whether the list may be missing, and is then empty */
  objects(name: string, absent = false): readonly Fields[] {
    const value = this.values[name] ?? (absent ? [] : undefined);
    if (!Array.isArray(value)) throw this.wrong(name, "a list");
    return value.map((one, at) => new Fields(one, `${this.path(name)}[${at}]`, this.bad));
  }

  value(name: string): unknown {
    return this.values[name];
  }

  private path(name: string): string {
    return this.where ? `${this.where}.${name}` : name;
  }
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/**
 * Reads a manifest.
 * @param file its name, for messages
 * @throws {BadInputError} naming the file and the field that is wrong
 */
export function readManifest(bytes: Uint8Array, file: string): OnnxManifest {
  givenBytes("the bytes", bytes);
  givenText("the file", "a name, for messages", file);
  const bad = (what: string): BadInputError => new BadInputError(`${file} is not a valid manifest: ${what}`);
  if (bytes.length > LARGEST) throw bad(`it has ${bytes.length} bytes, expected at most ${LARGEST}`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw bad(`it is no JSON (${messageOf(error)})`);
  }
  const fields = new Fields(parsed, "", bad);
  fields.oneOf("format", [MANIFEST_FORMAT]);
  const model = fields.object("files").object("model.onnx");
  const sha256 = model.text("sha256");
  if (!/^[0-9a-f]{64}$/.test(sha256)) throw model.wrong("sha256", "64 hexadecimal digits");
  const manifest: OnnxManifest = {
    engine: fields.oneOf("engine", engineNames),
    component: fields.text("component"),
    variant: fields.oneOf("variant", onnxVariants),
    config: fields.object("config") && fields.value("config"),
    widths: fields.sizes("widths"),
    sizes: fields.sizes("sizes"),
    opset: fields.count("opset"),
    nodes: fields.count("nodes"),
    inputs: fields.objects("inputs").map(readPort),
    outputs: fields.objects("outputs").map(readPort),
    carry: fields.objects("carry", true).map((link) => {
      link.oneOf("first", ["zeros"]);
      return { output: link.text("output"), input: link.text("input") };
    }),
    unused: fields.texts("unused"),
    perTrip: fields.texts("per_trip"),
    weights: fields.objects("weights").map(readWeight),
    weightsBytes: fields.count("weights_bytes"),
    model: { sha256, bytes: model.count("bytes") },
    commit: fields.object("source").text("commit"),
  };
  checkPorts(manifest, bad);
  checkLayout(manifest, bad);
  return manifest;
}

const readPort = (port: Fields): OnnxPort => ({
  name: port.text("name"),
  tensor: (port.value("tensor") ?? null) === null ? undefined : port.text("tensor"),
  type: port.oneOf("type", TYPES),
  shape: port.shape("shape", true),
});

function readWeight(weight: Fields): OnnxWeight {
  const read = {
    initializer: weight.text("initializer"),
    tensor: weight.text("tensor"),
    shape: weight.shape("shape", false) as readonly number[],
    offset: weight.count("offset"),
    bytes: weight.count("bytes"),
  };
  if (read.bytes !== bytesOf(read.shape))
    throw weight.wrong("bytes", `${bytesOf(read.shape)}, as float32 of its shape`);
  return read;
}

type Bad = (what: string) => BadInputError;

function checkPorts({ inputs, outputs, carry, perTrip }: OnnxManifest, bad: Bad): void {
  for (const [what, ports] of Object.entries({ input: inputs, output: outputs })) {
    const names = ports.map(({ name }) => name);
    const twice = names.find((name, at) => names.indexOf(name) !== at);
    if (twice !== undefined) throw bad(`the ${what} ${twice} is there twice`);
  }
  const strange = outputs.find(({ type }) => type !== "float32");
  if (strange) throw bad(`the output ${strange.name} has the type ${strange.type}, expected float32`);
  for (const link of carry) {
    const [from, to] = [
      outputs.find(({ name }) => name === link.output),
      inputs.find(({ name }) => name === link.input),
    ];
    if (!from || !to) throw bad(`carry goes from ${link.output} to ${link.input}, which the graph does not have`);
    if (to.type !== "float32") throw bad(`the carried input ${to.name} has the type ${to.type}, expected float32`);
  }
  const linked = new Set(carry.flatMap(({ input, output }) => [input, output]));
  const nameless = [...inputs, ...outputs].find(({ name, tensor }) => tensor === undefined && !linked.has(name));
  if (nameless) throw bad(`${nameless.name} is neither a tensor of golden cases nor carried from trip to trip`);
  const stray = perTrip.find((name) => !inputs.some(({ tensor }) => tensor === name));
  if (stray !== undefined) throw bad(`per_trip names ${stray}, which is no input`);
}

/** Weights may leave gaps, for alignment, but not overlap, and all lie inside the file. */
function checkLayout({ weights, weightsBytes }: OnnxManifest, bad: Bad): void {
  let [end, before] = [0, "the start"];
  for (const { initializer, offset, bytes } of [...weights].sort((a, b) => a.offset - b.offset)) {
    if (offset < end) throw bad(`the weight ${initializer} overlaps ${before}`);
    [end, before] = [offset + bytes, initializer];
  }
  if (end > weightsBytes) throw bad(`the weights end at byte ${end}, beyond weights_bytes ${weightsBytes}`);
}
