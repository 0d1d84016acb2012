/** The progress bar: how much of the run is done, how long the rest takes, and which block of the network runs. */
import type { Progress } from "../shared/protocol.ts";
import { el, part } from "./dom.ts";
import { estimateText, TimeLeft } from "./time_left.ts";

/** Milliseconds between estimates where nothing else is heard. */
const TICK = 1000;

export class ProgressView {
  private readonly box = part("progress");
  private readonly bar = part("bar");
  private readonly list = part("blocks");
  private readonly time = new TimeLeft();
  private began = 0;
  private last: Progress = { doing: "", share: 0 };
  /** The share of the time that has been shown; a bar never goes back. */
  private shown = 0;
  private clock: ReturnType<typeof setInterval> | undefined;

  /** A run begins. @param choices what runs that take equally long have in common; none where the time cannot be told */
  begin(doing: string, choices: string | undefined): void {
    this.began = performance.now();
    this.shown = 0;
    this.estimates = choices !== undefined;
    this.list.replaceChildren();
    this.box.hidden = false;
    this.time.begin(choices ?? "");
    this.show({ doing, share: 0 });
    clearInterval(this.clock);
    this.clock = setInterval(() => this.draw(), TICK);
    this.box.scrollIntoView({ block: "nearest" });
  }

  show(progress: Progress): void {
    this.last = progress;
    this.time.reached(progress.share);
    this.draw();
  }

  /** Time in the background is none of the run's. */
  visible(visible: boolean): void {
    if (visible) this.time.resume();
    else this.time.pause();
  }

  /** The run answers to Stop. */
  stopping(): void {
    clearInterval(this.clock);
    part("doing").textContent = "Stopping";
    part("left").textContent = "";
  }

  /** A piece for each block of the network. */
  blocks(names: readonly string[]): void {
    this.list.replaceChildren(...names.map((name) => el("li", { title: name })));
  }

  /** @param done whether the run came to its end, so that it tells how long the next one takes */
  end(done: boolean): void {
    clearInterval(this.clock);
    if (done && this.estimates) this.time.done();
    this.box.hidden = true;
  }

  private estimates = false;

  private draw(): void {
    const { doing, share, block } = this.last;
    const left = this.estimates ? this.time.left() : undefined;
    const spent = performance.now() - this.began;
    this.shown = Math.max(this.shown, left === undefined ? share : spent / (spent + left));
    const percent = Math.min(99, Math.round(100 * this.shown));
    const known = left !== undefined || share > 0;
    if (known) this.bar.setAttribute("aria-valuenow", String(percent));
    else this.bar.removeAttribute("aria-valuenow");
    this.bar.setAttribute("aria-valuetext", known ? `${percent} %: ${doing}` : doing);
    const [filled] = this.bar.children;
    if (filled instanceof HTMLElement) filled.style.width = `${known ? percent : 0}%`;
    this.bar.classList.toggle("waiting", !known);
    part("doing").textContent = doing;
    part("left").textContent = left === undefined ? spentText(spent) : estimateText(left);
    [...this.list.children].forEach((piece, at) => {
      piece.className = block === undefined ? "" : at < block ? "done" : at === block ? "now" : "";
    });
  }
}

/** What can be said where the rest cannot be told. */
const spentText = (ms: number): string => (ms < 3000 ? "" : `for ${Math.round(ms / 1000)} s so far`);
