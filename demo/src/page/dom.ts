/** Making elements, without a framework: text is always text. */

type Child = Node | string;
type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** An element with attributes and children; `false` and undefined leave an attribute out. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes))
    if (value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : String(value));
  made.append(...children);
  return made;
}

/** The element with this id. @throws if the page has none of the type: a bug */
export function find<T extends HTMLElement>(id: string, type: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`the page has no ${type.name} #${id}`);
  return found;
}

/** The part of the page with this id. */
export const part = (id: string): HTMLElement => find(id, HTMLElement);

const CONTROLS = "a[href], button, input, textarea, summary, [tabindex]";
const nameOf = (element: Element): string => element.getAttribute("aria-label") ?? element.textContent ?? "";

/** Fills a part anew. Whoever was at a control in it finds themself at the one of the same name, or else the first one. */
export function refill(target: HTMLElement, ...content: readonly Node[]): void {
  const { activeElement: active } = document;
  const left = active && active !== target && target.contains(active) ? nameOf(active) : undefined;
  target.replaceChildren(...content);
  if (left === undefined) return;
  const controls = [...target.querySelectorAll<HTMLElement>(CONTROLS)];
  (controls.find((control) => nameOf(control) === left) ?? controls[0])?.focus({ preventScroll: true });
}

/** Pixels of a part that tell that it is there. */
const GLIMPSE = 280;

/** Scrolls a part into view, unless enough of it is there, or the visitor has scrolled into it. */
export function reveal(element: HTMLElement): void {
  const { top, bottom, height } = element.getBoundingClientRect();
  if (top < 0 ? bottom > 0 : top + Math.min(height, GLIMPSE) <= innerHeight) return;
  element.scrollIntoView({ block: height < innerHeight / 2 ? "nearest" : "start" });
}

/** Switches a button off and leaves the focus on it, if it has it: a disabled one would lose the keyboard's place. */
export const enable = (control: HTMLButtonElement, enabled: boolean): void => {
  control.disabled = false;
  if (enabled) control.removeAttribute("aria-disabled");
  else control.setAttribute("aria-disabled", "true");
};

/** A button that does something, unless it is switched off. */
export function button(label: string, act: () => void, kind = ""): HTMLButtonElement {
  const made = el("button", { type: "button", class: kind || undefined }, label);
  made.addEventListener("click", () => {
    if (made.getAttribute("aria-disabled") !== "true") act();
  });
  return made;
}

/** A list of terms and what they are. */
export const facts = (entries: readonly (readonly [term: string, value: string])[]): HTMLElement =>
  el("dl", { class: "facts" }, ...entries.flatMap(([term, value]) => [el("dt", {}, term), el("dd", {}, value)]));

const MARKS = { tick: "M3 8.5 6.5 12 13 4.5", cross: "M4 4l8 8M12 4l-8 8" } as const;

/** A tick or a cross, drawn: not every font has them. */
export function mark(kind: keyof typeof MARKS): SVGSVGElement {
  const space = "http://www.w3.org/2000/svg";
  const drawing = document.createElementNS(space, "svg");
  for (const [name, value] of Object.entries({ viewBox: "0 0 16 16", class: "mark", "aria-hidden": "true" }))
    drawing.setAttribute(name, value);
  const line = document.createElementNS(space, "path");
  line.setAttribute("d", MARKS[kind]);
  drawing.append(line);
  return drawing;
}

export interface Tile {
  readonly label: string;
  readonly value: string;
  readonly note?: string;
  readonly tone?: "good" | "bad" | "warn";
}

/** Figures in large type. */
export const tiles = (all: readonly Tile[]): HTMLElement =>
  el(
    "dl",
    { class: "tiles" },
    ...all.map(({ label, value, note, tone }) =>
      el(
        "div",
        { class: "tile", "data-tone": tone },
        el("dt", {}, label),
        el(
          "dd",
          {},
          ...(tone === "good" || tone === "bad" ? [mark(tone === "good" ? "tick" : "cross")] : []),
          value,
          ...(note ? [el("small", {}, note)] : []),
        ),
      ),
    ),
  );

export interface Column {
  readonly head: string;
  readonly number?: boolean;
}

/** A table in a box that scrolls by itself. The first cell of a row is its head. */
export function table(caption: string, columns: readonly Column[], rows: readonly (readonly Child[])[]): HTMLElement {
  const kind = ({ number }: Column): Attributes => ({ class: number ? "number" : undefined });
  return el(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": caption },
    el(
      "table",
      {},
      el(
        "thead",
        {},
        el("tr", {}, ...columns.map((column) => el("th", { scope: "col", ...kind(column) }, column.head))),
      ),
      el(
        "tbody",
        {},
        ...rows.map((cells) =>
          el(
            "tr",
            {},
            ...cells.map((cell, at) =>
              at === 0 ? el("th", { scope: "row" }, cell) : el("td", kind(columns[at]), cell),
            ),
          ),
        ),
      ),
    ),
  );
}

/** No line breaks within it: a number stays with its unit. */
const whole = (text: string): string => text.replaceAll(" ", "\u00a0");

/** Milliseconds for people. */
export function duration(ms: number): string {
  if (ms >= 10_000) return whole(`${(ms / 1000).toFixed(1)} s`);
  if (ms >= 1000) return whole(`${(ms / 1000).toFixed(2)} s`);
  if (ms >= 100) return whole(`${ms.toFixed(0)} ms`);
  return whole(`${ms.toFixed(ms >= 10 ? 1 : 2)} ms`);
}

/** Bytes for people. */
export function bytes(count: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let [value, unit] = [count, 0];
  for (; value >= 1024 && unit < units.length - 1; unit++) value /= 1024;
  return whole(`${value >= 100 || unit === 0 ? value.toFixed(0) : value.toFixed(1)} ${units[unit]}`);
}

/** Lengths of a tensor's axes, such as 32 × 32 × 128. */
export const shapeText = (shape: readonly number[]): string => whole(shape.join(" × "));
