/** The page's end of the worker: starts it, listens for signs of life, and ends it if it does not stop. */
import type { Envelope, Failure, FromWorker, Job, ToWorker } from "../shared/protocol.ts";

/** Milliseconds without a sign of life after which a worker is given up. ONNX Runtime's wasm computes without giving way. */
const SILENCE = { run: 30_000, oppose: 180_000 } as const;
/** Milliseconds that a stopped run has to end by itself. */
const GRACE = 2000;

export interface Listener {
  message(message: FromWorker): void;
  failed(failure: Failure): void;
  /** @param killed whether it did not answer in time, and its worker was ended */
  stopped(killed: boolean): void;
}

export class Client {
  private readonly listener: Listener;
  private worker: Worker | undefined;
  /** The job that is listened to. */
  private id = 0;
  private heard = 0;
  private watch: ReturnType<typeof setInterval> | undefined;
  private grace: ReturnType<typeof setTimeout> | undefined;

  constructor(listener: Listener) {
    this.listener = listener;
  }

  /** Whether a job has been given that has not ended. */
  get busy(): boolean {
    return this.watch !== undefined;
  }

  /** Gives the worker a job. */
  ask(job: Job, transfer: Transferable[] = []): void {
    this.worker ??= this.start();
    this.settle();
    this.id++;
    this.heard = performance.now();
    const silence = SILENCE[job.kind === "oppose" ? "oppose" : "run"];
    this.watch = setInterval(() => {
      if (performance.now() - this.heard > silence) this.fail({ kind: "silent", detail: "" });
    }, 1000);
    this.worker.postMessage({ kind: "job", id: this.id, job } satisfies ToWorker, transfer);
  }

  visible(visible: boolean): void {
    this.heard = performance.now(); // timers of tabs in the background are slowed; that is no silence
    this.worker?.postMessage({ kind: "visible", visible } satisfies ToWorker);
  }

  /** Stops the job; a worker that does not answer in time is ended. */
  stop(): void {
    if (!this.busy || this.grace !== undefined) return;
    this.worker?.postMessage({ kind: "stop" } satisfies ToWorker);
    this.grace = setTimeout(() => {
      this.end();
      this.listener.stopped(true);
    }, GRACE);
  }

  private start(): Worker {
    const worker = new Worker(new URL("../worker/worker.ts", import.meta.url), { type: "module", name: "af3-gpu" });
    worker.onmessage = ({ data }: MessageEvent<Envelope>) => this.receive(data);
    worker.onerror = (event) => this.fail({ kind: "script", detail: event.message ?? "" });
    return worker;
  }

  private receive(envelope: Envelope): void {
    this.heard = performance.now();
    if (envelope === "alive" || envelope.id !== this.id) return;
    const { message } = envelope;
    if (message.kind === "done" || message.kind === "stopped" || message.kind === "failed") this.settle();
    if (message.kind === "stopped") this.listener.stopped(false);
    else if (message.kind === "failed") this.listener.failed(message.failure);
    else this.listener.message(message);
  }

  private fail(failure: Failure): void {
    this.end();
    this.listener.failed(failure);
  }

  /** No job runs. */
  private settle(): void {
    clearInterval(this.watch);
    clearTimeout(this.grace);
    this.watch = undefined;
    this.grace = undefined;
  }

  /** Ends the worker; the next job starts another. */
  private end(): void {
    this.settle();
    this.worker?.terminate();
    this.worker = undefined;
  }
}
