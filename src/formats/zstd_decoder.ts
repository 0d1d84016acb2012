/**
 * zstddec with a memory for each stream. The package has one memory for all, and a stream that is left before its end (malformed,
 * stopped, or enough of it read) keeps its buffers and its window in there for ever: up to 128 MiB each time.
 */
import type { ZSTDDecoder } from "zstddec/stream";

interface Loaded {
  readonly decoder: ZSTDDecoder;
  /** Undefined if somebody else has loaded zstddec before us: then its one memory is everybody's. */
  readonly compiled?: WebAssembly.WebAssemblyInstantiatedSource;
}

let loading: Promise<Loaded> | undefined;

async function load(): Promise<Loaded> {
  const { ZSTDDecoder } = await import("zstddec/stream");
  let compiled: WebAssembly.WebAssemblyInstantiatedSource | undefined;
  class Observed extends ZSTDDecoder {
    override _init(result: WebAssembly.WebAssemblyInstantiatedSource): void {
      compiled = result;
      super._init(result);
    }
  }
  const decoder = new Observed();
  await decoder.init();
  return compiled ? { decoder, compiled } : { decoder };
}

/** One that a finished stream has left empty. */
let spare: ZstdMemory | undefined;

export class ZstdMemory {
  private readonly loaded: Loaded;
  private own: WebAssembly.WebAssemblyInstantiatedSource | undefined;

  private constructor(loaded: Loaded) {
    this.loaded = loaded;
  }

  /** A memory in which nothing is held. */
  static async take(): Promise<ZstdMemory> {
    const taken = spare;
    spare = undefined;
    if (taken) return taken;
    loading ??= load();
    const memory = new ZstdMemory(await loading);
    const { compiled } = memory.loaded;
    if (!compiled) return memory;
    const env = { emscripten_notify_memory_growth: () => memory.select(memory.own) };
    const instance = await WebAssembly.instantiate(compiled.module, { env });
    memory.own = { ...compiled, instance };
    return memory;
  }

  /** Unpacks pieces; to be stepped by {@link step}. */
  decode(pieces: Iterable<Uint8Array>): Generator<Uint8Array> {
    return this.loaded.decoder.decodeStreaming(pieces);
  }

  /** Does a step of unpacking in this memory. Whoever else unpacks finds the package as it was. */
  step<T>(work: () => T): T {
    this.select(this.own);
    try {
      return work();
    } finally {
      this.select(this.loaded.compiled);
    }
  }

  /**
   * Gives it up.
   * @param empty whether the stream has come to its end, which leaves nothing behind: then the next one may have it
   */
  release(empty: boolean): void {
    if (empty) spare = this;
    else this.own = undefined; // whoever keeps the error of a stream does not keep its memory
  }

  private select(source: WebAssembly.WebAssemblyInstantiatedSource | undefined): void {
    if (source) this.loaded.decoder._init(source);
  }
}
