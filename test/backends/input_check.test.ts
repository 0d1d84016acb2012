/** What every backend refuses before it runs. */
import { expect, it } from "vitest";
import { InputCheck } from "../../src/backends/input_check.ts";
import { findComponent, findEngine, findPreset } from "../../src/engines/index.ts";
import { BadInputError } from "../../src/errors.ts";
import { float32, type HostTensor, int32 } from "../../src/formats/tensor.ts";

function loaded(tokens: number, notes: string[] = []) {
  const { config, widths } = findPreset("deepmind", "confidence_head", "tiny");
  const sizes = { ...widths, tokens };
  const configured = findComponent(findEngine("deepmind"), "confidence_head").configure(config, sizes, () => {});
  return { inputs: configured.randomInputs(3), check: new InputCheck(configured, (note) => notes.push(note)) };
}

it("takes what it was loaded for, and tells of unread tensors once", () => {
  const notes: string[] = [];
  const { inputs, check } = loaded(6, notes);
  const more = new Map([...inputs, ["colour", float32([1], new Float32Array(1))]]);
  check.check(more);
  check.check(more);
  expect(notes).toEqual(["ignored: inputs colour"]);
});

it("refuses inputs of other sizes", () => {
  const { check } = loaded(6);
  expect(() => check.check(loaded(7).inputs)).toThrow(/tokens = 7, but this runner was loaded for 6/);
});

it("refuses indices that lie outside of what they index", () => {
  const { inputs, check } = loaded(6);
  const name = "token_atoms_to_pseudo_beta:gather_idxs";
  const { shape, data } = inputs.get(name) as HostTensor;
  const outside = Int32Array.from(data, (at, index) => (index === 2 ? 6 * 24 : at));
  expect(() => check.check(new Map([...inputs, [name, int32(shape, outside)]]))).toThrow(BadInputError);
  expect(() => check.check(new Map([...inputs, [name, int32(shape, outside)]]))).toThrow(/gather_idxs.*144/);
});
