// docs/results.md and its figures: a report of the results that are committed in docs/measured.

/** @typedef {import("../src/bench/report/document.ts").Report} Report @typedef {import("../src/bench/report/document.ts").ReportFigure} Figure */

const ABOUT =
  "What `af3-gpu report` makes of the result files in [measured](measured), by `npm run docs`; [reports.md](reports.md) says how to read it. Those of a software adapter were made on a machine that other work shared, to show what a report is: figures of record stand in [benchmarks.md](benchmarks.md). Those of a GPU are explained in [gpu.md](gpu.md), which says which of them not to compare.";

/**
 * The files by their path in the repository.
 * @param {Report} report @param {(report: Report, pictureOf: (figure: Figure) => string) => string} markdownOf @param {(figure: string) => string} asFile
 */
export function resultsPage(report, markdownOf, asFile) {
  const page = markdownOf(report, ({ name }) => `images/results-${name}.svg`);
  const figures = report.parts.flatMap((part) => part.figures);
  return new Map([
    ["docs/results.md", page.replace("\n\n", `\n\n${ABOUT}\n\n`)],
    ...figures.map(
      ({ name, title, draw }) =>
        /** @type {const} */ ([`docs/images/results-${name}.svg`, asFile(draw("wide", title))]),
    ),
  ]);
}
