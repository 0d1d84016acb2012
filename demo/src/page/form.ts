/** The form: from choices to fields and back, with complaints beside the fields. */
import { type EngineName, engineInfo, engineNames } from "af3-gpu";
import { cleanSequence, complaintsAbout, defaults, precisionChoices, tokensOf } from "../shared/choices.ts";
import type { Choices, PrecisionChoice, WeightsFile } from "../shared/protocol.ts";
import { el, enable, find, part } from "./dom.ts";
import { ranText } from "./ran_view.ts";

const NUMBERS = ["tokens", "seed", "passes"] as const;
const FIELDS = [...NUMBERS, "sequence"] as const;

const radio = (name: string, value: string, words: HTMLElement): HTMLElement =>
  el("label", {}, el("input", { type: "radio", name, value }), " ", words);

/** A radio button for each engine; the default one comes first. */
const engineRadios = (): HTMLElement[] => {
  const others = engineNames.filter((name) => name !== defaults.engine).reverse();
  return [defaults.engine, ...others].map((name) => {
    const { source } = engineInfo(name);
    const words = el("span", {}, el("b", {}, name));
    if (source) words.append(" ", el("small", {}, `${source.repo}, ${source.framework}`));
    return radio("engine", name, words);
  });
};

const precisionNotes: Readonly<Record<PrecisionChoice, readonly [name: string, note: string]>> = {
  f32: ["float32", "as the recordings were made"],
  mixed: ["mixed", "weights and operands as halves: half the weights, errors of about 0.001"],
  "f32,mixed": ["both", "side by side, pass by pass in turns"],
};

const precisionRadios = (): HTMLElement[] =>
  precisionChoices.map((choice) => {
    const [name, note] = precisionNotes[choice];
    return radio("precision", choice, el("span", {}, el("b", {}, name), " ", el("small", {}, note)));
  });

export class ChoicesForm {
  private readonly form = find("form", HTMLFormElement);
  private readonly sequence = find("sequence", HTMLTextAreaElement);
  private readonly picker = find("weights", HTMLInputElement);
  private readonly notes = new Map(FIELDS.map((name) => [name, part(`${name}-note`).textContent ?? ""]));
  private address = "";
  private file: File | undefined;

  /** @param changed called when any choice has changed */
  constructor(changed: () => void, submit: () => void) {
    part("engines").append(...engineRadios());
    part("precisions").append(...precisionRadios());
    this.form.addEventListener("input", () => {
      this.refresh();
      changed();
    });
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      submit();
    });
    this.picker.addEventListener("change", () => {
      this.file = this.picker.files?.[0];
      this.address = "";
      this.refresh();
    });
    part("weights-clear").addEventListener("click", () => {
      this.randomWeights();
      changed();
    });
  }

  get choices(): Choices {
    const number = (name: string): number => {
      const { value } = find(name, HTMLInputElement);
      return value.trim() === "" ? Number.NaN : Number(value);
    };
    const chosen = (name: string) => this.form.querySelector<HTMLInputElement>(`input[name=${name}]:checked`)?.value;
    const engine = chosen("engine") as EngineName;
    const precision = chosen("precision") as PrecisionChoice;
    const sequence = cleanSequence(this.sequence.value);
    const tokens = sequence.length || number("tokens");
    const [seed, passes] = [number("seed"), number("passes")];
    return { engine, tokens, seed, passes, precision, sequence, weights: this.address };
  }

  set choices(choices: Choices) {
    for (const name of ["engine", "precision"] as const)
      for (const input of this.form.querySelectorAll<HTMLInputElement>(`input[name=${name}]`))
        input.checked = input.value === choices[name];
    for (const name of NUMBERS) {
      // A number that is none, out of an address, is shown as empty, which is complained of.
      find(name, HTMLInputElement).value = Number.isFinite(choices[name]) ? String(choices[name]) : "";
    }
    this.sequence.value = choices.sequence;
    this.address = choices.weights;
    this.refresh();
  }

  get fileName(): string | undefined {
    return this.file?.name;
  }

  /** The chosen file of weights. @throws if it cannot be read, as when it has been moved since */
  async weightsFile(): Promise<WeightsFile | undefined> {
    if (!this.file) return undefined;
    return { name: this.file.name, bytes: new Uint8Array(await this.file.arrayBuffer()) };
  }

  randomWeights(): void {
    this.file = undefined;
    this.address = "";
    this.picker.value = "";
    this.refresh();
  }

  /** Says what is wrong beside each field. @returns whether all is right; if not, the first wrong field has the focus */
  valid(): boolean {
    const wrong = this.refresh();
    if (wrong.length === 0) return true;
    find("settings", HTMLDetailsElement).open = true; // a field that is folded away takes no focus
    part(wrong[0]).focus();
    return false;
  }

  /** Which of Run and Stop can be pressed. Neither loses the focus: the keyboard stays where it was. */
  buttons({ run, stop }: { readonly run: boolean; readonly stop: boolean }): void {
    enable(find("run", HTMLButtonElement), run);
    const stopper = find("stop", HTMLButtonElement);
    enable(stopper, stop);
    stopper.hidden = !stop && document.activeElement !== stopper;
  }

  /** Brings notes and states of fields up to date. @returns the names of fields that are wrong */
  private refresh(): string[] {
    const { choices } = this;
    const complaints = complaintsAbout(choices);
    for (const name of FIELDS) {
      const [field, note, complaint] = [part(name), part(`${name}-note`), complaints[name]];
      field.toggleAttribute("aria-invalid", false);
      if (complaint) field.setAttribute("aria-invalid", "true");
      note.textContent = complaint ?? this.notes.get(name) ?? "";
      note.dataset.tone = complaint ? "bad" : "";
    }
    const tokens = find("tokens", HTMLInputElement);
    tokens.disabled = choices.sequence !== "";
    if (choices.sequence && !complaints.sequence) {
      tokens.value = String(tokensOf(choices));
      part("tokens-note").textContent = "As long as the sequence.";
    }
    const name = this.file?.name ?? this.address;
    part("weights-name").textContent = name || "random, from the seed";
    part("weights-clear").hidden = !name;
    part("settings-now").textContent = ranText({ choices, file: this.file?.name });
    return FIELDS.filter((field) => complaints[field]);
  }
}
