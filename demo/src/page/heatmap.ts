/** A map of [n, n] values on a canvas: one pixel per pair, scaled up by the browser. */
import { el } from "./dom.ts";

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
  readonly text: (value: number) => string;
  /** Whether small values are bright. */
  readonly inverse?: boolean;
}

/** A figure with the map, its scale, and a readout that follows the pointer and the arrow keys. */
export function heatmap({ title, note, values, tokens, text, inverse = false }: Heatmap): HTMLElement {
  const least = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const most = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const place = (value: number): number => {
    const at = most > least ? (value - least) / (most - least) : 0.5;
    return inverse ? 1 - at : at;
  };
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
  const show = (row: number, column: number): string => {
    const said = `Token ${row + 1} with ${column + 1}: ${text(values[row * tokens + column])}`;
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
  const steps = Array.from({ length: STOPS.length }, (_, at) => at / (STOPS.length - 1));
  const gradient = steps.map((at) => `rgb(${colour(inverse ? 1 - at : at).join(" ")})`).join(", ");
  return el(
    "figure",
    {},
    el("figcaption", {}, el("b", {}, title), note),
    canvas,
    el(
      "div",
      { class: "scale", "aria-hidden": "true" },
      el("span", {}, text(least)),
      el("span", { style: `background: linear-gradient(to right, ${gradient})` }),
      el("span", {}, text(most)),
    ),
    readout,
    spoken,
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
