/** A report as one page of HTML that needs nothing else: styles, figures and numbers are in it, scripts it has none. */
import type { Entry, Part, Report, ReportFigure, ReportTable } from "./document.ts";
import { pageStyle, variables } from "./figures/palette.ts";
import { escaped } from "./figures/svg.ts";
import { columnsOf } from "./markdown.ts";

const STYLE = `
:root { color-scheme: light dark; --line: #c9d1db; --panel: #f4f6f9; --warn: #7a3b00; --warn-ground: #fff3e0; --wrong: #a3122b; --link: #0a58a8; ${variables("light")} }
@media screen and (prefers-color-scheme: dark) {
  :root { --line: #394655; --panel: #18212b; --warn: #ffd9a8; --warn-ground: #3a2a12; --wrong: #ff9aa8; --link: #8cc2ff; ${variables("dark")} }
}
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 76rem; padding: 1rem clamp(0.75rem, 3vw, 2rem) 4rem; font: 16px/1.5 system-ui, sans-serif; background: var(--ground); color: var(--ink) }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0.5rem 0 1rem }
h2 { font-size: 1.25rem; margin: 2.5rem 0 0.5rem; padding-top: 0.75rem; border-top: 1px solid var(--line) }
h3 { font-size: 1rem; margin: 1.25rem 0 0.4rem }
h1, h2, h3, p, dd, li { overflow-wrap: anywhere }
p { max-width: 46rem; margin: 0.5rem 0 }
a { color: var(--link) }
.warning { background: var(--warn-ground); color: var(--warn); border-left: 4px solid currentColor; padding: 0.5rem 0.9rem; font-weight: 600; max-width: none }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.2rem 1rem; margin: 1rem 0 }
dt { color: var(--faint) }
dd { margin: 0 }
nav ul { display: flex; flex-wrap: wrap; gap: 0.25rem 1rem; list-style: none; padding: 0; margin: 1rem 0 }
nav a { display: inline-block; padding: 0.3rem 0 }
figure { margin: 1.25rem 0; max-width: 46rem }
figcaption { font-weight: 600; margin-bottom: 0.4rem }
figure svg { display: block; width: 100%; height: auto }
.narrow { display: none }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: 6px; margin: 0.5rem 0 1rem; max-width: 100%; width: fit-content }
.scroll:focus-visible { outline: 3px solid var(--link); outline-offset: 2px }
table { border-collapse: collapse; font-size: 0.875rem; font-variant-numeric: tabular-nums }
caption { text-align: left; font-weight: 600; padding: 0.5rem 0.7rem }
th, td { padding: 0.3rem 0.7rem; text-align: left; vertical-align: top; border-top: 1px solid var(--line) }
thead th { background: var(--panel); white-space: nowrap }
th.number, td.number { text-align: right; white-space: nowrap }
td, tbody th { max-width: 26rem; overflow-wrap: break-word }
tbody th { font-weight: 400 }
td.software, td.doubt { color: var(--warn); font-weight: 600 }
td.wrong { color: var(--wrong); font-weight: 600 }
td.differs, th.differs { background: var(--warn-ground); color: var(--warn) }
@media (max-width: 40rem) { .wide { display: none } .narrow { display: block } dl { grid-template-columns: 1fr; gap: 0 } dd { margin-bottom: 0.4rem } }
@media print {
  body { max-width: none; font-size: 10pt; padding: 0 }
  nav { display: none }
  .wide { display: block } .narrow { display: none }
  figure, tr { break-inside: avoid }
  h2, h3, figcaption, caption { break-after: avoid }
  .scroll { overflow: visible; border: 0; width: auto }
  table { font-size: 7.5pt; width: 100% }
  th, td { padding: 0.15rem 0.35rem }
  thead th, th.number, td.number { white-space: normal }
  td, tbody th { overflow-wrap: anywhere }
}
${pageStyle}`;

const classes = (...names: readonly (string | false | undefined)[]): string => {
  const own = names.filter(Boolean).join(" ");
  return own === "" ? "" : ` class="${own}"`;
};

/** What a page allows: styles, and nothing else. */
export const POLICY = "default-src 'none'; style-src 'unsafe-inline'";

/** The page. */
export function htmlOf(report: Report): string {
  const { title, warnings, facts, parts, notes } = report;
  const links = parts.map((part) => `<li><a href="#${part.id}">${escaped(part.title)}</a></li>`).join("");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>${escaped(title)}</h1>
${warnings.map((text) => `<p class="warning">${escaped(text)}</p>`).join("\n")}
<dl>${facts.map(([name, text]) => `<dt>${escaped(name)}</dt><dd>${escaped(text)}</dd>`).join("")}</dl>
<nav aria-label="Contents"><ul>${links}</ul></nav>
</header>
<main>
${parts.map(partOf).join("\n")}
${notesOf(notes)}${glossaryOf(report)}</main>
</body>
</html>
`;
}

const partOf = ({ id, title, paragraphs, figures, tables }: Part): string =>
  [
    "<section>",
    `<h2 id="${id}">${escaped(title)}</h2>`,
    ...paragraphs.map((text) => `<p>${escaped(text)}</p>`),
    ...figures.map(figureOf),
    ...tables.map(tableOf),
    "</section>",
  ].join("\n");

/** A figure twice, of which one is shown: text that is drawn for a page would be too small to read on a phone. */
const figureOf = ({ title, draw }: ReportFigure): string =>
  `<figure><figcaption>${escaped(title)}</figcaption><div class="wide">${draw("wide")}</div><div class="narrow">${draw("narrow")}</div></figure>`;

/** A table in a box of its own, which scrolls where it is too wide; a keyboard reaches it. */
function tableOf({ title, columns, rows }: ReportTable): string {
  const head = columns
    .map(({ head: text, number }) => `<th scope="col"${classes(number && "number")}>${escaped(text)}</th>`)
    .join("");
  const body = rows.map(
    (row) => `<tr>${row.map((one, at) => cellOf(one, columns[at].number, at === 0)).join("")}</tr>`,
  );
  return `<div class="scroll" role="region" tabindex="0" aria-label="${escaped(title)}"><table><caption>${escaped(title)}</caption><thead><tr>${head}</tr></thead><tbody>
${body.join("\n")}
</tbody></table></div>`;
}

/** Text in which no number is parted from its unit at the end of a line. */
const kept = (text: string): string =>
  escaped(text).replace(/(\d) (?=(?:[kMGT]?i?B(?:\/s)?|[µm]?s|min|h|%|[kMGT]?FLOP\/s)(?!\w))/g, "$1\u00a0");

function cellOf({ text, mark }: Entry, number: boolean | undefined, first: boolean): string {
  const kind = classes(number && "number", mark);
  return first ? `<th scope="row"${kind}>${kept(text)}</th>` : `<td${kind}>${kept(text)}</td>`;
}

const notesOf = (notes: readonly string[]): string =>
  notes.length === 0
    ? ""
    : `<section><h2 id="left-out">What could not be read</h2><ul>${notes.map((note) => `<li>${kept(note)}</li>`).join("")}</ul></section>\n`;

function glossaryOf(report: Report): string {
  const columns = columnsOf(report);
  if (columns.length === 0) return "";
  const terms = columns.map(([head, meaning]) => `<dt>${escaped(head)}</dt><dd>${escaped(meaning)}</dd>`).join("");
  return `<section><h2 id="columns">What the columns say</h2><dl>${terms}</dl></section>\n`;
}
