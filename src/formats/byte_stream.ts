/** Takes exact lengths from pieces of any size. */

export class ByteStream {
  private readonly pieces: AsyncIterator<Uint8Array>;
  private rest: Uint8Array = new Uint8Array(0);

  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.pieces = pieces[Symbol.asyncIterator]();
  }

  /**
   * The next bytes, in memory of their own; fewer only where the stream ends. Nothing is allocated for a length before
   * that many bytes have come, so a length that lies costs no memory.
   */
  async take(length: number): Promise<Uint8Array> {
    const taken = await this.next(length);
    return joined(taken);
  }

  /** As {@link take}, but in the source's own memory where they lie in one piece of it. */
  async view(length: number): Promise<Uint8Array> {
    const taken = await this.next(length);
    return taken.length === 1 ? taken[0] : joined(taken);
  }

  private async next(length: number): Promise<Uint8Array[]> {
    const taken: Uint8Array[] = [];
    let missing = length;
    while (missing > 0) {
      if (this.rest.length === 0) {
        const { done, value } = await this.pieces.next();
        if (done) break;
        this.rest = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
        continue;
      }
      const part = this.rest.subarray(0, missing);
      this.rest = this.rest.subarray(part.length);
      missing -= part.length;
      taken.push(part);
    }
    return taken;
  }

  /** Closes the source, which may have more to give. */
  async close(): Promise<void> {
    await this.pieces.return?.();
  }
}

/** Bytes behind each other, in memory of their own. */
export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
