/** Pieces of SVG as text, and what all figures share: their frame, title and legend. */
import { symbol } from "d3-shape";
import { visible } from "../../../words.ts";
import type { Layout } from "../document.ts";
import { faint, fileStyle, ground, ink, looks } from "./palette.ts";

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text for HTML and XML, in elements and attributes. */
export const escaped = (text: string): string => visible(text).replace(/[&<>"']/g, (one) => ENTITIES[one]);

const short = (value: number): number => Number(value.toFixed(1));

/** An element. Its children are markup; {@link escaped} text is. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | number | undefined>>,
  ...children: readonly string[]
): string {
  const given = Object.entries(attributes)
    .filter(([, value]) => value !== undefined && value !== "")
    .map(([key, value]) => ` ${key}="${typeof value === "number" ? short(value) : escaped(value as string)}"`);
  return children.length > 0
    ? `<${name}${given.join("")}>${children.join("")}</${name}>`
    : `<${name}${given.join("")}/>`;
}

/** What is measured in a figure's type: an average letter, a line. */
export const LETTER = 7.5;
const LINE = 20;
const SIZE = 13;

/** Text that keeps to a width, as far as an average letter tells. */
export function fitting(text: string, width: number): string {
  const most = Math.max(4, Math.floor(width / LETTER));
  const letters = [...text];
  return letters.length <= most ? text : `${letters.slice(0, most - 1).join("")}…`;
}

export const label = (
  text: string,
  x: number,
  y: number,
  { anchor = "start", fill = ink.light, bold = false, turn = false } = {},
): string =>
  element(
    "text",
    {
      x,
      y,
      fill,
      "text-anchor": anchor === "start" ? undefined : anchor,
      "font-weight": bold ? 600 : undefined,
      transform: turn ? `rotate(-90 ${short(x)} ${short(y)})` : undefined,
    },
    escaped(text),
  );

export const line = (x1: number, y1: number, x2: number, y2: number, stroke: string, dash = "", width = 1): string =>
  element("line", {
    x1,
    y1,
    x2,
    y2,
    stroke,
    "stroke-dasharray": dash,
    "stroke-width": width === 1 ? undefined : width,
  });

/** A series' mark, which says its numbers where a pointer rests. */
export function mark(x: number, y: number, index: number, text = "", hollow = false): string {
  const { colour, symbol: type } = looks(index);
  const attributes = {
    d: symbol(type, 64).digits(1)() ?? "",
    transform: `translate(${short(x)},${short(y)})`,
    fill: hollow ? ground.light : colour,
    stroke: colour,
    "stroke-width": hollow ? 1.8 : undefined,
  };
  return element("path", attributes, ...(text === "" ? [] : [element("title", {}, escaped(text))]));
}

export interface LegendEntry {
  readonly label: string;
  /** Its key, around a point. */
  readonly key: (x: number, y: number) => string;
}

export const WIDTH: Readonly<Record<Layout, number>> = { wide: 720, narrow: 344 };

export interface Head {
  /** Above the figure, where it stands alone. */
  readonly title?: string | undefined;
  /** Whose times these are. */
  readonly remark?: string | undefined;
  readonly legend: readonly LegendEntry[];
  /** What the axis at the left says. */
  readonly above?: string;
}

/** Title, remark and legend. @returns their markup, and where they end */
export function headOf(
  { title, remark, legend, above }: Head,
  layout: Layout,
): readonly [markup: string[], bottom: number] {
  const width = WIDTH[layout];
  const markup: string[] = [];
  let y = 0;
  for (const [text, style] of [
    [title, { bold: true }],
    [remark, { fill: faint.light }],
  ] as const)
    for (const part of text ? wrapped(text, width - 8) : []) {
      y += LINE;
      markup.push(label(part, 4, y - 4, style));
    }
  let x = 4;
  if (legend.length > 0) y += LINE;
  for (const entry of legend) {
    const text = fitting(entry.label, width - 40);
    const wide = 34 + [...text].length * LETTER + 14;
    if (x > 4 && x + wide > width) [x, y] = [4, y + LINE];
    markup.push(entry.key(x + 14, y - 8), label(text, x + 34, y - 4));
    x += wide;
  }
  for (const part of above ? wrapped(above, width - 8) : []) {
    y += LINE;
    markup.push(label(part, 4, y, { fill: faint.light }));
  }
  return [markup, y + (above ? 14 : 8)];
}

/** A text in lines of a width, broken between words. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && (last.length + word.length + 1) * LETTER <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(fitting(word, width));
  }
  return lines;
}

/** A figure of its parts. @param alt what a screen reader says in its place */
export const svg = (layout: Layout, height: number, alt: string, parts: readonly string[]): string =>
  `${element(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      viewBox: `0 0 ${WIDTH[layout]} ${Math.ceil(height)}`,
      width: WIDTH[layout],
      height: Math.ceil(height),
      role: "img",
      "aria-label": alt,
      "font-family": "system-ui, 'DejaVu Sans', sans-serif",
      "font-size": SIZE,
    },
    element("rect", { width: WIDTH[layout], height: Math.ceil(height), fill: ground.light }),
    "\n",
    parts.join("\n"),
    "\n",
  )}\n`;

/** A figure as a file, which follows its reader's light and dark. */
export const asFile = (figure: string): string => figure.replace(/>/, () => `>\n<style>${fileStyle}</style>`);
