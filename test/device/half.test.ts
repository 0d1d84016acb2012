/** Halves on a device: how they are packed and taken apart, on every adapter there is, and from a plan's inputs to its outputs. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { WebGpuBackend } from "../../src/backends/webgpu.ts";
import { fromHalf, toHalf } from "../../src/formats/half.ts";
import { RandomStream } from "../../src/formats/random.ts";
import { shaders } from "../../src/generated/shaders.ts";
import { Plan } from "../../src/gpu/plan/plan.ts";
import { Executable } from "../../src/gpu/run/executable.ts";
import { PipelineCache } from "../../src/gpu/shader/pipelines.ts";
import { matmul } from "../../src/kernels/matmul.ts";
import { openTestBackend, swiftShaderHere, testDevice } from "../support/device.ts";
import { halving, halvingShaders } from "../support/halving.ts";

const bits = (words: Uint32Array): Float32Array => new Float32Array(words.buffer, words.byteOffset, words.length);
const wordsOf = (floats: Float32Array): Uint32Array => new Uint32Array(floats.buffer, floats.byteOffset, floats.length);

/** All halves, NaNs of every kind among them. */
const allHalves = Uint16Array.from({ length: 2 ** 16 }, (_, half) => half);

/** Around every finite half: itself, the tie with the next one, and the floats on both sides of each. */
function nearHalves(): Float32Array {
  const found: number[] = [];
  for (let half = 0; half < 0x7c00; half++) {
    const [own, next] = fromHalf(Uint16Array.of(half, half + 1));
    const tie = (own + (half === 0x7bff ? 65536 : next)) / 2;
    found.push(own, tie);
  }
  const words = wordsOf(Float32Array.from(found));
  return bits(Uint32Array.from([...words].flatMap((word) => [word - 1, word, word + 1]).filter((word) => word >= 0)));
}

/** What a float is as a half: the nearest, to even on a tie, and of what is finite the largest at most. */
function halfOf(values: Float32Array): Uint16Array {
  return toHalf(values).map((half, at) =>
    (half & 0x7fff) === 0x7c00 && Number.isFinite(values[at]) ? half - 1 : half,
  );
}

/** Halves and floats through the device. */
async function through(backend: WebGpuBackend, wide: Float32Array, stored: Uint16Array) {
  const device = await backend.device();
  const plan = new Plan(await backend.target());
  const arrays = { wide: plan.input("wide", [wide.length]), stored: plan.input("stored", [wide.length], "f16") };
  const { narrow, widened } = plan.dispatch(halving, arrays, { scalars: {}, store: { narrow: "f16" } });
  plan.output("narrow", narrow);
  plan.output("widened", widened);
  const pipelines = new PipelineCache(device, { ...shaders, ...halvingShaders });
  const executable = await Executable.build(device, plan, pipelines);
  const all = new Uint16Array(wide.length);
  all.set(stored);
  const { outputs } = await executable.run(
    new Map<string, Float32Array | Uint16Array>([
      ["wide", wide],
      ["stored", all],
    ]),
  );
  executable.dispose();
  return { narrow: outputs.get("narrow") as Uint16Array, widened: outputs.get("widened") as Float32Array };
}

/** The first few places where two arrays differ. */
const differences = (got: ArrayLike<number>, want: ArrayLike<number>, of: ArrayLike<number>): string[] =>
  Array.from({ length: want.length }, (_, at) => at)
    .filter((at) => !Object.is(got[at], want[at]))
    .slice(0, 5)
    .map((at) => `${of[at]} is ${got[at]}, not ${want[at]}`);

const adapters = [...new Set([testDevice, ...(swiftShaderHere ? ["swiftshader"] : [])])];
describe.each(adapters)("halves on %s", (adapter) => {
  let backend: WebGpuBackend;
  beforeAll(() => {
    backend = openTestBackend(adapter);
  });
  afterAll(() => backend.dispose());

  it("are the nearest to all floats near a half or a tie, of both signs, and to others", async () => {
    const near = nearHalves();
    const random = Uint32Array.from(new RandomStream(7, "floats").integers(2 ** 17, 2 ** 32));
    const [inf, nan] = [Number.POSITIVE_INFINITY, Number.NaN];
    const special = [
      0,
      -0,
      inf,
      -inf,
      65504,
      65519.996,
      65520,
      65536,
      1e30,
      -65520,
      -3.4e38,
      2 ** -149,
      2 ** -126,
      2 ** -25,
    ];
    const values = [...near, ...near.map((value) => -value), ...bits(random), ...special, nan];
    const strange = [0x7f80_0001, 0x7fc0_0000, 0xffff_ffff, 0xff80_0001];
    const wide = new Float32Array(4 * Math.ceil((values.length + strange.length) / 4));
    wide.set(values);
    // Numbers of the host would all be the same NaN.
    wordsOf(wide).set(strange, values.length);
    const { narrow } = await through(backend, wide, new Uint16Array());
    const want = halfOf(wide);
    const numbers = (halves: Uint16Array): Float32Array => fromHalf(halves);
    expect(differences(numbers(narrow), numbers(want), wide)).toEqual([]);
    expect(wide.length).toBeGreaterThan(300_000);
  });

  it("are worth what they say, all of them", async () => {
    const { widened } = await through(backend, new Float32Array(2 ** 16), allHalves);
    expect(differences(widened, fromHalf(allHalves), allHalves)).toEqual([]);
  });
});

describe("a plan with halves", () => {
  let backend: WebGpuBackend;
  beforeAll(() => {
    backend = openTestBackend();
  });
  afterAll(() => backend.dispose());

  it("needs no feature, takes halves and gives them back", async () => {
    const target = await backend.target();
    const features = new Set([...target.features].filter((feature) => feature !== "shader-f16"));
    const plan = new Plan({ ...target, features });
    const x = Float32Array.from({ length: 3 * 4 }, (_, at) => at / 8);
    const identity = Float32Array.from({ length: 16 }, (_, at) => (at % 5 === 0 ? 1 : 0));
    const arrays = {
      x: plan.input("x", [3, 4], "f16"),
      weights: plan.constant("w", [4, 4], () => toHalf(identity), "f16"),
    };
    const { y } = plan.dispatch(matmul, arrays, { scalars: {}, store: { y: "f16" } });
    plan.output("y", y);
    const executable = await Executable.build(await backend.device(), plan, await backend.pipelines());
    const { outputs } = await executable.run(new Map([["x", toHalf(x)]]));
    expect(outputs.get("y")).toEqual(toHalf(x));
    executable.dispose();
    expect([y.dtype, y.bytes]).toEqual(["f16", 24]);
  });

  it("gives odd numbers of them back whole", async () => {
    const plan = new Plan(await backend.target());
    plan.output("odd", plan.input("odd", [3], "f16"));
    const executable = await Executable.build(await backend.device(), plan, await backend.pipelines());
    const odd = toHalf(Float32Array.of(1, -2.5, 65504));
    const { outputs } = await executable.run(new Map([["odd", odd]]));
    expect(outputs.get("odd")).toEqual(odd);
    executable.dispose();
  });
});
