/** Where a predicted structure comes from, in ModelCIF's categories (AlphaFold 3's `mmcif_metadata.py`). */
import type { CifValue } from "../../formats/cif.ts";
import type { CifTable } from "../../formats/cif_writer.ts";
import { version } from "../../generated/about.ts";

/** Terms of use that go with whatever some weights made. */
export interface Terms {
  /** Of the files' structures, and of the paper. */
  readonly authors: readonly string[];
  /** Lines at the top of a structure's file. */
  readonly comment: readonly string[];
  readonly license: string;
  readonly licenseUrl: string;
  readonly disclaimer: string;
}

/** A paper. */
export interface Publication {
  readonly title: string;
  readonly journal: string;
  readonly year: number;
  readonly doi: string;
}

/** What made a structure. */
export interface ModelSource {
  readonly terms?: Terms | undefined;
  /** The paper on the implementation whose network it is, which is cited before that of AlphaFold 3. */
  readonly publication?: Publication | undefined;
  /** The seed of random weights; such outputs mean nothing, and all of them say so. */
  readonly randomWeights?: number | undefined;
  /** Which of the models this is, such as `seed-1_sample-0`. */
  readonly model: string;
}

/** What every file that random weights made says; undefined of others. */
export const warningOf = ({ randomWeights }: Pick<ModelSource, "randomWeights">): string | undefined =>
  randomWeights === undefined
    ? undefined
    : `MADE WITH RANDOM WEIGHTS (seed ${randomWeights}): THIS IS NO PREDICTION, AND ITS CONFIDENCES MEAN NOTHING`;

/** The terms as a file beside the outputs. */
export const termsText = ({ license, disclaimer }: Terms): string => `# Terms of use\n\n${license}\n\n${disclaimer}\n`;

/** A category of one row. */
const single = (name: string, row: Readonly<Record<string, CifValue>>): CifTable => ({
  name,
  columns: Object.entries(row).map(([item, value]) => [item, [value]] as const),
});
/** A category of several rows, column by column. */
const several = (name: string, columns: Readonly<Record<string, readonly CifValue[]>>): CifTable => ({
  name,
  columns: Object.entries(columns),
});

/** The paper on AlphaFold 3, whose network it is, whoever reproduces and runs it. */
const ALPHAFOLD_3 = {
  book_publisher: null,
  country: "UK",
  id: "primary",
  journal_full: "Nature",
  journal_id_ASTM: "NATUAS",
  journal_id_CSD: "0006",
  journal_id_ISSN: "0028-0836",
  journal_volume: "630",
  page_first: "493",
  page_last: "500",
  pdbx_database_id_DOI: "10.1038/s41586-024-07487-w",
  pdbx_database_id_PubMed: "38718835",
  title: "Accurate structure prediction of biomolecular interactions with AlphaFold 3",
  year: "2024",
} as const;

function citation(publication: Publication | undefined): CifTable {
  if (!publication) return single("citation", ALPHAFOLD_3);
  const { title, journal, year, doi } = publication;
  const own: Partial<Record<string, CifValue>> = {
    id: ALPHAFOLD_3.id,
    journal_full: journal,
    pdbx_database_id_DOI: doi,
    title,
    year: String(year),
  };
  const columns = Object.entries(ALPHAFOLD_3).map(
    ([item, value]) => [item, [own[item] ?? null, item === "id" ? "1" : value]] as const,
  );
  return several("citation", Object.fromEntries(columns));
}

function termsTables({ authors, license, licenseUrl, disclaimer }: Terms): CifTable[] {
  const ordinals = authors.map((_, at) => String(at + 1));
  return [
    several("audit_author", { name: authors, pdbx_ordinal: ordinals }),
    several("citation_author", { citation_id: authors.map(() => "primary"), name: authors, ordinal: ordinals }),
    several("pdbx_data_usage", {
      details: [license, disclaimer],
      id: ["1", "2"],
      type: ["license", "disclaimer"],
      url: [licenseUrl, null],
    }),
  ];
}

/**
 * @param entry the name of the data block
 * @param entities the number of each chain
 */
export function metadataTables(source: ModelSource, entry: string, entities: readonly string[]): CifTable[] {
  const warning = warningOf(source);
  return [
    ...(source.terms ? termsTables(source.terms) : []),
    ...(warning === undefined ? [] : [single("struct", { entry_id: entry, title: warning })]),
    single("audit_conform", {
      dict_location: "https://raw.githubusercontent.com/ihmwg/ModelCIF/master/dist/mmcif_ma.dic",
      dict_name: "mmcif_ma.dic",
      dict_version: "1.4.5",
    }),
    citation(source.publication),
    single("ma_data", { content_type: "model coordinates", id: "1", name: "Model" }),
    single("ma_model_list", {
      data_id: "1",
      model_group_id: "1",
      model_group_name: `af3-gpu ${version}`,
      model_id: "1",
      model_name: warning === undefined ? source.model : `${source.model}: ${warning}`,
      model_type: "Ab initio model",
      ordinal_id: "1",
    }),
    several("ma_protocol_step", {
      method_type: ["coevolution MSA", "template search", "modeling"],
      ordinal_id: ["1", "2", "3"],
      protocol_id: ["1", "1", "1"],
      step_id: ["1", "2", "3"],
    }),
    several("ma_qa_metric", {
      id: ["1", "2"],
      mode: ["global", "local"],
      name: ["pLDDT", "pLDDT"],
      software_group_id: ["1", "1"],
      type: ["pLDDT", "pLDDT"],
    }),
    single("ma_software_group", { group_id: "1", ordinal_id: "1", software_id: "1" }),
    several("ma_target_entity", {
      data_id: entities.map(() => "1"),
      entity_id: entities,
      origin: entities.map(() => undefined),
    }),
    single("software", {
      classification: "other",
      date: null,
      description: "Structure prediction",
      name: "af3-gpu",
      pdbx_ordinal: "1",
      type: "package",
      version,
    }),
  ];
}
