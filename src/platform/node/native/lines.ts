/** A child process that answers one JSON object per line: asked with a timeout, stopped by a signal, blamed by its last words. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { CancelledError, DeviceError } from "../../../errors.ts";

export interface ChildOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** What it is, for messages, such as the shim of an engine. */
  readonly what: string;
  /** Milliseconds that the next answer may take. */
  readonly timeout: () => number;
  /** What gives it more time, for the message. */
  readonly patience: string;
}

type Message = Readonly<Record<string, unknown>>;

interface Waiting {
  readonly resolve: (answer: Message) => void;
  readonly reject: (error: Error) => void;
  readonly stop: () => void;
}

/** As much of standard error as is kept. */
const KEPT = 8192;
/** As much of it as a message quotes. */
const QUOTED = 600;
/** No answer is longer: tensors travel by file. */
const LONGEST_LINE = 2 ** 20;
/** Milliseconds that a child may take to end once it has been told to. */
const FAREWELL = 5000;
/** setTimeout takes no more. */
const LONGEST_TIMEOUT = 2 ** 31 - 1;

export class ChildLines {
  /** Resolves once the process has ended and everything it wrote has been read. */
  readonly ended: Promise<void>;
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly options: ChildOptions;
  private readonly waiting = new Map<number, Waiting>();
  private asked = 0;
  private unread = "";
  private errors = "";
  /** Why nothing can be asked any more. */
  private failure: Error | undefined;

  constructor(options: ChildOptions) {
    this.options = options;
    // A group of its own, so that its compilers end with it.
    const { command, args, cwd, env } = options;
    this.child = spawn(command, args, { cwd, env, detached: process.platform !== "win32" });
    this.child.stdout.setEncoding("utf8").on("data", (text: string) => this.read(text));
    this.child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.errors = (this.errors + text).slice(-KEPT);
    });
    this.child.stdin.on("error", () => {}); // the end of the process tells more than a broken pipe
    this.ended = new Promise((resolve) => {
      this.child.on("error", (error) => {
        this.fail(new DeviceError("lost", `${options.what} cannot be started: ${error.message}`));
        if (this.child.pid === undefined) resolve();
      });
      this.child.on("close", (code, signal) => {
        this.fail(this.blamed(signal ? `was ended by ${signal}` : `ended with exit code ${code}`));
        resolve();
      });
    });
  }

  get alive(): boolean {
    return this.failure === undefined;
  }

  /**
   * Sends a message with a number and waits for the answer of that number.
   * @param signal ends the process if it fires
   * @throws {DeviceError} if the process ends, takes too long, or writes anything else than answers
   * @throws {CancelledError} if the signal fires
   */
  ask(message: Message, signal?: AbortSignal): Promise<Message> {
    const id = ++this.asked;
    return new Promise((resolve, reject) => {
      if (this.failure) return reject(this.failure);
      if (signal?.aborted) return reject(new CancelledError());
      const { patience } = this.options;
      const timeout = this.options.timeout();
      const cancel = (): void => this.kill(new CancelledError());
      const timer = setTimeout(
        () => this.kill(this.blamed(`did not answer within ${timeout / 1000} s (${patience}) and was stopped`)),
        Math.min(timeout, LONGEST_TIMEOUT),
      );
      const stop = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", cancel);
      };
      this.waiting.set(id, { resolve, reject, stop });
      signal?.addEventListener("abort", cancel);
      this.child.stdin.write(`${JSON.stringify({ id, ...message })}\n`, (error) => {
        if (error) this.unheard(error);
      });
    });
  }

  /** Lets the process end by itself, and ends it if it does not. */
  async end(): Promise<void> {
    this.child.stdin.end();
    const timer = setTimeout(() => this.kill(), FAREWELL);
    await this.ended;
    clearTimeout(timer);
  }

  /** Ends the process with everything it has started. @param failure what whoever waits for an answer is told */
  kill(failure: Error = new DeviceError("lost", `${this.options.what} was stopped`)): void {
    // What it was about to say is worth hearing if it has ended by itself; its own end reports that.
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.fail(failure);
    const { pid } = this.child;
    try {
      if (pid !== undefined && process.platform !== "win32") process.kill(-pid, "SIGKILL");
      else this.child.kill("SIGKILL");
    } catch {
      this.child.kill("SIGKILL"); // there is no group, or no more
    }
  }

  /** A request could not be written: as a rule the process is about to end, and its end tells more. */
  private unheard(error: Error): void {
    const failure = new DeviceError("lost", `${this.options.what} takes no more requests: ${error.message}`);
    const timer = setTimeout(() => this.kill(failure), FAREWELL);
    void this.ended.then(() => clearTimeout(timer));
  }

  private read(text: string): void {
    this.unread += text;
    for (let end = this.unread.indexOf("\n"); end >= 0; end = this.unread.indexOf("\n")) {
      const line = this.unread.slice(0, end);
      this.unread = this.unread.slice(end + 1);
      this.answer(line);
    }
    if (this.unread.length > LONGEST_LINE) this.garbage(this.unread);
  }

  private answer(line: string): void {
    const message = parsed(line);
    const waiting = typeof message?.id === "number" ? this.waiting.get(message.id) : undefined;
    if (message && waiting) {
      this.waiting.delete(message.id as number);
      waiting.stop();
      waiting.resolve(message);
    } else this.garbage(line);
  }

  private garbage(line: string): void {
    this.kill(
      new DeviceError("internal", `${this.options.what} wrote "${line.trim().slice(0, 120)}", which is no answer`),
    );
  }

  private fail(failure: Error): void {
    this.failure ??= failure;
    for (const { reject, stop } of this.waiting.values()) {
      stop();
      reject(this.failure);
    }
    this.waiting.clear();
  }

  /** An error with the last of what the process wrote to standard error. */
  private blamed(how: string): DeviceError {
    const lines = this.errors
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line !== "");
    const last = lines.slice(-5).join(" | ").slice(-QUOTED);
    const cause = this.errors ? { cause: new Error(this.errors) } : undefined;
    return new DeviceError("lost", `${this.options.what} ${how}${last ? `; its last words: ${last}` : ""}`, cause);
  }
}

function parsed(line: string): Message | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Message) : undefined;
  } catch {
    return undefined;
  }
}
