/** What the results are results of. */
import { defaults, precisionsOf, precisionText, precisionWords } from "../shared/choices.ts";
import { el } from "./dom.ts";
import type { Ran } from "./results.ts";

/** Letters of a sequence that are shown; the rest is a hover or a copied link away. */
const SHOWN = 24;

/** A sequence, cut in its middle if it is long. */
export const shortSequence = (sequence: string): string =>
  sequence.length <= SHOWN ? sequence : `${sequence.slice(0, SHOWN / 2)}…${sequence.slice(-SHOWN / 2)}`;

/** What was run, as terms and values. */
export function ranTerms({ choices, file }: Ran): (readonly [term: string, value: string])[] {
  const { engine, tokens, sequence, seed, weights } = choices;
  return [
    ["Engine", engine],
    ["N", String(tokens)],
    ["Sequence", sequence ? shortSequence(sequence) : "from the seed"],
    ["Seed", String(seed)],
    ["Precision", precisionText(choices)],
    ["Weights", file ?? (weights || "random")],
  ];
}

/** The same in one line. */
export const ranText = ({ choices, file }: Ran): string =>
  [
    choices.engine,
    `N\u00a0=\u00a0${choices.tokens}`,
    ...(choices.sequence ? [`sequence ${shortSequence(choices.sequence)}`] : []),
    `seed\u00a0${choices.seed}`,
    ...(choices.precision === defaults.precision ? [] : [precisionText(choices)]),
    ...(file || choices.weights ? [`weights ${file ?? choices.weights}`] : []),
  ].join(" · ");

/** Which of several precisions a figure shows that shows one; nothing where there is one only. */
export function shownOf({ choices }: Pick<Ran, "choices">): string {
  const [first, ...others] = precisionsOf(choices);
  return others.length > 0 ? `Of the run in ${precisionWords[first]}. ` : "";
}

export const ranView = (ran: Ran): HTMLElement =>
  el(
    "dl",
    { class: "ran", "data-ran": true },
    ...ranTerms(ran).map(([term, value]) =>
      el(
        "div",
        {},
        el("dt", {}, term),
        el("dd", { title: term === "Sequence" ? ran.choices.sequence || undefined : undefined }, value),
      ),
    ),
  );
