/** The distogram as maps. */
import type { Maps } from "../shared/protocol.ts";
import { el } from "./dom.ts";
import { heatmap } from "./heatmap.ts";
import { shownOf } from "./ran_view.ts";
import type { Ran } from "./results.ts";

/** @param why there are no maps */
export function mapsView(maps: Maps | undefined, why: string, ran: Ran): HTMLElement {
  const { choices, file } = ran;
  if (!maps) return el("p", { class: "muted" }, `There is no distogram: ${why}.`);
  const { tokens, bins, range, distance, contact } = maps;
  const residues = choices.sequence.length === tokens ? choices.sequence : maps.residues;
  const random = !file && !choices.weights;
  return el(
    "div",
    {},
    el(
      "p",
      { class: "muted" },
      shownOf(ran),
      random
        ? "The distogram head, run on the pair representation. With random weights the maps show no structure of a protein, only that numbers flow."
        : "The distogram head, run on the pair representation with the given weights. The features are synthetic: this is no prediction.",
    ),
    el(
      "div",
      { class: "maps" },
      heatmap({
        title: "Expected distance",
        note: `The mean over ${bins} bins of distance; near is bright.`,
        values: distance,
        ...{ tokens, residues },
        text: (value) => `${value.toFixed(2)}\u00a0Å`,
        range,
        quantity: "Distance, Å",
        inverse: true,
      }),
      heatmap({
        title: "Contacts",
        note: "The probability that two tokens are nearer than 8\u00a0Å; likely is bright.",
        values: contact,
        ...{ tokens, residues },
        text: (value) => value.toFixed(3),
        range: [0, 1],
        quantity: "Probability",
      }),
    ),
  );
}
