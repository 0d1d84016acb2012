/** The progress bar: how much of the run is done, and which block of the network runs. */
import type { Progress } from "../shared/protocol.ts";
import { el, part } from "./dom.ts";

export class ProgressView {
  private readonly box = part("progress");
  private readonly bar = part("bar");
  private readonly list = part("blocks");

  show({ doing, share, block }: Progress): void {
    this.box.hidden = false;
    const percent = Math.round(100 * share);
    this.bar.setAttribute("aria-valuenow", String(percent));
    this.bar.setAttribute("aria-valuetext", `${percent} %: ${doing}`);
    const [filled] = this.bar.children;
    if (filled instanceof HTMLElement) filled.style.width = `${percent}%`;
    this.bar.classList.toggle("waiting", percent === 0); // how long a driver compiles cannot be told
    part("doing").textContent = doing;
    [...this.list.children].forEach((piece, at) => {
      piece.className = block === undefined ? "" : at < block ? "done" : at === block ? "now" : "";
    });
  }

  /** A piece for each block of the network. */
  blocks(names: readonly string[]): void {
    this.list.replaceChildren(...names.map((name) => el("li", { title: name })));
  }

  hide(): void {
    this.box.hidden = true;
  }
}
