/** Which outputs a load asks for, of every backend. */
import { describe, expect, it } from "vitest";
import { checkRequest, onlyWanted, plainOutputsOf } from "../../src/backends/load_check.ts";
import { findComponent, findEngine } from "../../src/engines/index.ts";
import { UnavailableError } from "../../src/errors.ts";
import { float32 } from "../../src/formats/tensor.ts";

const whole = findComponent(findEngine("protenix"), "full");
const names = (wanted?: readonly string[]) => plainOutputsOf("native", whole, wanted).map(({ name }) => name);

describe("outputs of a backend that runs what others wrote", () => {
  it("are all of the component's, or those that are asked for", () => {
    expect(names()).toEqual(whole.outputs.map(({ name }) => name));
    expect(names(["pae", "positions"]).sort()).toEqual(["pae", "positions"]);
  });

  it("are none that only our kernels make in the place of larger ones", () => {
    const [{ name }] = whole.reductions ?? [];
    expect(() => names(["positions", name])).toThrow(UnavailableError);
    expect(() => names(["positions", name])).toThrow(
      `native makes no ${name} of protenix full, which is computed of other outputs`,
    );
  });

  it("are refused where the component has none of the name", () => {
    expect(() => names(["position"])).toThrow(/^protenix full has no output "position"; .* Did you mean positions\?$/);
  });
});

it("what a component makes on the way is not given", () => {
  const [s, z] = [1, 2].map((value) => float32([1], Float32Array.of(value)));
  const made = new Map(Object.entries({ s, z }));
  expect(onlyWanted(made, new Set(["z"]))).toEqual(new Map([["z", z]]));
  expect(onlyWanted(made, undefined)).toBe(made);
});

it("no outputs at all are a mistake", () => {
  const request = { engine: "ligo", component: "toy", config: {}, weights: { kind: "random", seed: 0 }, sizes: {} };
  expect(() => checkRequest({ ...request, outputs: [] })).toThrow("outputs is empty: name those that will be read");
});
