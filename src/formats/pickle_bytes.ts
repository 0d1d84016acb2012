/** The operands of a pickle's instructions. Nothing is read beyond the end. */

/** More than this names no module and no attribute. */
const MOST_LINE = 1000;

export class PickleBytes {
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private readonly ended: () => Error;
  private at = 0;

  /** @param ended makes the error for an operand that the file does not have */
  constructor(bytes: Uint8Array, ended: () => Error) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.ended = ended;
  }

  private step(length: number): number {
    const at = this.at;
    if (length > this.bytes.length - at) throw this.ended();
    this.at += length;
    return at;
  }

  byte(): number {
    return this.view.getUint8(this.step(1));
  }

  short(): number {
    return this.view.getUint16(this.step(2), true);
  }

  int(): number {
    return this.view.getInt32(this.step(4), true);
  }

  word(): number {
    return this.view.getUint32(this.step(4), true);
  }

  /** Eight bytes; what is too large to be a length is longer than any file. */
  long(): number {
    return Number(this.view.getBigUint64(this.step(8), true));
  }

  /** Big-endian, alone of all. */
  double(): number {
    return this.view.getFloat64(this.step(8), false);
  }

  /** A whole number of so many bytes, in two's complement; a bigint where no number holds it. */
  integer(length: number): number | bigint {
    let value = 0n;
    const bytes = this.take(length);
    for (let at = length - 1; at >= 0; at--) value = (value << 8n) | BigInt(bytes[at]);
    const signed = BigInt.asIntN(8 * length, value);
    return Number.isSafeInteger(Number(signed)) ? Number(signed) : signed;
  }

  take(length: number): Uint8Array {
    const at = this.step(length);
    return this.bytes.subarray(at, at + length);
  }

  /** UTF-8; Python's own halves of characters are replaced. */
  text(length: number): string {
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(this.take(length));
  }

  /** Up to the end of the line. */
  line(): string {
    const end = this.bytes.subarray(this.at, this.at + MOST_LINE).indexOf(0x0a);
    if (end < 0) throw this.ended();
    const text = this.text(end);
    this.at += 1;
    return text;
  }
}
