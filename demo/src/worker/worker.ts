/** The worker: everything that computes, so that the page stays responsive. Stop aborts; the page ends it if it does not answer. */
import type { Envelope, FromWorker, Job, ToWorker } from "../shared/protocol.ts";
import { failureOf } from "./failures.ts";
import { describe, type Hooks, runTrunk } from "./run.ts";
import { Visibility } from "./visibility.ts";

/** Milliseconds between signs of life. */
const HEARTBEAT = 1000;

const visibility = new Visibility();
let stop: AbortController | undefined;

/** Runs a job and tells how it ended; nothing that is thrown gets lost. */
async function answer(id: number, job: Job): Promise<void> {
  stop?.abort();
  const own = new AbortController();
  stop = own;
  const { signal } = own;
  const post = (message: FromWorker, transfer: Transferable[] = []): void =>
    self.postMessage({ id, message } satisfies Envelope, { transfer });
  try {
    await work(job, { post, signal, visibility });
    post({ kind: "done" });
  } catch (error) {
    // A run that was stopped fails in whatever it was doing.
    post(signal.aborted ? { kind: "stopped" } : { kind: "failed", failure: failureOf(error) });
  }
}

async function work(job: Job, hooks: Hooks): Promise<void> {
  if (job.kind === "describe") return describe(hooks);
  visibility.set(job.request.visible);
  if (job.kind === "run") return runTrunk(job.request, hooks);
  if (!__GRAPHS__) throw new Error("the page was built without graphs");
  const { runOpponents } = await import("./opponents.ts");
  await runOpponents(job.request, hooks);
}

self.onmessage = ({ data }: MessageEvent<ToWorker>): void => {
  if (data.kind === "stop") stop?.abort();
  else if (data.kind === "visible") visibility.set(data.visible);
  else void answer(data.id, data.job);
};

setInterval(() => self.postMessage("alive" satisfies Envelope), HEARTBEAT);
