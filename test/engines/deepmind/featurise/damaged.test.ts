/** Damaged inputs of every kind are read, or refused in one sentence; many more of them: npm run fuzz. */
import { expect, it } from "vitest";
import { caseOf, outcomeOf, targets } from "../../../../scripts/fuzz/targets.mjs";
import * as weights from "../../../../src/engines/core/weight_files.ts";
import * as featurise from "../../../../src/engines/deepmind/featurise/index.ts";
import * as engines from "../../../../src/engines/index.ts";
import * as errors from "../../../../src/errors.ts";
import * as align from "../../../../src/pipeline/align/align.ts";
import * as dictionary from "../../../../src/pipeline/dictionary/dictionary.ts";
import * as file from "../../../../src/pipeline/dictionary/file.ts";
import * as read from "../../../../src/pipeline/input/read.ts";
import * as write from "../../../../src/pipeline/input/write.ts";
import * as score from "../../../../src/pipeline/score/compare.ts";

const library = {
  ...featurise,
  ...engines,
  ...errors,
  ...align,
  ...dictionary,
  ...file,
  ...read,
  ...write,
  ...score,
  ...weights,
};
const all = targets(library);

it.each(Object.keys(all))("%s", async (kind) => {
  const complaints: string[] = [];
  const counts = { read: 0, refused: 0 };
  for (let number = 0; number < 120; number++) {
    const found = await outcomeOf(caseOf(all, kind, 15, number), library);
    if (typeof found === "string") counts[found]++;
    else complaints.push(`npm run fuzz -- --kind ${kind} --seed 15 --number ${number}: ${found.wrong}`);
  }
  expect(complaints.slice(0, 3)).toEqual([]);
  // Damage that nothing survives, or that nothing notices, would try little.
  expect(Math.min(counts.read, counts.refused)).toBeGreaterThan(3);
});

it("notices what is no refusal, and what is no sentence", async () => {
  const failing = (error: Error) => outcomeOf({ name: "", content: "", run: () => Promise.reject(error) }, library);
  expect(await failing(new TypeError("x is undefined"))).toEqual({
    wrong: expect.stringContaining("TypeError: x is undefined"),
  });
  expect(await failing(new errors.BadInputError("one\ntwo"))).toEqual({ wrong: 'not one visible line: "one\\ntwo"' });
  expect(await failing(new errors.BadInputError("x".repeat(2000)))).toEqual({
    wrong: expect.stringContaining("longer than a sentence"),
  });
  expect(await failing(new errors.BadInputError("a sentence"))).toBe("refused");
});
