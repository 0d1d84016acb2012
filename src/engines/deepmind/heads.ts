/** deepmind's heads as components. */
import {
  contactProbabilities,
  type DistogramConfig,
  distogramEdges,
  distogramMap,
} from "../../model/deepmind/distogram.ts";
import type { Component } from "../component.ts";
import { distogramComponent } from "../components/distogram.ts";
import { readDistogramConfig } from "./configs.ts";

export const distogramHead: Component = distogramComponent<DistogramConfig>({
  engine: "deepmind",
  pair: "pair",
  readConfig: readDistogramConfig,
  bins: ({ num_bins }) => num_bins,
  map: distogramMap,
  contacts: { probabilities: contactProbabilities, edges: distogramEdges },
});
