/** A profile as a figure that stands alone: what holds what from top to bottom, as wide as it takes, in light and dark. */
import type { ProfiledStep } from "../../backends/profile.ts";
import { shortened } from "../../words.ts";
import { scopesOf } from "./profile.ts";

interface Node {
  readonly name: string;
  readonly kernel: boolean;
  readonly children: Map<string, Node>;
  ms: number;
  calls: number;
}

const node = (name: string, kernel: boolean): Node => ({ name, kernel, children: new Map(), ms: 0, calls: 0 });

/** Adds up what has the same scopes. Blocks of a stack lie over one another. */
function treeOf(steps: readonly ProfiledStep[]): Node {
  const root = node("all", false);
  for (const step of steps) {
    const path = [...scopesOf(step).map((scope) => (scope === "block" ? "blocks" : scope)), step.kernel];
    let at = root;
    const add = (): void => {
      at.ms += step.ms;
      at.calls += step.times.length;
    };
    add();
    for (const [depth, name] of path.entries()) {
      const kernel = depth === path.length - 1;
      const key = `${kernel ? "kernel" : "scope"} ${name}`;
      const child = at.children.get(key) ?? node(name, kernel);
      at.children.set(key, child);
      at = child;
      add();
    }
  }
  return root;
}

const [WIDTH, MARGIN, ROW, HEAD] = [1200, 10, 20, 58];
/** Narrower than this, nobody sees it; what holds it is as wide all the same. */
const LEAST_WIDTH = 0.4;
/** Of a letter, about. */
const LETTER = 6.4;
const HUES = 12;

const STYLE = `
    svg { --ground: #fff; --ink: #1b1f24; --scope: #e6e8ec; --light: 82%; --chroma: 55%; background: var(--ground); font: 11px system-ui, sans-serif; }
    @media (prefers-color-scheme: dark) { svg { --ground: #14171a; --ink: #eceff3; --scope: #2a3036; --light: 27%; --chroma: 45%; } }
    text { fill: var(--ink); pointer-events: none; } .title { font-size: 15px; font-weight: 600; } .note { font-size: 12px; }
    rect { fill: var(--scope); stroke: var(--ground); stroke-width: 0.6; } g:hover > rect { stroke: var(--ink); }
${Array.from({ length: HUES }, (_, hue) => `    .k${hue} { fill: hsl(${Math.round((360 * hue) / HUES)} var(--chroma) var(--light)); }`).join("\n")}`;

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

const digits = (ms: number): string => (ms >= 1000 ? ms.toFixed(0) : ms.toPrecision(3));

/**
 * An SVG of a run's time.
 * @param title one line, and `note` another below it
 * @param steps with their times
 */
export function profileFigure(title: string, note: string, steps: readonly ProfiledStep[]): string {
  const root = treeOf(steps);
  const kernels = [...new Set(steps.map(({ kernel }) => kernel))].sort();
  const boxes: string[] = [];
  let deepest = 0;
  const draw = (at: Node, x: number, width: number, depth: number, above: string): void => {
    const path = above === "" ? at.name : `${above} / ${at.name}`;
    const said = `${path}: ${digits(at.ms)} ms, ${((100 * at.ms) / (root.ms || 1)).toFixed(1)} %, ${at.calls} ${at.calls === 1 ? "dispatch" : "dispatches"}`;
    const y = HEAD + depth * ROW;
    deepest = Math.max(deepest, depth);
    const colour = at.kernel ? ` class="k${kernels.indexOf(at.name) % HUES}"` : "";
    const letters = Math.floor((width - 6) / LETTER);
    const name = escaped(shortened(at.name, letters));
    const label = letters >= 3 ? `<text x="${(x + 3).toFixed(1)}" y="${y + 14}">${name}</text>` : "";
    boxes.push(
      `<g><title>${escaped(said)}</title><rect${colour} x="${x.toFixed(2)}" y="${y}" width="${width.toFixed(2)}" height="${ROW}"/>${label}</g>`,
    );
    let from = x;
    for (const child of at.children.values()) {
      const wide = at.ms > 0 ? (width * child.ms) / at.ms : 0;
      if (wide >= LEAST_WIDTH) draw(child, from, wide, depth + 1, depth === 0 ? "" : path);
      from += wide;
    }
  };
  draw(root, MARGIN, WIDTH - 2 * MARGIN, 0, "");
  const height = HEAD + (deepest + 1) * ROW + MARGIN;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escaped(`${title}: ${note}`)}">
  <style>${STYLE}
  </style>
  <text class="title" x="${MARGIN}" y="24">${escaped(title)}</text>
  <text class="note" x="${MARGIN}" y="44">${escaped(note)}</text>
${boxes.map((box) => `  ${box}`).join("\n")}
</svg>
`;
}
