/** What the native backend needs of the platform: processes that run the shims, and files to hand tensors over (docs/native.md). */
import type { EngineName } from "../../engines/core/component.ts";

/** One object of the protocol. */
export type ShimMessage = Readonly<Record<string, unknown>>;

/** A part of a file. */
export interface FilePart {
  /** Where its bytes begin in the file. */
  readonly at: number;
  readonly bytes: Uint8Array;
}

/** A running shim with a folder of its own. */
export interface ShimProcess {
  /** Whether it can be asked; once false, it stays so. */
  readonly alive: boolean;
  /**
   * Sends a request and waits for its answer.
   * @param signal ends the process if it fires: what it computes cannot be stopped otherwise
   * @throws {DeviceError} if the process ends, hangs or answers with nonsense
   * @throws {CancelledError} if the signal fires
   */
  ask(request: ShimMessage, signal?: AbortSignal): Promise<ShimMessage>;
  /** The path of a file in the process's folder. */
  path(name: string): string;
  /** Writes a file of that folder, as a whole or not at all. @throws {BadInputError} if it cannot be written */
  write(name: string, parts: Iterable<FilePart>): Promise<void>;
  /** Reads a file of that folder. @throws {BadInputError} if it cannot be read */
  read(name: string): Promise<Uint8Array>;
  /** Removes a file of that folder, if it is there. */
  remove(name: string): Promise<void>;
  /** Ends the process and removes its folder. */
  close(): Promise<void>;
}

/** Why a shim cannot be started, and what helps. */
export interface Missing {
  readonly reason: string;
  readonly fix: string;
}

export interface ShimHost {
  /** What an engine's shim lacks here, as far as files tell; undefined if it can be started. */
  missing(engine: EngineName): Promise<Missing | undefined>;
  /** @throws {BadInputError} if the folder for its files cannot be made */
  start(engine: EngineName): Promise<ShimProcess>;
}
