/** The parts of a result as elements of the page. */
import { median, summarise } from "af3-gpu/bench";
import type { Check, Times } from "../shared/protocol.ts";
import { type Verdict, verdictOf } from "../shared/verdict.ts";
import { button, bytes, duration, el, mark, type Tile, table, tiles } from "./dom.ts";

const checked: Readonly<Record<Verdict, Tile>> = {
  right: { label: "Check", value: "right", note: "as the original repository", tone: "good" },
  wrong: { label: "Check", value: "wrong", note: "so there are no times", tone: "bad" },
  unchecked: { label: "Check", value: "not made", note: "so there are no times", tone: "warn" },
};

/** The verdict and the times in large type. */
export function summaryView(times: Times | undefined, verdict: Verdict | undefined, software: boolean): HTMLElement {
  const all: Tile[] = [];
  if (verdict) all.push(checked[verdict]);
  if (times) {
    const elapsed = times.passes.map((pass) => pass.elapsed);
    const { q25, q75 } = summarise(elapsed);
    const middle = median(elapsed);
    const execute = median(times.passes.map((pass) => pass.execute));
    const gpu = times.passes.map((pass) => pass.gpu).filter((time) => time !== undefined);
    all.push(
      {
        label: "Median pass",
        value: duration(middle),
        note:
          elapsed.length === 1
            ? "one pass"
            : `${elapsed.length} passes, middle half ${duration(q25)} to ${duration(q75)}`,
      },
      { label: "Execution", value: duration(execute), note: "without upload and read-back" },
      ...(gpu.length
        ? [{ label: "GPU timestamps", value: duration(median(gpu)), note: "sum over passes of the GPU" }]
        : []),
      { label: "Compile", value: duration(times.compile), note: "shaders, weights to the GPU" },
      { label: "First run", value: duration(times.first), note: "not counted" },
      {
        label: "Work",
        value: `${(times.flops / 1e9).toFixed(2)}\u00a0GFLOP`,
        note: `${rate(times.flops, execute)} in execution`,
      },
      { label: "Memory on the GPU", value: bytes(times.peakBytes), note: `of it ${bytes(times.weightBytes)} weights` },
    );
  }
  const notes = [
    ...(software && times ? ["Measured on a CPU in a GPU’s place: these times say nothing about GPUs."] : []),
    ...(times?.discarded
      ? [
          `${times.discarded} ${times.discarded === 1 ? "pass was" : "passes were"} thrown away because the tab went to the background.`,
        ]
      : []),
  ];
  return el("div", {}, tiles(all), ...notes.map((note) => el("p", { class: "muted after" }, note)));
}

const rate = (flops: number, ms: number): string =>
  flops / ms >= 1e9 ? `${(flops / ms / 1e9).toFixed(2)}\u00a0TFLOP/s` : `${(flops / ms / 1e6).toFixed(1)}\u00a0GFLOP/s`;

/** What was compared, and how it came out. @param again runs everything once more */
export function checkView(check: Check, engine: string, again: () => void): HTMLElement {
  const { lines, same, broken, source } = check;
  const verdict = verdictOf(check);
  const recorded = new Set(lines.map(({ recording }) => recording)).size;
  const repository = source ? `${source.repo} (commit ${source.commit.slice(0, 12)})` : engine;
  const intro: Readonly<Record<Verdict, string>> = {
    right: `The same kernels ran ${recorded} ${recorded === 1 ? "recording" : "recordings"} of ${repository} on this GPU, and every output agrees.`,
    wrong: `The kernels ran recordings of ${repository} on this GPU, and not every output agrees. Driver or browser compute something wrong.`,
    unchecked: `They could not be checked: the recordings of ${repository} did not all arrive. That says nothing about the numbers; without a check there are no times.`,
  };
  const own = same
    ? `One of them, ${same.replace(`${engine}-trunk-`, "")}, is this very run: same weights, same inputs.`
    : "This run has no recording of its own; the kernels are the same.";
  const within = (right: boolean): HTMLElement =>
    el("span", { class: right ? "good" : "bad" }, mark(right ? "tick" : "cross"), right ? "within" : "beyond");
  return el(
    "div",
    {},
    el("p", {}, verdict === "unchecked" ? intro.unchecked : `${intro[verdict]} ${own}`),
    ...(broken ? [el("p", { class: "detail" }, el("code", {}, broken))] : []),
    ...(verdict === "unchecked" ? [el("div", { class: "actions" }, button("Try again", again))] : []),
    ...(lines.length
      ? [
          table(
            "Errors of the recordings' outputs",
            [
              { head: "Recording" },
              { head: "Output" },
              { head: "Verdict" },
              { head: "Error", number: true },
              { head: "Bound", number: true },
            ],
            lines.map(({ recording, output, error, bound, passed: right }) => [
              recording.replace(`${engine}-trunk-`, ""),
              el("code", {}, output),
              within(right),
              Number.isFinite(error) ? error.toExponential(1) : "not finite",
              bound.toExponential(1),
            ]),
          ),
          el(
            "p",
            { class: "note after" },
            "Error: |got − recorded| divided by |recorded| plus the output’s root mean square.",
          ),
        ]
      : []),
  );
}
