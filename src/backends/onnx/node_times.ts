/** ONNX Runtime's own profile of a session: the time of every node, read from the trace that it writes. Pure functions. */
import type { ProfiledStep } from "../profile.ts";
import type { OnnxProvider } from "./host.ts";

/** What a trace holds of an event; times in microseconds. */
interface TraceEvent {
  readonly cat: string;
  readonly name: string;
  readonly ts: number;
  readonly dur: number;
  readonly args?: { readonly op_name?: string; readonly provider?: string };
}

/** A node that has run, or what a GPU did for one. */
type Ran = Pick<ProfiledStep, "label" | "kernel" | "variant"> & { readonly ms: number };

/** Names of nodes are paths of scopes where an exporter has kept them. */
const labelOf = (name: string): string => name.replace(/^\/+/, "");

const NODE = "_kernel_time";
/** Nodes that have subgraphs, whose nodes stand before them. */
const OUTER = ["If", "Loop", "Scan"];

/** Nodes on the CPU, which ran one after the other. Those of a node's own subgraph are part of its time. */
function onCpu(events: readonly TraceEvent[]): Ran[] {
  const kept: TraceEvent[] = [];
  for (const event of events) {
    if (event.cat !== "Node" || !event.name.endsWith(NODE)) continue;
    if (OUTER.includes(event.args?.op_name ?? "")) while ((kept.at(-1)?.ts ?? -1) >= event.ts) kept.pop();
    kept.push(event);
  }
  return kept.map(({ name, dur, args }) => ({
    label: labelOf(name.slice(0, -NODE.length)),
    kernel: args?.op_name ?? "",
    variant: (args?.provider ?? "").replace(/ExecutionProvider$/, ""),
    ms: dur / 1000,
  }));
}

/** Dispatches by GPU timestamps: named `node&type&program`, the first of them empty where a node has no name. */
const onGpu = (events: readonly TraceEvent[]): Ran[] =>
  events
    .filter(({ cat }) => cat === "Api")
    .sort((a, b) => a.ts - b.ts)
    .map(({ name, dur }) => {
      const [node = "", kernel = "", variant = ""] = name.split("&");
      return { label: labelOf(node === "" ? kernel : node), kernel, variant, ms: dur / 1000 };
    });

/** The event of a whole trip through the graph, which stands behind those of its nodes. */
const TRIP = "model_run";

/**
 * The nodes of each run, in order, each with its milliseconds in every trip through the graph. The first run is left out: it allocates.
 * @param trace what ONNX Runtime wrote
 * @param provider `webgpu`: dispatches by GPU timestamps, and no node that is left to the CPU
 * @param runs how often the work was run, the first time included: two at least
 * @param trips through the graph in one run of the work; each ended before the next one began
 * @returns empty lists if no time was taken
 * @throws {Error} unless the trace is of so many runs, all with the same nodes
 */
export function nodeTimes(trace: string, provider: OnnxProvider, runs: number, trips: number): ProfiledStep[][] {
  const events = JSON.parse(trace) as TraceEvent[];
  const starts = events.flatMap(({ name, ts }) => (name === TRIP ? [ts] : [])).sort((a, b) => a - b);
  // It stops recording at a million events, and says nothing.
  if (starts.length !== runs * trips)
    throw new Error(`ONNX Runtime's profile holds ${starts.length} of ${runs * trips} runs`);
  const all = starts.slice(trips).map((start, at, rest) => {
    const end = rest[at + 1] ?? Number.POSITIVE_INFINITY;
    const own = events.filter(({ ts }) => ts >= start && ts < end);
    return provider === "webgpu" ? onGpu(own) : onCpu(own);
  });
  const names = all.map((ran) => ran.map(({ label, kernel, variant }) => [label, kernel, variant].join()).join("\n"));
  if (names.some((one) => one !== names[0])) throw new Error("ONNX Runtime's runs had different nodes");
  return Array.from({ length: runs - 1 }, (_, run) => {
    const own = all.slice(run * trips, (run + 1) * trips);
    return own[0].map(({ label, kernel, variant }, at) => {
      const times = own.map((ran) => ran[at].ms);
      const ms = times.reduce((sum, time) => sum + time, 0);
      // ONNX Runtime has fused and replaced nodes: what the rest costs, nobody has counted.
      return { section: "", label, kernel, variant, flops: 0, bytes: 0, ms, times };
    });
  });
}
