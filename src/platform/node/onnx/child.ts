/** The parent's end of ONNX Runtime's process: questions, answers, and what it means when it ends. */
import { type ChildProcess, fork } from "node:child_process";
import path from "node:path";
import { BadInputError, CancelledError, DeviceError, UnavailableError } from "../../../errors.ts";
import { packageFolder } from "../folders.ts";
import { type FromOnnx, MARK, type OnnxAnswers, type OnnxAsk, type OnnxFailure } from "./protocol.ts";

/** Built: Node 20 runs no TypeScript. */
const PROGRAM = path.join(packageFolder, "dist", "platform", "node", "onnx", "process.js");

/** Bytes of standard error that are kept, for messages. */
const KEPT = 8192;

interface Waiting {
  readonly resolve: (answer: OnnxAnswers[keyof OnnxAnswers]) => void;
  readonly reject: (error: Error) => void;
  readonly progress: ((trip: number) => void) | undefined;
}

const NOISE = /^Warning: max\w+ artificially reduced|^\d{4}-\d\d-\d\d .*\[[VIW]:onnxruntime/;

export class OnnxChild {
  private readonly child: ChildProcess;
  private readonly waiting = new Map<number, Waiting>();
  private readonly exit: Promise<void>;
  private said = "";
  private ended: Error | undefined;
  private next = 1;

  constructor(program = PROGRAM) {
    // cuBLAS rounds float32 to TF32 unless told not to, and onnxruntime-node has no option for it.
    const env = { ...process.env, NVIDIA_TF32_OVERRIDE: "0" };
    this.child = fork(program, [], {
      serialization: "advanced",
      execArgv: [],
      env,
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    this.child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.said += text;
      // Between two marks everything counts; placements() cuts it off.
      if (!this.said.includes(MARK)) this.said = this.said.slice(-KEPT);
    });
    this.child.on("message", (message: FromOnnx) => this.receive(message));
    this.exit = new Promise((resolve) => {
      const end = (why: string): void => {
        this.ended ??= new DeviceError("lost", `ONNX Runtime's process ${why}${this.lastWords()}`);
        this.refuse(this.ended);
        resolve();
      };
      this.child.on("error", (error) => end(`did not start (${error.message})`));
      this.child.on("close", (code, signal) => end(`ended by itself (${signal ?? `exit code ${code}`})`));
    });
    this.idle();
  }

  /**
   * Asks and waits for the answer.
   * @param signal ends the process if it fires
   * @throws {BadInputError}, {UnavailableError} or {DeviceError}, as the process says or if it ends; {CancelledError}
   */
  ask<Ask extends OnnxAsk>(
    ask: Ask,
    {
      signal,
      progress,
    }: { readonly signal?: AbortSignal | undefined; readonly progress?: ((trip: number) => void) | undefined } = {},
  ): Promise<OnnxAnswers[Ask["op"]]> {
    if (this.ended) return Promise.reject(this.ended);
    const id = this.next++;
    const onAbort = (): void => void this.stop(new CancelledError());
    return new Promise<OnnxAnswers[keyof OnnxAnswers]>((resolve, reject) => {
      if (signal?.aborted) return reject(new CancelledError());
      this.waiting.set(id, { resolve, reject, progress });
      this.child.ref();
      this.child.channel?.ref();
      signal?.addEventListener("abort", onAbort, { once: true });
      this.child.send({ ...ask, id }, (error) => {
        if (error) void this.stop(new DeviceError("lost", `ONNX Runtime's process does not listen (${error.message})`));
      });
    }).finally(() => {
      signal?.removeEventListener("abort", onAbort);
      this.idle();
    }) as Promise<OnnxAnswers[Ask["op"]]>;
  }

  /** How many nodes of the opened graph each provider has; undefined if ONNX Runtime did not say. */
  async placements(): Promise<ReadonlyMap<string, number> | undefined> {
    await this.ask({ op: "placement" });
    // What was written before an answer may be read after it.
    for (let tries = 0; this.said.split(MARK).length < 3 && tries < 100; tries++)
      await new Promise((resolve) => setTimeout(resolve, 10));
    const [, between] = this.said.split(MARK);
    this.said = "";
    const found = [...(between ?? "").matchAll(/odes?(?:\(s\))? placed on \[(\w+)\]\. Number of nodes: (\d+)/g)];
    return found.length ? new Map(found.map(([, provider, count]) => [provider, Number(count)])) : undefined;
  }

  /** Ends the process. @param why what those hear who wait for it */
  async stop(why: Error = new DeviceError("lost", "ONNX Runtime's process was closed")): Promise<void> {
    this.ended ??= why;
    this.child.ref();
    this.child.kill("SIGKILL");
    this.refuse(this.ended); // now: an answer that is on its way would come too late for whoever stopped it
    await this.exit;
  }

  /** Tells all that wait why the process is gone. */
  private refuse(why: Error): void {
    for (const { reject } of this.waiting.values()) reject(why);
    this.waiting.clear();
  }

  private receive(message: FromOnnx): void {
    const waiting = this.waiting.get(message.id);
    if ("trip" in message) {
      waiting?.progress?.(message.trip);
      return;
    }
    this.waiting.delete(message.id);
    if ("failure" in message) waiting?.reject(errorOf(message.failure));
    else waiting?.resolve(message.answer);
  }

  /** Lets this process end although that one waits for questions. */
  private idle(): void {
    if (this.waiting.size > 0) return;
    this.child.unref();
    this.child.channel?.unref();
    (this.child.stderr as { unref?: () => void } | null)?.unref?.();
  }

  private lastWords(): string {
    const lines = this.said.split("\n").filter((line) => line.trim() !== "" && !NOISE.test(line));
    return lines.length ? `; its last words: ${lines.slice(-3).join(" | ").slice(-500)}` : "";
  }
}

function errorOf({ kind, message, fix }: OnnxFailure): Error {
  switch (kind) {
    case "bad-input":
      return new BadInputError(message);
    case "unavailable":
      return new UnavailableError(message, fix ?? "");
    case "out-of-memory":
      return new DeviceError("out-of-memory", `ONNX Runtime has not enough memory: ${message}`);
    case "failed":
      return new DeviceError("internal", `ONNX Runtime failed: ${message}`);
  }
}
