/** The results: parts of a run on the page as they come, and what they are results of. */
import { precisionsOf, precisionWords } from "../shared/choices.ts";
import type { Check, Choices, Part, Times } from "../shared/protocol.ts";
import { part, refill, reveal } from "./dom.ts";
import { mapsView } from "./maps_view.ts";
import { opponentsView } from "./oppose_view.ts";
import { pairView } from "./pair_view.ts";
import { ranView } from "./ran_view.ts";
import { shareView } from "./share.ts";
import { stepsView } from "./steps_view.ts";
import { checkView, summaryView } from "./views.ts";

/** What was run, as it was when it began; the form may say something else by now. */
export interface Ran {
  readonly choices: Choices;
  /** Name of the visitor's own file of weights, which no link holds. */
  readonly file: string | undefined;
}

export class Results {
  private readonly box = part("results");
  private readonly again: () => void;
  private readonly opposeAgain: () => void;
  private ran: Ran | undefined;
  check: Check | undefined;
  /** By precision, in the order of their turns. */
  times: readonly Times[] = [];
  private rows: readonly (Part & { name: "rows" })["rows"][number][] = [];
  private tensors: Uint8Array<ArrayBuffer> | undefined;
  software = false;

  constructor(again: () => void, opposeAgain: () => void) {
    this.again = again;
    this.opposeAgain = opposeAgain;
  }

  /** A run begins: there are no results of it yet. */
  clear(ran: Ran): void {
    this.ran = ran;
    [this.check, this.times, this.rows, this.tensors] = [undefined, [], [], undefined];
    this.box.hidden = true;
    for (const section of this.box.querySelectorAll("section")) section.hidden = true;
  }

  /** Whether anything is there to be seen. */
  get any(): boolean {
    return !this.box.hidden;
  }

  /** Scrolls to the results, unless the visitor is there already. */
  reveal(): void {
    if (this.any) reveal(this.box);
  }

  /** Shows a part. @param ran what it is a result of */
  show(given: Part, ran: Ran): void {
    switch (given.name) {
      case "blocks":
        return;
      case "check":
        this.check = given.check;
        this.fill("check", checkView(given.check, ran.choices.engine, this.again));
        this.summary(ran);
        break;
      case "times":
        this.times = [...this.times, given.times];
        this.summary(ran);
        break;
      case "steps":
        if (precisionsOf(ran.choices).length === 1) this.fill("steps", stepsView(given.steps));
        else {
          const view = stepsView(given.steps, precisionWords[given.steps.precision]);
          if (this.times.length > 1) part("steps").append(view);
          else this.fill("steps", view);
        }
        break;
      case "maps":
        this.fill("maps", mapsView(given.maps, given.why, ran));
        break;
      case "pair":
        this.fill("pair", pairView(given.statistics, ran));
        break;
      case "rows":
        this.rows = [...this.rows, ...given.rows];
        this.share();
        break;
      case "tensors":
        this.tensors = given.bytes;
        this.share();
        break;
      case "opponents":
        refill(part("oppose"), opponentsView(given.opponents, ran, this.software, this.opposeAgain));
        this.addRows(given.rows, ran);
    }
  }

  private fill(id: string, content: HTMLElement): void {
    const section = part(id).closest("section");
    if (section) section.hidden = false;
    this.box.hidden = false;
    refill(part(id), content);
  }

  private summary(ran: Ran): void {
    this.fill("ran", ranView(ran));
    this.fill("summary", summaryView(this.times, this.check, this.software));
  }

  /** A comparison of other choices than the run's stands for itself. */
  private addRows(rows: Results["rows"], ran: Ran): void {
    const same = this.ran && JSON.stringify(this.ran) === JSON.stringify(ran);
    if (!same) [this.ran, this.rows, this.tensors] = [ran, [], undefined];
    this.rows = [...this.rows, ...rows];
    this.share();
  }

  private share(): void {
    if (this.ran && this.rows.length > 0)
      this.fill("share", shareView({ ran: this.ran, rows: this.rows, tensors: this.tensors }));
  }
}
