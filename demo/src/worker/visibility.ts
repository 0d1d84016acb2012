/** Whether the tab is in view. Browsers slow tabs that are not, so what is timed there is not counted. */
export class Visibility {
  /** How often it has changed: a time is valid if it did not meanwhile. */
  changes = 0;
  private visible = true;
  private waiting: (() => void)[] = [];

  set(visible: boolean): void {
    if (visible === this.visible) return;
    this.visible = visible;
    this.changes++;
    if (!visible) return;
    for (const go of this.waiting) go();
    this.waiting = [];
  }

  /** Waits until the tab is in view. @param paused called if that is not at once */
  async shown(signal: AbortSignal, paused: () => void): Promise<void> {
    if (this.visible || signal.aborted) return;
    paused();
    await new Promise<void>((resolve) => {
      this.waiting.push(resolve);
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
  }
}
