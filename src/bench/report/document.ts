/** What a report says, before it is HTML, Markdown or CSV. */

/** A cell of a table. */
export interface Entry {
  readonly text: string;
  /** What CSV files and report.json hold instead; the text where there is none. */
  readonly value?: number | null;
  /** Why a reader should look at it: it differs from its neighbours, a CPU did a GPU's work, or it is wrong. */
  readonly mark?: "differs" | "software" | "wrong" | "doubt";
}

export interface Column {
  readonly head: string;
  /** Its name in CSV files. */
  readonly name: string;
  /** Whether its entries are numbers, which stand at the right. */
  readonly number?: boolean;
}

export interface ReportTable {
  /** The name of its CSV file. */
  readonly name: string;
  readonly title: string;
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Entry[])[];
}

/** How wide a figure is drawn: for a page and print, or for a phone. */
export type Layout = "wide" | "narrow";

export interface ReportFigure {
  /** The name of its files. */
  readonly name: string;
  readonly title: string;
  /** What it shows, for whoever does not see it. */
  readonly alt: string;
  /** As SVG. @param title above it, where it stands alone */
  readonly draw: (layout: Layout, title?: string) => string;
}

export interface Part {
  readonly id: string;
  readonly title: string;
  readonly paragraphs: readonly string[];
  readonly figures: readonly ReportFigure[];
  readonly tables: readonly ReportTable[];
}

export interface Report {
  readonly title: string;
  /** What everything else is to be read with: adapters in software first. */
  readonly warnings: readonly string[];
  readonly facts: readonly (readonly [name: string, text: string])[];
  readonly parts: readonly Part[];
  /** What could not be read. */
  readonly notes: readonly string[];
}

/** All figures of a report, in order. */
export const figuresOf = (report: Report): ReportFigure[] => report.parts.flatMap(({ figures }) => figures);

/** All its tables. */
export const tablesOf = (report: Report): ReportTable[] => report.parts.flatMap(({ tables }) => tables);

export const entry = (text: string, mark?: Entry["mark"]): Entry => (mark ? { text, mark } : { text });

/** A number with the text that people read. */
export const numeric = (value: number | null | undefined, text: (value: number) => string): Entry =>
  value === null || value === undefined ? { text: "", value: null } : { text: text(value), value };
