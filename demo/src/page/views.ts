/** The parts of a result as elements of the page. */
import type { PrecisionMode } from "af3-gpu";
import { geometricMean, median, summarise } from "af3-gpu/bench";
import { precisionWords } from "../shared/choices.ts";
import type { Check, Times } from "../shared/protocol.ts";
import { type Verdict, verdictOf } from "../shared/verdict.ts";
import { button, bytes, duration, el, mark, type Tile, table, tiles } from "./dom.ts";

const checked: Readonly<Record<Verdict, Tile>> = {
  right: { label: "Check", value: "right", note: "as the original repository", tone: "good" },
  wrong: { label: "Check", value: "wrong", note: "so there are no times", tone: "bad" },
  unchecked: { label: "Check", value: "not made", note: "so there are no times", tone: "warn" },
};

/** The verdict and the times in large type; of several precisions, the times side by side. */
export function summaryView(times: readonly Times[], check: Check | undefined, software: boolean): HTMLElement {
  const precisions = [...new Set(check?.lines.map(({ precision }) => precision))];
  const several = precisions.length > 1;
  const verdicts = check
    ? several
      ? precisions.map((precision) => ({
          ...checked[verdictOf(inOne(check, precision))],
          label: `Check, ${precisionWords[precision]}`,
        }))
      : [checked[verdictOf(check)]]
    : [];
  const [only] = times;
  const discarded = Math.max(0, ...times.map((one) => one.discarded));
  const notes = [
    ...times.flatMap(({ settings }) => settingsNotes(settings)),
    ...(software && only ? ["Measured on a CPU in a GPU’s place: these times say nothing about GPUs."] : []),
    ...(discarded
      ? [
          `${discarded} ${discarded === 1 ? "pass was" : "passes were"} thrown away because the tab went to the background.`,
        ]
      : []),
  ];
  return el(
    "div",
    {},
    tiles([...verdicts, ...(only && !several ? timeTiles(only) : [])]),
    ...(several && only ? [precisionTable(times, check)] : []),
    ...notes.map((note) => el("p", { class: "muted after" }, note)),
  );
}

/** What was found in one of the precisions. */
const inOne = ({ lines, broken }: Check, precision: PrecisionMode): Pick<Check, "lines" | "broken"> => ({
  lines: lines.filter((line) => line.precision === precision),
  broken,
});

function timeTiles(times: Times): Tile[] {
  const elapsed = times.passes.map((pass) => pass.elapsed);
  const { q25, q75 } = summarise(elapsed);
  const execute = median(times.passes.map((pass) => pass.execute));
  const gpu = times.passes.map((pass) => pass.gpu).filter((time) => time !== undefined);
  return [
    {
      label: "Median pass",
      value: duration(median(elapsed)),
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
  ];
}

/** Precisions side by side; those whose numbers are not right have no times. */
function precisionTable(times: readonly Times[], check: Check | undefined): HTMLElement {
  const [first] = times;
  const ratio = ({ passes }: Times): string =>
    `${geometricMean(passes.map(({ elapsed }, at) => elapsed / first.passes[at].elapsed).filter(Number.isFinite)).toFixed(2)} ×`;
  const worst = (precision: PrecisionMode): string => {
    const errors = check?.lines.filter((line) => line.precision === precision).map(({ error }) => error) ?? [];
    return Math.max(0, ...errors).toExponential(1);
  };
  return el(
    "div",
    { class: "after" },
    table(
      "Precisions in turns",
      [
        { head: "Precision" },
        { head: "Median pass", number: true },
        { head: `Time against ${precisionWords[first.precision]}`, number: true },
        { head: "Execution", number: true },
        { head: "Compile", number: true },
        { head: "Memory", number: true },
        { head: "of it weights", number: true },
        { head: "Largest error", number: true },
      ],
      times.map((one) => [
        precisionWords[one.precision],
        duration(median(one.passes.map(({ elapsed }) => elapsed))),
        one === first ? "1" : ratio(one),
        duration(median(one.passes.map(({ execute }) => execute))),
        duration(one.compile),
        bytes(one.peakBytes),
        bytes(one.weightBytes),
        worst(one.precision),
      ]),
    ),
    el(
      "p",
      { class: "note after" },
      `${first.passes.length === 1 ? "One round" : `${first.passes.length} rounds`}, each precision once per round; the ratio is the geometric mean over rounds. Errors are those of the recordings.`,
    ),
  );
}

/** What a reader must know of a run in mixed precision: what of it did not become halves, and who multiplied them. */
export function settingsNotes(settings: Times["settings"]): string[] {
  const { beyond_half: beyond, matrix_steps: matrix, matrix_wrong: wrong } = settings;
  return [
    ...(beyond
      ? [
          `${beyond} ${beyond === 1 ? "projection stays" : "projections stay"} in float32, since halves cannot hold ${beyond === 1 ? "its" : "their"} weights.`,
        ]
      : []),
    ...(matrix === 0
      ? ["The matrix units of this GPU are not used: nothing here suits them, or they were wrong."]
      : []),
    ...(matrix ? [`${matrix} dispatches multiply by the matrix units of this GPU.`] : []),
    ...(wrong ? [`What they would have computed wrongly here, others compute (${wrong}).`] : []),
  ];
}

const rate = (flops: number, ms: number): string =>
  flops / ms >= 1e9 ? `${(flops / ms / 1e9).toFixed(2)}\u00a0TFLOP/s` : `${(flops / ms / 1e6).toFixed(1)}\u00a0GFLOP/s`;

const MIXED_BOUND =
  "In mixed precision weights and operands of matrix products are rounded to halves. The bound is three times what that costs the original repository itself, at most 0.02.";

/** What was compared, and how it came out. @param again runs everything once more */
export function checkView(check: Check, engine: string, again: () => void): HTMLElement {
  const { lines, same, broken, source } = check;
  const verdict = verdictOf(check);
  const recorded = new Set(lines.map(({ recording }) => recording)).size;
  const precisions = [...new Set(lines.map(({ precision }) => precision))];
  const mixed = precisions.includes("mixed");
  const repository = source ? `${source.repo} (commit ${source.commit.slice(0, 12)})` : engine;
  const intro: Readonly<Record<Verdict, string>> = {
    right: `The same kernels ran ${recorded} ${recorded === 1 ? "recording" : "recordings"} of ${repository} on this GPU${precisions.length > 1 ? ", in each precision" : ""}, and every output agrees.`,
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
              ...(mixed ? [{ head: "Precision" }] : []),
              { head: "Output" },
              { head: "Verdict" },
              { head: "Error", number: true },
              { head: "Bound", number: true },
            ],
            lines.map(({ recording, precision, output, error, bound, passed: right }) => [
              recording.replace(`${engine}-trunk-`, ""),
              ...(mixed ? [precisionWords[precision]] : []),
              el("code", {}, output),
              within(right),
              Number.isFinite(error) ? error.toExponential(1) : "not finite",
              bound.toExponential(1),
            ]),
          ),
          el(
            "p",
            { class: "note after" },
            `Error: |got − recorded| divided by |recorded| plus the output’s root mean square.${mixed ? ` ${MIXED_BOUND}` : ""}`,
          ),
        ]
      : []),
  );
}
