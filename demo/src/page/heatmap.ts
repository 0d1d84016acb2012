/** A map of [n, n] values on a canvas: one pixel per pair, scaled up by the browser, with axes and a scale of colours. */
import { el } from "./dom.ts";
import { tokenTicks, valueTicks } from "./ticks.ts";

/** Viridis at nine points: even steps for the eye, also without colour vision, dark to light. */
const STOPS = [
  [68, 1, 84],
  [71, 44, 122],
  [59, 81, 139],
  [44, 113, 142],
  [33, 144, 141],
  [39, 173, 129],
  [92, 200, 99],
  [170, 220, 50],
  [253, 231, 37],
] as const;

/** The colour at a place from 0 to 1. */
function colour(place: number): [number, number, number] {
  const at = Math.min(1, Math.max(0, Number.isFinite(place) ? place : 0)) * (STOPS.length - 1);
  const low = Math.min(STOPS.length - 2, Math.floor(at));
  const mix = (channel: number): number =>
    Math.round(STOPS[low][channel] + (STOPS[low + 1][channel] - STOPS[low][channel]) * (at - low));
  return [mix(0), mix(1), mix(2)];
}

export interface Heatmap {
  readonly title: string;
  /** What a reader should know; also told to those who do not see the map. */
  readonly note: string;
  readonly values: Float32Array;
  readonly tokens: number;
  /** One-letter codes of the tokens' residues, where they have any. */
  readonly residues: string | undefined;
  readonly text: (value: number) => string;
  /** Values at the ends of the scale of colours, the same for every run. */
  readonly range: readonly [from: number, to: number];
  /** What the scale measures, with its unit. */
  readonly quantity: string;
  /** Whether small values are bright. */
  readonly inverse?: boolean;
}

/** A figure with the map, its axes and scale, and a readout that follows the pointer and the arrow keys. */
export function heatmap(map: Heatmap): HTMLElement {
  const { title, note, values, tokens, residues, text, range, quantity, inverse = false } = map;
  const [from, to] = range;
  const place = (value: number): number => {
    const at = (value - from) / (to - from);
    return inverse ? 1 - at : at;
  };
  const least = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const most = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const hint = "Point at the map, or use the arrow keys.";
  const readout = el("p", { class: "readout" }, hint);
  const canvas = el("canvas", {
    width: tokens,
    height: tokens,
    tabindex: 0,
    role: "img",
    "aria-label": `${title}: ${tokens} by ${tokens} tokens, from ${text(least)} to ${text(most)}. ${note}`,
  });
  draw(canvas, values, place);
  const spoken = el("span", { class: "hidden", "aria-live": "polite" });
  const named = (at: number): string => (residues ? `${residues[at]}${at + 1}` : String(at + 1));
  const show = (row: number, column: number): string => {
    const said = `${residues ? "Residue" : "Token"} ${named(row)} with ${named(column)}: ${text(values[row * tokens + column])}`;
    readout.textContent = said;
    return said;
  };
  canvas.addEventListener("pointermove", ({ offsetX, offsetY }) => {
    const at = (offset: number, size: number): number =>
      Math.min(tokens - 1, Math.max(0, Math.floor((offset / size) * tokens)));
    show(at(offsetY, canvas.clientHeight), at(offsetX, canvas.clientWidth));
  });
  canvas.addEventListener("pointerleave", () => {
    readout.textContent = hint;
  });
  followKeys(canvas, tokens, (row, column) => {
    spoken.textContent = show(row, column);
  });
  return el(
    "figure",
    { class: "map" },
    el("figcaption", {}, el("b", {}, title), note),
    withAxes(canvas, tokens, residues),
    scale(range, quantity, inverse),
    readout,
    spoken,
  );
}

/** Room in pixels that a label needs: across, letters stand above numbers; down, before them. */
const ROOM = { across: 24, down: 15 } as const;

/** The canvas with the numbers of tokens, and letters of residues, beside and above it. */
function withAxes(canvas: HTMLCanvasElement, tokens: number, residues: string | undefined): HTMLElement {
  const across = el("div", { class: "ticks across" });
  const down = el("div", { class: "ticks down" });
  const fill = (axis: HTMLElement, side: "left" | "top", pixels: number, room: number): void => {
    axis.replaceChildren(
      ...tokenTicks(tokens, pixels, room).map((token) =>
        el(
          "span",
          { style: `${side}: ${(((token - 0.5) / tokens) * 100).toFixed(3)}%` },
          ...(residues ? [el("b", {}, residues[token - 1])] : []),
          String(token),
        ),
      ),
    );
  };
  // The number of labels follows the width, which is known once the figure is on the page.
  new ResizeObserver(([{ contentRect }]) => {
    fill(across, "left", contentRect.width, ROOM.across);
    fill(down, "top", contentRect.width, ROOM.down);
  }).observe(canvas);
  const of = residues ? "residue" : "token";
  return el(
    "div",
    { class: residues ? "plot lettered" : "plot" },
    el("span", { class: "axis-name", "aria-hidden": "true" }, of),
    el("div", { class: "across-box", "aria-hidden": "true" }, across),
    el("div", { class: "down-box", "aria-hidden": "true" }, down),
    canvas,
  );
}

/** The scale of colours, with its ticks and what it measures. */
function scale([from, to]: Heatmap["range"], quantity: string, inverse: boolean): HTMLElement {
  const stops = Array.from({ length: STOPS.length }, (_, at) => at / (STOPS.length - 1));
  const gradient = stops.map((at) => `rgb(${colour(inverse ? 1 - at : at).join(" ")})`).join(", ");
  const ticks = valueTicks(from, to).map((value) =>
    el("span", { style: `left: ${(((value - from) / (to - from)) * 100).toFixed(2)}%` }, String(value)),
  );
  return el(
    "div",
    { class: "scale", role: "img", "aria-label": `Scale of colours: ${quantity}, from ${from} to ${to}` },
    el("div", { class: "colours", style: `background: linear-gradient(to right, ${gradient})` }),
    el("div", { class: "ticks below", "aria-hidden": "true" }, ...ticks),
    el("p", { class: "axis-name", "aria-hidden": "true" }, quantity),
  );
}

function draw(canvas: HTMLCanvasElement, values: Float32Array, place: (value: number) => number): void {
  const context = canvas.getContext("2d");
  if (!context) return;
  const image = context.createImageData(canvas.width, canvas.height);
  values.forEach((value, at) => {
    image.data.set([...colour(place(value)), 255], at * 4);
  });
  context.putImageData(image, 0, 0);
}

const MOVES: Readonly<Record<string, readonly [number, number]>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

function followKeys(canvas: HTMLCanvasElement, tokens: number, show: (row: number, column: number) => void): void {
  let at: [number, number] | undefined;
  canvas.addEventListener("keydown", (event) => {
    const move = MOVES[event.key];
    if (!move) return;
    event.preventDefault();
    const inside = (value: number): number => Math.min(tokens - 1, Math.max(0, value));
    at = at ? [inside(at[0] + move[0]), inside(at[1] + move[1])] : [0, 0];
    show(...at);
  });
}
