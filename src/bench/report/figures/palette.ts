/**
 * Colours of figures. A figure names those of light pages in its attributes, which every viewer understands; style sheets replace them in
 * the dark. Colours of series differ in lightness, too, and never tell series apart alone: each has a mark and a dash of its own.
 */
import {
  type SymbolType,
  symbolCircle,
  symbolCross,
  symbolDiamond,
  symbolSquare,
  symbolStar,
  symbolTriangle,
  symbolWye,
} from "d3-shape";

interface Colour {
  readonly name: string;
  readonly light: string;
  readonly dark: string;
}

const colour = (name: string, light: string, dark: string): Colour => ({ name, light, dark });

export const ground = colour("ground", "#fffffe", "#11171e");
export const ink = colour("ink", "#1d2733", "#e4eaf1");
export const faint = colour("faint", "#505c6b", "#a9b6c6");
export const grid = colour("grid", "#d9dfe7", "#2f3b49");

/** After Okabe and Ito, and Tol: told apart by people who see two primary colours, and at least 3 : 1 from the ground. */
const hues: readonly Colour[] = [
  colour("series-0", "#0072b2", "#56b4e9"),
  colour("series-1", "#c44e00", "#ff9a57"),
  colour("series-2", "#00805e", "#35c79a"),
  colour("series-3", "#a0307c", "#e68fd2"),
  colour("series-4", "#7a6a00", "#d8c64f"),
  colour("series-5", "#42339a", "#aaa5ff"),
  colour("series-6", "#5c6773", "#b4c0cd"),
  colour("series-7", "#8f1f3c", "#f58aa4"),
];

const all = [ground, ink, faint, grid, ...hues];

const DASHES = ["", "7 3", "2 3", "9 3 2 3"];
const SYMBOLS: readonly SymbolType[] = [
  symbolCircle,
  symbolSquare,
  symbolTriangle,
  symbolDiamond,
  symbolCross,
  symbolStar,
  symbolWye,
];

/** The looks of a series: the same for one number, another for any two below 56. */
export const looks = (index: number) => ({
  colour: hues[index % hues.length].light,
  symbol: SYMBOLS[index % SYMBOLS.length],
  dash: DASHES[Math.floor(index / hues.length) % DASHES.length],
});

const rules = (of: (one: Colour) => string, before = ""): string =>
  all
    .map((one) => `${before}[fill="${one.light}"]{fill:${of(one)}}${before}[stroke="${one.light}"]{stroke:${of(one)}}`)
    .join("");

/** The style sheet of a figure that is a file of its own. */
export const fileStyle = `@media (prefers-color-scheme:dark){${rules(({ dark }) => dark)}}`;

/** The style sheet of figures within a page that sets the variables. */
export const pageStyle = rules(({ name }) => `var(--${name})`, "svg ");

/** The page's variables, in light and in the dark. */
export const variables = (kind: "light" | "dark"): string => all.map((one) => `--${one.name}:${one[kind]};`).join("");
