/** Where the GPU's time goes, by layer and by kernel: what `bench --profile` found. */
import type { Profile, ProfileGroup } from "../../core/profile.ts";
import { type Entry, entry, numeric, type Part, type ReportFigure, type ReportTable } from "../document.ts";
import { stacksFigure } from "../figures/rows.ts";
import type { Run } from "../gather.ts";
import { percentText, rateText, timeText } from "../units.ts";
import { deviceEntry, MOST_ROWS, softwareRemark } from "./common.ts";
import { sharesOf } from "./where.ts";

/** The longest; the files of the profile have all. */
const MOST_GROUPS = 20;

interface Named extends ProfileGroup {
  readonly name: string;
}

const layersOf = ({ layers }: Profile): Named[] => layers.map((one) => ({ ...one, name: one.layer }));
const kernelsOf = ({ kernels }: Profile): Named[] =>
  kernels.map((one) => ({ ...one, name: one.variant === "" ? one.kernel : `${one.kernel} (${one.variant})` }));

function figureOf(by: string, profiles: readonly Profile[], groupsOf: (profile: Profile) => Named[]): ReportFigure {
  const stacks = profiles
    .slice(0, MOST_ROWS)
    .map((profile) => ({ label: profile.name, parts: sharesOf(groupsOf(profile)) }));
  const alt = `GPU time by ${by}. ${stacks
    .map(
      ({ label, parts }) => `${label}: ${parts.map(({ name, share }) => `${name} ${percentText(share)}`).join(", ")}`,
    )
    .join("; ")}.`;
  const spec = { alt, remark: softwareRemark(profiles), xLabel: "share of the GPU time of all dispatches", stacks };
  return {
    name: `gpu-time-by-${by}`,
    title: `GPU time by ${by}${stacks.length < profiles.length ? `, ${stacks.length} of ${profiles.length}` : ""}`,
    alt,
    draw: (layout, head) => stacksFigure(spec, layout, head),
  };
}

function tableOf(by: string, profiles: readonly Profile[], groupsOf: (profile: Profile) => Named[]): ReportTable {
  return {
    name: `gpu-time-by-${by}`,
    title: `GPU time by ${by}`,
    columns: [
      { head: "row", name: "row" },
      { head: by, name: by },
      { head: "calls", name: "calls", number: true },
      { head: "GPU", name: "gpu_ms", number: true },
      { head: "share", name: "share", number: true },
      { head: "FLOP/s", name: "flops_per_second", number: true },
      { head: "B/s", name: "bytes_per_second", number: true },
      { head: "roofline", name: "roofline_share", number: true },
      { head: "device", name: "device" },
    ],
    rows: profiles.flatMap((profile) =>
      groupsOf(profile)
        .slice(0, MOST_GROUPS)
        .map((one): Entry[] => [
          entry(profile.name),
          entry(one.name),
          numeric(one.calls, String),
          numeric(one.ms, timeText),
          numeric(one.share, percentText),
          numeric(one.flops_per_second, rateText("FLOP/s")),
          numeric(one.bytes_per_second, rateText("B/s")),
          numeric(one.roofline_share, percentText),
          deviceEntry(profile.device, profile.software),
        ]),
    ),
  };
}

/** Stacked by layer and by kernel, and the tables. */
export function profileParts(runs: readonly Run[]): Part[] {
  const profiles = runs.flatMap((run) => run.profiles);
  if (profiles.length === 0) return [];
  return [
    {
      id: "profile",
      title: "Where the GPU's time goes",
      paragraphs: [
        "By GPU timestamps, each dispatch in a pass of its own: what is said of shares holds, but the sum is more than an undisturbed pass takes. Rows of the tables are the longest twenty.",
      ],
      figures: [figureOf("layer", profiles, layersOf), figureOf("kernel", profiles, kernelsOf)],
      tables: [tableOf("layer", profiles, layersOf), tableOf("kernel", profiles, kernelsOf)],
    },
  ];
}
