/** A complex without templates is one with empty ones, and types that are numbered otherwise than elsewhere. */
import { describe, expect, it } from "vitest";
import { templateTokens } from "../../../src/engines/protenix/template_tokens.ts";
import { templateValues } from "../../../src/engines/protenix/trunk.ts";
import { int32 } from "../../../src/formats/tensor.ts";
import { Plan } from "../../../src/gpu/plan/plan.ts";
import { target } from "../../support/target.ts";

const [SLOTS, WIDTH] = [24, 20];
/** Where a token keeps its masks and its type. */
const [FRAMED, BETA, TYPE] = [3, 7, 11];

it("without templates there are four empty slots: gaps in the first, the class 0 in the others", () => {
  const n = 3;
  const plan = new Plan(target);
  const templates = { slots: 4, tokens: plan.input("tokens", [4 * n, WIDTH]), seen: plan.input("seen", [n, 4]) };
  const features = new Map([["asym_id", int32([n], Int32Array.of(0, 0, 1))]]);
  const values = new Map(templateValues(templates, features, n));
  const tokens = values.get(templates.tokens) ?? new Float32Array();
  const of = (place: number): number[] => Array.from({ length: 4 * n }, (_, token) => tokens[token * WIDTH + place]);
  expect(of(TYPE)).toEqual([31, 31, 31, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  expect([...of(FRAMED), ...of(BETA)]).toEqual(new Array(8 * n).fill(0));
  expect([...(values.get(templates.seen) ?? [])]).toEqual([1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 1, 0]);
});

describe("the tokens of a template", () => {
  /** All slots are there, each atom at a place of its own. */
  const positions = Float32Array.from({ length: SLOTS * 3 }, (_, at) => (at * 7) % 11);
  const mask = new Float32Array(SLOTS).fill(1);
  const betaOf = (type: number): number[] => [...templateTokens([type], positions, mask).slice(16, 19)];
  const originOf = (type: number): number[] => [...templateTokens([type], positions, mask).slice(12, 15)];
  const at = (slot: number): number[] => [...positions.slice(3 * slot, 3 * slot + 3)];

  it.each([
    ["alanine", 0, 4, 1],
    ["glycine", 7, 1, 1],
    ["an unknown residue", 20, 0, 0],
    ["A", 21, 22, 8],
    ["G", 22, 23, 8],
    ["C", 23, 14, 8],
    ["U", 24, 14, 8],
    ["an unknown ribonucleotide", 25, 0, 0],
    ["DA", 26, 21, 8],
    ["DG", 27, 22, 8],
    ["DC", 28, 13, 8],
    ["DT", 29, 13, 8],
    ["an unknown deoxyribonucleotide", 30, 0, 0],
    ["a gap", 31, 0, 0],
  ])("of %s lie at the right slots", (_, type, beta, origin) => {
    expect(betaOf(type)).toEqual(at(beta));
    expect(originOf(type)).toEqual(at(origin));
  });
});
