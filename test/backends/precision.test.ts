/** What a run says of its precision. */
import { expect, it } from "vitest";
import { allUnits } from "../../src/backends/matrix_units.ts";
import { precisionSettings, withPrecision } from "../../src/backends/precision.ts";
import { Plan } from "../../src/gpu/plan/plan.ts";
import type { Target } from "../../src/gpu/plan/target.ts";
import { matmul } from "../../src/kernels/matmul.ts";
import { cube, target as plain, withMatrices } from "../support/target.ts";

const withUnits = withMatrices([cube(16)], [32, 32]);

/** A product of operands, and one of what is no operand. */
function planned(target: Target): Plan {
  const plan = new Plan(target);
  for (const dtype of [plan.operand, "f32"] as const) {
    const [x, weights] = [plan.input(`x ${dtype}`, [8, 8], dtype), plan.input(`w ${dtype}`, [8, 8], dtype)];
    plan.dispatch(matmul, { x, weights }, { scalars: {} });
  }
  return plan;
}

const mixed = { precision: "mixed" } as const;

it.each([
  ["nothing in float32", withPrecision(withUnits, {}), {}],
  ["no matrix units where there are none", withPrecision(plain, mixed), { precision: "mixed" }],
  [
    "how many steps multiply by matrix units",
    { ...withPrecision(withUnits, mixed), tested: allUnits },
    { precision: "mixed", matrix_steps: 1 },
  ],
  [
    "which family was wrong, and uses the others",
    {
      ...withPrecision(withUnits, mixed),
      tested: new Map([...allUnits, ["keys", "attention is off by 2.2"]]),
    } as Target,
    { precision: "mixed", matrix_steps: 1, matrix_wrong: "keys: attention is off by 2.2" },
  ],
  [
    "that none does where their self-test refused",
    withPrecision(withUnits, mixed),
    { precision: "mixed", matrix_steps: 0 },
  ],
])("says %s", (_, target, expected) => {
  expect(precisionSettings(planned(target))).toEqual(expected);
});
