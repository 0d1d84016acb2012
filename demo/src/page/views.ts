/** The parts of a result as elements of the page. */
import { median, summarise } from "af3-gpu/bench";
import type { Check, DeviceCard, Maps, PairStatistics, Times } from "../shared/protocol.ts";
import { bytes, duration, el, facts, mark, type Tile, table, tiles } from "./dom.ts";
import { heatmap } from "./heatmap.ts";

const SHOWN_LIMITS = [
  ["maxBufferSize", "Largest buffer", bytes],
  ["maxStorageBufferBindingSize", "Largest binding", bytes],
  ["maxComputeWorkgroupStorageSize", "Workgroup memory", bytes],
  ["maxComputeInvocationsPerWorkgroup", "Invocations per workgroup", String],
] as const;

export function deviceView(card: DeviceCard): HTMLElement {
  const told = ([, value]: readonly [string, string]): boolean => value !== "";
  const { limits, features } = card;
  const all = Object.entries(limits).map(([name, value]) => [name, value.toLocaleString("en")] as const);
  return el(
    "div",
    {},
    el("p", { class: "device-name" }, card.name),
    ...(card.software
      ? [
          el(
            "p",
            { class: "notice", "data-tone": "warn" },
            "A CPU does the GPU’s work here. The numbers are right; the times say nothing about GPUs.",
          ),
          el("p", {}),
        ]
      : []),
    facts(
      (
        [
          ["Vendor", card.vendor],
          ["Architecture", card.architecture],
          ["Description", card.description],
          ["Subgroup size", card.subgroups],
          ...SHOWN_LIMITS.map(([name, words, text]) => [words, text(limits[name])] as const),
        ] as const
      ).filter(told),
    ),
    el("h3", {}, "Features in use"),
    features.length
      ? el("ul", { class: "tags" }, ...features.map((name) => el("li", {}, name)))
      : el("p", { class: "muted" }, "None beyond the core ones."),
    el("details", { class: "after" }, el("summary", {}, "All limits"), facts(all)),
  );
}

export function summaryView(times: Times | undefined, check: Check | undefined, software: boolean): HTMLElement {
  const all: Tile[] = [];
  if (check)
    all.push(
      check.passed
        ? { label: "Check", value: "right", note: "as the original repository", tone: "good" }
        : { label: "Check", value: "wrong", note: "so there are no times", tone: "bad" },
    );
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
        value: `${(times.flops / 1e9).toFixed(2)} GFLOP`,
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
  flops / ms >= 1e9 ? `${(flops / ms / 1e9).toFixed(2)} TFLOP/s` : `${(flops / ms / 1e6).toFixed(1)} GFLOP/s`;

export function checkView(check: Check, engine: string): HTMLElement {
  const { lines, same, broken, source, passed } = check;
  const recordedOf = source ? `${source.repo} (commit ${source.commit.slice(0, 12)})` : engine;
  const recorded = new Set(lines.map(({ recording }) => recording)).size;
  const intro = passed
    ? `The same kernels ran ${recorded} ${recorded === 1 ? "recording" : "recordings"} of ${recordedOf} on this GPU, and every output agrees.`
    : broken
      ? `The recordings could not be compared: ${broken}.`
      : `The kernels ran recordings of ${recordedOf} on this GPU, and not every output agrees. Driver or browser compute something wrong.`;
  const own = same
    ? `One of them, ${same.replace(`${engine}-trunk-`, "")}, is the very choice above: same weights, same inputs.`
    : "The choice above has no recording of its own; the kernels are the same.";
  const verdict = (right: boolean): HTMLElement =>
    el("span", { class: right ? "good" : "bad" }, mark(right ? "tick" : "cross"), right ? "within" : "beyond");
  return el(
    "div",
    {},
    el("p", {}, `${intro} ${own}`),
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
              verdict(right),
              error.toExponential(1),
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

export function mapsView(maps: Maps | undefined, why: string, random: boolean): HTMLElement {
  if (!maps) return el("p", { class: "muted" }, `There is no distogram: ${why}.`);
  return el(
    "div",
    {},
    el(
      "p",
      { class: "muted" },
      random
        ? "The distogram head, run on the pair representation. With random weights the maps show no structure of a protein, only that numbers flow."
        : "The distogram head, run on the pair representation with the given weights. The features are synthetic: this is no prediction.",
    ),
    el(
      "div",
      { class: "maps" },
      heatmap({
        title: "Expected distance",
        note: "The mean over 64 bins of distance; near is bright.",
        values: maps.distance,
        tokens: maps.tokens,
        text: (value) => `${value.toFixed(2)} Å`,
        inverse: true,
      }),
      heatmap({
        title: "Contacts",
        note: "The probability that two tokens are nearer than 8 Å.",
        values: maps.contact,
        tokens: maps.tokens,
        text: (value) => value.toFixed(3),
      }),
    ),
  );
}

export function pairView({ shape, histogram, channels, ...numbers }: PairStatistics): HTMLElement {
  const { mean, deviation, least, median: middle, most, notFinite, every } = numbers;
  const text = (value: number): string => value.toPrecision(4);
  const columns = (values: readonly number[], label: string): HTMLElement => {
    const highest = Math.max(...values, Number.MIN_VALUE);
    const bars = values.map((value) =>
      el("span", { class: "column", style: `height: ${((100 * value) / highest).toFixed(2)}%` }),
    );
    return el("div", { class: "columns-figure", role: "img", "aria-label": label }, ...bars);
  };
  const axis = (from: string, to: string): HTMLElement =>
    el("div", { class: "axis", "aria-hidden": "true" }, el("span", {}, from), el("span", {}, to));
  const [from, to] = [text(histogram.from), text(histogram.to)];
  return el(
    "div",
    { class: "pair" },
    facts([
      ["Shape", shape.join(" × ")],
      ["Mean", text(mean)],
      ["Standard deviation", text(deviation)],
      ["Least", text(least)],
      ["Median", every > 1 ? `${text(middle)}, of one value in ${every}` : text(middle)],
      ["Most", text(most)],
      ["Not finite", String(notFinite)],
    ]),
    el(
      "figure",
      {},
      el("figcaption", {}, el("b", {}, "Values"), "How often each occurs, without the outer thousandths."),
      columns(
        histogram.counts,
        `Histogram of the values from ${from} to ${to}, highest in the middle half around ${text(middle)}.`,
      ),
      axis(from, to),
    ),
    el(
      "figure",
      {},
      el("figcaption", {}, el("b", {}, "Channels"), "Root mean square of each."),
      columns(
        channels,
        `Root mean square of ${channels.length} channels, from ${text(Math.min(...channels))} to ${text(Math.max(...channels))}.`,
      ),
      axis("channel 1", `channel ${channels.length}`),
    ),
  );
}
