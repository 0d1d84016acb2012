/** What the page says, where no document is needed. */
import { describe, expect, it } from "vitest";
import { browserAdvice, diagnosticsPage } from "../../demo/src/page/browsers.ts";
import { tokenTicks, valueTicks } from "../../demo/src/page/ticks.ts";
import { settingsNotes } from "../../demo/src/page/views.ts";
import { verdictOf } from "../../demo/src/shared/verdict.ts";

describe("a verdict", () => {
  const line = { precision: "f32", recording: "r", output: "z", error: 1, bound: 2, passed: true } as const;
  it.each([
    ["right", { lines: [line], broken: undefined }],
    ["wrong", { lines: [line, { ...line, passed: false }], broken: undefined }],
    ["wrong", { lines: [{ ...line, passed: false }], broken: "cannot fetch" }],
    ["unchecked", { lines: [line], broken: "cannot fetch" }],
    ["unchecked", { lines: [], broken: undefined }],
  ] as const)("is %s for %o", (verdict, check) => {
    expect(verdictOf(check)).toBe(verdict);
  });
});

describe("what is said of a run in mixed precision", () => {
  it.each([
    [{}, []],
    [{ precision: "mixed" }, []],
    [{ beyond_half: 1 }, ["1 projection stays in float32, since halves cannot hold its weights."]],
    [{ beyond_half: 3 }, ["3 projections stay in float32, since halves cannot hold their weights."]],
    [{ matrix_steps: 7 }, ["7 dispatches multiply by the matrix units of this GPU."]],
    [
      { matrix_steps: 2, matrix_wrong: "keys: attention is off by 2" },
      [
        "2 dispatches multiply by the matrix units of this GPU.",
        "What they would have computed wrongly here, others compute (keys: attention is off by 2).",
      ],
    ],
    [{ matrix_steps: 0 }, [expect.stringMatching(/^The matrix units of this GPU are not used/)]],
  ])("by %o", (settings, notes) => {
    expect(settingsNotes(settings)).toEqual(notes);
  });
});

describe("ticks", () => {
  it("of tokens name each if there is room, and else round numbers", () => {
    expect(tokenTicks(4, 400, 20)).toEqual([1, 2, 3, 4]);
    expect(tokenTicks(22, 270, 24)).toEqual([1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21]);
    expect(tokenTicks(64, 270, 24)).toEqual([1, 10, 20, 30, 40, 50, 60]);
    expect(tokenTicks(1, 300, 24)).toEqual([1]);
    expect(tokenTicks(700, 300, 24)).toEqual([1, 100, 200, 300, 400, 500, 600, 700]);
  });

  it("of tokens leave each its room", () => {
    for (let tokens = 1; tokens < 400; tokens += 7)
      for (const room of [15, 24]) {
        const ticks = tokenTicks(tokens, 300, room);
        const gaps = ticks.slice(1).map((tick, at) => ((tick - ticks[at]) * 300) / tokens);
        expect(Math.min(...gaps, 300)).toBeGreaterThanOrEqual(0.8 * room);
        expect(ticks.length).toBeGreaterThan(0);
      }
  });

  it("of values are round and within", () => {
    expect(valueTicks(0, 1)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(valueTicks(2, 22)).toEqual([5, 10, 15, 20]);
    expect(valueTicks(-12.41, 10.93)).toEqual([-10, -5, 0, 5, 10]);
    expect(valueTicks(3, 3)).toEqual([3]);
  });
});

describe("advice on browsers", () => {
  const agents = {
    "Chrome and Edge":
      "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
    Firefox: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    Safari:
      "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15",
    "iPhone and iPad":
      "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/130.0 Mobile/15E148 Safari/604.1",
    Android:
      "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/119.0.0.0 Mobile Safari/537.36",
  };
  it.each(Object.entries(agents))("begins with %s for who has it", (name, agent) => {
    const advice = browserAdvice(agent);
    expect(advice[0].startsWith(name)).toBe(true);
    expect(new Set(advice).size).toBe(5);
    expect(advice.join(" ")).not.toMatch(/\bnpx?\b|Node\b/);
  });

  it("knows where a browser says what it thinks of the GPU", () => {
    expect([agents.Firefox, agents.Safari.replace("Version", "Edg"), agents.Android].map(diagnosticsPage)).toEqual([
      "about:support",
      "edge://gpu",
      "chrome://gpu",
    ]);
  });
});
