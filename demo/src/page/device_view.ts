/** The card of the GPU. */
import type { DeviceCard } from "../shared/protocol.ts";
import { bytes, el, facts } from "./dom.ts";
import type { PageState } from "./state.ts";

const SHOWN_LIMITS = [
  ["maxBufferSize", "Largest buffer", bytes],
  ["maxStorageBufferBindingSize", "Largest binding", bytes],
  ["maxComputeWorkgroupStorageSize", "Workgroup memory", bytes],
  ["maxComputeInvocationsPerWorkgroup", "Invocations per workgroup", String],
] as const;

/** What is said of a GPU of which nothing is known yet, or any more. */
export function deviceWords({ at }: PageState): string {
  if (at === "looking" || at === "running" || at === "stopping") return "Looking for it…";
  if (at === "blocked") return "None that can be used.";
  return "Not known yet: a run looks for it.";
}

export function deviceView(card: DeviceCard): HTMLElement {
  const told = ([, value]: readonly [string, string]): boolean => value !== "";
  const { limits, features } = card;
  const all = Object.entries(limits).map(([name, value]) => [name, value.toLocaleString("en")] as const);
  const software = "A CPU does the GPU’s work here: slowly, and its times say nothing about GPUs.";
  return el(
    "div",
    {},
    el("p", { class: "device-name" }, card.name),
    ...(card.software ? [el("p", { class: "notice", "data-tone": "warn" }, software)] : []),
    el(
      "details",
      { class: "after" },
      el("summary", {}, "Features and limits"),
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
    ),
  );
}
