/** Bars of where the time goes, by layer, block or kernel. */
import type { StepTime, StepTimes } from "../shared/protocol.ts";
import { duration, el } from "./dom.ts";

type Grouping = "layer" | "block" | "kernel";

/** The scopes of a label without the kernel at the end. */
const scopes = (label: string): string[] => label.split("/").slice(0, -1);

const keys: Readonly<Record<Grouping, (step: StepTime) => string>> = {
  // Blocks of a stack and templates have the same layers: their times are added.
  layer: ({ label }) => {
    const own = scopes(label);
    const block = own.findLastIndex((scope) => /^block \d+$/.test(scope));
    if (block < 0) return own.join(" › ");
    const stack = (own.slice(0, block).at(-1) ?? "").replace(/^template \d+$/, "templates");
    return `${stack ? `${stack} › ` : ""}${own.slice(block + 1).join(" › ") || "block"}`;
  },
  block: ({ label }) => {
    const own = scopes(label);
    const block = own.findIndex((scope) => /^block \d+$/.test(scope));
    return (block < 0 ? own.slice(0, 2) : own.slice(0, block + 1)).join(" › ");
  },
  kernel: ({ kernel }) => kernel,
};

const words: Readonly<Record<Grouping, string>> = { layer: "By layer", block: "By block", kernel: "By kernel" };

/** At most so many bars; the rest is one. */
const SHOWN = 16;

interface Bar {
  readonly name: string;
  readonly ms: number;
}

function barsOf(steps: readonly StepTime[], grouping: Grouping): Bar[] {
  const sums = new Map<string, number>();
  for (const step of steps) {
    const key = keys[grouping](step) || step.label;
    sums.set(key, (sums.get(key) ?? 0) + step.ms);
  }
  const all = [...sums].map(([name, ms]) => ({ name, ms }));
  if (grouping === "block") return all; // in the order in which they run
  const sorted = all.sort((a, b) => b.ms - a.ms);
  const rest = sorted.slice(SHOWN);
  if (rest.length === 0) return sorted;
  const ms = rest.reduce((sum, bar) => sum + bar.ms, 0);
  return [...sorted.slice(0, SHOWN), { name: `${rest.length} others`, ms }];
}

function list(bars: readonly Bar[]): HTMLElement {
  const total = bars.reduce((sum, { ms }) => sum + ms, 0) || 1;
  const longest = Math.max(...bars.map(({ ms }) => ms), Number.MIN_VALUE);
  return el(
    "ul",
    { class: "bars" },
    ...bars.map(({ name, ms }) =>
      el(
        "li",
        {},
        el("span", { class: "name" }, name),
        el(
          "span",
          { class: "track", "aria-hidden": "true" },
          el("span", { style: `width: ${((100 * ms) / longest).toFixed(2)}%` }),
        ),
        el(
          "span",
          { class: "value" },
          el("b", { class: "ms" }, duration(ms)),
          ` · ${((100 * ms) / total).toFixed(1)} %`,
        ),
      ),
    ),
  );
}

/** @param title of its own, where there are several */
export function stepsView({ clock, runs, steps, precision }: StepTimes, title?: string): HTMLElement {
  const head = title ? [el("h3", {}, title)] : [];
  if (clock === "wall") {
    const note = `This browser has no GPU timestamps, so sections are timed by the wall clock: means of ${runs} passes.`;
    const bars = list(steps.map(({ label, ms }) => ({ name: label, ms })));
    return el("div", { class: "turn" }, ...head, el("p", { class: "muted" }, note), bars);
  }
  const name = `grouping-${precision}`;
  const shown = el("div", {}, list(barsOf(steps, "layer")));
  const choice = el("fieldset", { class: "switch" }, el("legend", { class: "hidden" }, "Group the times"));
  for (const grouping of ["layer", "block", "kernel"] as const) {
    const input = el("input", { type: "radio", name, value: grouping, checked: grouping === "layer" });
    input.addEventListener("change", () => shown.replaceChildren(list(barsOf(steps, grouping))));
    choice.append(el("label", {}, input, words[grouping]));
  }
  const mean = runs > 1 ? `, means of ${runs} runs, since browsers round them to 100 µs` : "";
  const note = `GPU timestamps of ${steps.length} dispatches, each in a pass of its own${mean}; their sum is not quite what a run takes.`;
  return el("div", { class: "turn" }, ...head, el("p", { class: "muted" }, note), choice, shown);
}
