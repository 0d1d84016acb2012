/** The panel of opponents: how to get them, or how they compare. */
import { type EngineName, engineInfo, engineNames } from "af3-gpu";
import { geometricMean, median } from "af3-gpu/bench";
import { defaults, precisionsOf, precisionWords } from "../shared/choices.ts";
import type { Opponent } from "../shared/protocol.ts";
import { button, duration, el, table } from "./dom.ts";
import { ranText } from "./ran_view.ts";
import type { Ran } from "./results.ts";

/** Where graphs are for one size only, that of the page's own choice. */
const exportCommand = (engine: EngineName): string => {
  const size = engineInfo(engine).graphs.fixedSizes ? ` --seq-len ${defaults.tokens}` : "";
  return `af3-gpu export onnx --engine ${engine} --component trunk --preset tiny${size} --out demo/public/graphs`;
};

/** Why there are none here, and how to get them. */
export const withoutGraphs = (): HTMLElement =>
  el(
    "div",
    { "data-opponents": "none" },
    el(
      "p",
      {},
      "The same trunk can run here through ONNX Runtime Web, on WebGPU and in WebAssembly, in turns with ours. This copy of the page was built without the graphs for it.",
    ),
    el(
      "details",
      {},
      el("summary", {}, "How to build it with them"),
      el(
        "pre",
        { tabindex: 0, role: "region", "aria-label": "Commands" },
        el("code", {}, [...engineNames.map(exportCommand), "npm run demo"].join("\n")),
      ),
      el(
        "p",
        { class: "muted" },
        "The exporters need Python once; docs/onnx.md says how. The site grows by 41\u00a0MB, fetched only when you compare.",
      ),
    ),
  );

/** The invitation to compare. */
export const invitation = (start: () => void): HTMLElement =>
  el(
    "div",
    { "data-opponents": "ready" },
    el(
      "p",
      {},
      "The same trunk, weights and inputs through ONNX Runtime Web, on WebGPU and in WebAssembly, in turns with ours. It computes in float32, whatever precision is chosen for ours. It fetches up to 41\u00a0MB.",
    ),
    el("div", { class: "actions" }, button("Compare", start)),
  );

/** Times side by side; ratios are those of passes in turns. */
export function opponentsView(
  opponents: readonly Opponent[],
  ran: Ran,
  software: boolean,
  again: () => void,
): HTMLElement {
  const [ours] = opponents;
  const [precision] = precisionsOf(ran.choices);
  const plain = opponents.every((one) => one.precision === "f32");
  const ratio = ({ passes }: Opponent): string => {
    const pairs = passes.map((time, at) => time / ours.passes[at]).filter(Number.isFinite);
    return pairs.length ? `${geometricMean(pairs).toFixed(2)} ×` : "–";
  };
  return el(
    "div",
    { "data-opponents": "done" },
    el("p", {}, ranText(ran)),
    table(
      "Passes in turns",
      [
        { head: "Runtime" },
        { head: "Median pass", number: true },
        { head: plain ? "Time against ours" : `Time against ours in ${precisionWords[precision]}`, number: true },
        { head: "Compile", number: true },
        { head: "Error", number: true },
        { head: "How" },
      ],
      opponents.map((one) =>
        one.failed
          ? [one.name, "–", "–", "–", "–", el("span", { class: "bad" }, one.failed)]
          : [
              one.name,
              duration(median(one.passes)),
              one === ours ? "1" : ratio(one),
              one.compile === undefined ? "–" : duration(one.compile),
              one.error === undefined ? "–" : `${one.error.toExponential(1)} (${one.check})`,
              one.settings,
            ],
      ),
    ),
    el(
      "p",
      { class: "note after" },
      `${ours.passes.length === 1 ? "One round" : `${ours.passes.length} rounds`}, each runtime once per round; ratios are geometric means over rounds, with upload and read-back. Wrong outputs have no times.${plain ? "" : " ONNX Runtime computes in float32."}${software ? " A CPU does the GPU’s work here, so these ratios say nothing about GPUs." : ""}`,
    ),
    el("div", { class: "actions" }, button("Compare again", again)),
  );
}
