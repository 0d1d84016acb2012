/** Numbers as people read them. */
import { expect, it } from "vitest";
import { seconds } from "../../src/cli/output.ts";

it("times have the unit that fits, three digits and no zeros in front", () => {
  const times = [0, 0.000012, 0.00845, 0.5, 1, 84.5, 999.4, 1000, 12_345, 99_999, 734_400];
  expect(times.map(seconds)).toEqual([
    ...["0.00ms", "0.0120us", "8.45us", "500us", "1.00ms", "84.5ms", "999ms"],
    ...["1.00s", "12.3s", "100s", "734s"],
  ]);
});
