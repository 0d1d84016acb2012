/** Where the time goes, by layer and by kernel, or by type of node: what `bench --profile` found. */
import type { Profile, ProfileGroup } from "../../core/profile.ts";
import {
  type Column,
  type Entry,
  entry,
  numeric,
  type Part,
  type ReportFigure,
  type ReportTable,
} from "../document.ts";
import { stacksFigure } from "../figures/rows.ts";
import type { Run } from "../gather.ts";
import { percentText, rateText, timeText } from "../units.ts";
import { deviceEntry, devicesRemark, MOST_ROWS, slug } from "./common.ts";
import { stacksOf } from "./where.ts";

/** The longest; the files of the profile have all. */
const MOST_GROUPS = 20;

interface Named extends ProfileGroup {
  readonly name: string;
}

const layersOf = ({ layers }: Profile): Named[] => layers.map((one) => ({ ...one, name: one.layer }));
const kernelsOf = ({ kernels }: Profile): Named[] =>
  kernels.map((one) => ({ ...one, name: one.variant === "" ? one.kernel : `${one.kernel} (${one.variant})` }));

/** Types of nodes, whoever ran them: those of a CPU and of a GPU have one colour. */
const typesOf = ({ kernels }: Profile): Named[] => kernels.map((one) => ({ ...one, name: one.kernel }));

/** What profiles of one clock are called: files, columns and sentences. */
interface Kind {
  readonly id: string;
  readonly title: string;
  readonly paragraph: string;
  /** Of files; `layer` or `kernel` follows. */
  readonly name: string;
  readonly time: string;
  /** The column's head and its name in CSV files. */
  readonly head: string;
  readonly column: string;
  readonly axis: string;
  /** Whether work and roofline are known. */
  readonly work: boolean;
}

const gpu: Kind = {
  id: "profile",
  title: "Where the GPU's time goes",
  paragraph:
    "By GPU timestamps, each dispatch in a pass of its own: what is said of shares holds, but the sum is more than an undisturbed pass takes. Rows of the tables are the longest twenty.",
  ...{ name: "gpu-time-by", time: "GPU time", head: "GPU", column: "gpu_ms" },
  axis: "share of the GPU time of all dispatches",
  work: true,
};

const runtime: Kind = {
  id: "profile-onnx",
  title: "Where ONNX Runtime's time goes",
  paragraph:
    "By ONNX Runtime's own profile of its nodes, in a session beside the one whose passes were timed. It has fused and replaced nodes of the exported graph. Rows of the table are the longest twenty.",
  ...{ name: "onnx-time-by", time: "ONNX Runtime's time", head: "in nodes", column: "node_ms" },
  axis: "share of the time of all nodes",
  work: false,
};

function figureOf(
  kind: Kind,
  by: string,
  profiles: readonly Profile[],
  groupsOf: (profile: Profile) => Named[],
): ReportFigure {
  const stacks = stacksOf(
    profiles.slice(0, MOST_ROWS).map((profile) => ({ label: profile.name, parts: groupsOf(profile) })),
  );
  const alt = `${kind.time} by ${by}. ${stacks
    .map(
      ({ label, parts }) => `${label}: ${parts.map(({ name, share }) => `${name} ${percentText(share)}`).join(", ")}`,
    )
    .join("; ")}.`;
  const spec = { alt, remark: devicesRemark(profiles), xLabel: kind.axis, stacks };
  return {
    name: `${kind.name}-${slug(by)}`,
    title: `${kind.time} by ${by}${stacks.length < profiles.length ? `, ${stacks.length} of ${profiles.length}` : ""}`,
    alt,
    draw: (layout, head) => stacksFigure(spec, layout, head),
  };
}

function tableOf(
  kind: Kind,
  by: string,
  profiles: readonly Profile[],
  groupsOf: (profile: Profile) => Named[],
): ReportTable {
  const work: readonly (readonly [Column, (one: Named) => Entry])[] = [
    [
      { head: "FLOP/s", name: "flops_per_second", number: true },
      (one) => numeric(one.flops_per_second, rateText("FLOP/s")),
    ],
    [{ head: "B/s", name: "bytes_per_second", number: true }, (one) => numeric(one.bytes_per_second, rateText("B/s"))],
    [{ head: "roofline", name: "roofline_share", number: true }, (one) => numeric(one.roofline_share, percentText)],
  ];
  const known = kind.work ? work : [];
  return {
    name: `${kind.name}-${slug(by)}`,
    title: `${kind.time} by ${by}`,
    columns: [
      { head: "row", name: "row" },
      { head: by, name: slug(by).replaceAll("-", "_") },
      { head: "calls", name: "calls", number: true },
      { head: kind.head, name: kind.column, number: true },
      { head: "share", name: "share", number: true },
      ...known.map(([column]) => column),
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
          ...known.map(([, entryOf]) => entryOf(one)),
          deviceEntry(profile.device, profile.software),
        ]),
    ),
  };
}

/** Stacked by layer and by kernel, and the tables; of ONNX Runtime's nodes by their type. */
export function profileParts(runs: readonly Run[]): Part[] {
  const all = runs.flatMap((run) => run.profiles);
  const byRuntime = all.filter(({ clock }) => clock === "ONNX Runtime");
  const byGpu = all.filter((profile) => !byRuntime.includes(profile));
  const layers = ["layer", byGpu, layersOf] as const;
  const kernels = ["kernel", byGpu, kernelsOf] as const;
  return [
    ...partOf(gpu, byGpu, [layers, kernels]),
    ...partOf(runtime, byRuntime, [["node type", byRuntime, kernelsOf]]),
  ];
}

type View = readonly [by: string, profiles: readonly Profile[], groupsOf: (profile: Profile) => Named[]];

function partOf(kind: Kind, profiles: readonly Profile[], views: readonly View[]): Part[] {
  if (profiles.length === 0) return [];
  const { id, title, paragraph } = kind;
  const figures = views.map(([by, own, groupsOf]) => figureOf(kind, by, own, kind.work ? groupsOf : typesOf));
  return [{ id, title, paragraphs: [paragraph], figures, tables: views.map((view) => tableOf(kind, ...view)) }];
}
