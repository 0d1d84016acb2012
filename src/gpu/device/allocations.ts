/** How many bytes of buffers a device holds, counted as they are made and destroyed. */

export class Allocations {
  /** Bytes that are held now. */
  now = 0;
  /** The most at once since {@link restart}. */
  peak = 0;
  private readonly live = new WeakSet<object>();

  /** Counts a buffer. @param buffer says its own size @returns it */
  add<T extends { readonly size: number }>(buffer: T): T {
    this.live.add(buffer);
    this.now += buffer.size;
    this.peak = Math.max(this.peak, this.now);
    return buffer;
  }

  /** Counts a buffer no longer; a second time changes nothing. */
  remove(buffer: { readonly size: number }): void {
    if (this.live.delete(buffer)) this.now -= buffer.size;
  }

  /** Begins a new peak. */
  restart(): void {
    this.peak = this.now;
  }
}
