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
    const whole = new Uint8Array(length - missing);
    let at = 0;
    for (const part of taken) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }

  /** Closes the source, which may have more to give. */
  async close(): Promise<void> {
    await this.pieces.return?.();
  }
}
