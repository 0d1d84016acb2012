/** A sample, and a job with its best one, as a page of HTML that needs nothing else (src/bench/report/html.ts). */
import { type Entry, entry, numeric, type Report, type ReportTable } from "../../bench/report/document.ts";
import { htmlOf, POLICY } from "../../bench/report/html.ts";
import { type OutputOptions, rankOf, sampleName } from "../../pipeline/outputs/files.ts";
import { warningOf } from "../../pipeline/outputs/metadata.ts";
import type { Prediction } from "../../pipeline/outputs/prediction.ts";
import { counted } from "../../words.ts";
import type { Scored } from "./job_folder.ts";
import { confidenceFigure, errorsFigure } from "./page_figures.ts";
import { policyOf, type Shown, viewSection } from "./page_view.ts";

/** What its files are called behind the job's name. */
export const PAGE = "report.html";

/** More chains than this make a table of pairs that nobody reads. */
const MOST_CHAINS = 20;
const EXPLAINED =
  "pLDDT and TM-scores are the network's own estimates: pLDDT above 90 is very high, 70 to 90 high, 50 to 70 low, and below 50 very low; an ipTM above 0.8 is a confident interface, below 0.6 probably none.";

const score = (value: number | null): Entry =>
  numeric(value === null || Number.isNaN(value) ? null : value, (number) => number.toFixed(2));
const name = (head: string): string => head.toLowerCase().replaceAll(" ", "_");
const columns = (first: string, ...numbers: readonly string[]) => [
  { head: first, name: name(first) },
  ...numbers.map((head) => ({ head, name: name(head), number: true })),
];

/** A number for every pair of chains. */
const pairTable = (title: string, chains: readonly string[], values: readonly (readonly number[])[]): ReportTable => ({
  name: name(title),
  title,
  columns: columns("Chain", ...chains),
  rows: values.map((row, at) => [entry(chains[at]), ...row.map(score)]),
});

/** The page of a sample. */
export function samplePage(prediction: Prediction, options: OutputOptions): string {
  const { structure, summary, full } = prediction;
  const chains = structure.complex.chains.map(({ id }) => id);
  const warning = warningOf(options);
  const few = chains.length <= MOST_CHAINS;
  const report: Report = {
    title: `Prediction of ${structure.name}`,
    warnings: warning === undefined ? [] : [warning],
    facts: [
      ["Sample", sampleName(prediction)],
      ["Ranking score", score(prediction.rankingScore).text || "none"],
      ["pTM", score(summary.ptm).text || "none"],
      ["ipTM", score(summary.iptm).text || "none"],
      ...summary.facts,
      [
        "Size",
        `${counted(chains.length, "chain")}, ${counted(full.tokenChainIds.length, "token")}, ${counted(structure.atoms.length, "atom")}`,
      ],
    ],
    parts: [
      {
        id: "confidence",
        title: "Confidence",
        paragraphs: [EXPLAINED],
        figures: [confidenceFigure(prediction), errorsFigure(prediction)],
        tables: [],
      },
      {
        id: "chains",
        title: "Chains",
        paragraphs: few ? [] : [`Tables of ${chains.length} chains are in the summary's file alone.`],
        figures: [],
        tables: few ? summary.pairs.map(({ title, values }) => pairTable(title, chains, values)) : [],
      },
    ],
    notes: [],
  };
  return htmlOf(report);
}

/** The best sample's page with all samples, ranked, and its structure. @param page as {@link samplePage} made it */
export function jobPage(page: string, samples: readonly Scored[], shown: Shown): string {
  const ranked = [...samples].sort((a, b) => rankOf(b) - rankOf(a) || a.seed - b.seed || a.sample - b.sample);
  const table: ReportTable = {
    name: "samples",
    title: "Samples, the best first",
    columns: columns("Seed", "Sample", "Ranking score", "pTM", "ipTM"),
    rows: ranked.map((one) => [
      entry(String(one.seed)),
      entry(String(one.sample)),
      ...[one.rankingScore, one.ptm, one.iptm].map(score),
    ]),
  };
  const part = { id: "samples", title: "Samples", paragraphs: [], figures: [], tables: [table] };
  const whole = htmlOf({ title: "", warnings: [], facts: [], parts: [part], notes: [] });
  const section = whole.slice(whole.indexOf("<section>"), whole.lastIndexOf("</main>"));
  const view = viewSection(shown);
  const links = '<li><a href="#samples">Samples</a></li><li><a href="#structure">Structure</a></li>';
  // The first of each is the page's own: whatever an input names comes behind it, or is escaped.
  return page
    .replace(POLICY, () => policyOf(view.scripts))
    .replace('<nav aria-label="Contents"><ul>', (nav) => `${nav}${links}`)
    .replace("<main>", () => `<main>\n${section}${view.section}`);
}
