/** Statistics of the pair representation, in numbers and as columns with axes. */
import { precisionsOf, precisionWords } from "../shared/choices.ts";
import type { PairStatistics } from "../shared/protocol.ts";
import { el, facts, shapeText } from "./dom.ts";
import type { Ran } from "./results.ts";
import { valueTicks } from "./ticks.ts";

const text = (value: number): string => (Number.isFinite(value) ? value.toPrecision(4) : "none");

interface Axis {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly ticks: readonly number[];
}

/** Columns above an axis, with a scale of their heights. @param label what is to be seen, for those who do not see it */
function columns(values: readonly number[], label: string, height: string, across: Axis): HTMLElement {
  const highest = Math.max(...values.filter(Number.isFinite), Number.MIN_VALUE);
  const bars = values.map((value) =>
    el("span", {
      class: "column",
      style: `height: ${Number.isFinite(value) ? ((100 * value) / highest).toFixed(2) : 0}%`,
    }),
  );
  const up = valueTicks(0, highest, 5).map((value) =>
    el(
      "span",
      { style: `bottom: ${((100 * value) / highest).toFixed(2)}%` },
      value.toLocaleString("en", { maximumSignificantDigits: 4 }),
    ),
  );
  const along = across.ticks.map((value) =>
    el(
      "span",
      { style: `left: ${((100 * (value - across.from)) / (across.to - across.from)).toFixed(2)}%` },
      String(value),
    ),
  );
  return el(
    "div",
    { class: "columns-plot" },
    el("span", { class: "axis-name", "aria-hidden": "true" }, height),
    el("div", { class: "ticks up", "aria-hidden": "true" }, ...up),
    el("div", { class: "columns-figure", role: "img", "aria-label": label }, ...bars),
    el("div", { class: "ticks below", "aria-hidden": "true" }, ...along),
    el("span", { class: "axis-name along", "aria-hidden": "true" }, across.name),
  );
}

/** Channels that an axis names: the first, the last, and round ones between. */
function channelTicks(count: number): number[] {
  const round = valueTicks(1, count, 5).filter((tick) => tick > count / 10 && tick < count * 0.9);
  return count > 1 ? [1, ...round, count] : [1];
}

export function pairView({ shape, histogram, channels, ...numbers }: PairStatistics, ran: Ran): HTMLElement {
  const [precision, ...others] = precisionsOf(ran.choices);
  const { mean, deviation, least, median: middle, most, notFinite, every } = numbers;
  const [from, to] = [text(histogram.from), text(histogram.to)];
  const finite = channels.filter(Number.isFinite);
  return el(
    "div",
    { class: "pair" },
    facts([
      ...(others.length > 0 ? [["Precision", precisionWords[precision]] as const] : []),
      ["Shape", shapeText(shape)],
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
        "Count",
        { name: "Value", from: histogram.from, to: histogram.to, ticks: valueTicks(histogram.from, histogram.to) },
      ),
    ),
    el(
      "figure",
      {},
      el("figcaption", {}, el("b", {}, "Channels"), "Root mean square of each."),
      columns(
        channels,
        `Root mean square of ${channels.length} channels, from ${text(Math.min(...finite))} to ${text(Math.max(...finite))}.`,
        "Root mean square",
        { name: "Channel", from: 0.5, to: channels.length + 0.5, ticks: channelTicks(channels.length) },
      ),
    ),
  );
}
