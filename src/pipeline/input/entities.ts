/** Entities of AlphaFold 3's input JSON (its documentation: docs/input.md; its reader: `folding_input.py`). */
import type { Place } from "./fields.ts";
import type { Entity, Ligand, Modification, Polymer, PolymerKind, Template } from "./job.ts";
import { type InputSource, textOrFile } from "./texts.ts";

const KINDS = ["protein", "rna", "dna", "ligand"] as const;

/** One member of `sequences`. @throws {BadInputError} with the place of what is wrong */
export async function readEntity(place: Place, source: InputSource): Promise<Entity> {
  const kinds = place.names();
  if (kinds.length !== 1)
    throw place.bad(
      `should have exactly one of ${KINDS.join(", ")}, not ${kinds.length === 0 ? "none" : kinds.join(", ")}`,
    );
  const [kind] = KINDS.filter((known) => known === kinds[0]);
  if (kind === undefined) throw place.bad(`should have one of ${KINDS.join(", ")}, not ${JSON.stringify(kinds[0])}`);
  const entity = place.field(kind);
  if (kind === "protein") return readProtein(entity, source);
  return kind === "ligand" ? readLigand(entity) : readNucleic(kind, entity, source);
}

async function readProtein(place: Place, source: InputSource): Promise<Polymer> {
  const fields = place.object(
    "id",
    "sequence",
    "modifications",
    "description",
    "unpairedMsa",
    "unpairedMsaPath",
    "pairedMsa",
    "pairedMsaPath",
    "templates",
  );
  const sequence = readSequence(fields.sequence);
  return {
    kind: "protein",
    ids: readIds(fields.id),
    sequence,
    modifications: readModifications(fields.modifications, "ptmType", "ptmPosition", sequence.length),
    ...readDescription(fields.description),
    unpairedMsa: await textOrFile(fields.unpairedMsa, fields.unpairedMsaPath, source),
    pairedMsa: await textOrFile(fields.pairedMsa, fields.pairedMsaPath, source),
    templates: fields.templates.absent ? null : await readTemplates(fields.templates, source, sequence.length),
  };
}

const SHARED = ["id", "sequence", "modifications", "description"] as const;

async function readNucleic(kind: PolymerKind, place: Place, source: InputSource): Promise<Polymer> {
  const own = kind === "rna" ? (["unpairedMsa", "unpairedMsaPath"] as const) : [];
  place.object(...SHARED, ...own);
  const sequence = readSequence(place.field("sequence"));
  const msa =
    kind === "rna" ? await textOrFile(place.field("unpairedMsa"), place.field("unpairedMsaPath"), source) : "";
  return {
    kind,
    ids: readIds(place.field("id")),
    sequence,
    modifications: readModifications(place.field("modifications"), "modificationType", "basePosition", sequence.length),
    ...readDescription(place.field("description")),
    unpairedMsa: msa,
    pairedMsa: "",
    templates: [],
  };
}

function readLigand(place: Place): Ligand {
  const { id, ccdCodes, smiles, description } = place.object("id", "ccdCodes", "smiles", "description");
  const shared = { kind: "ligand", ids: readIds(id), ...readDescription(description) } as const;
  if (ccdCodes.absent === smiles.absent)
    throw place.bad(`should have either ccdCodes or smiles, not ${smiles.absent ? "neither" : "both"}`);
  if (!smiles.absent) {
    const text = smiles.text("a SMILES");
    if (text.trim() === "") throw smiles.not("a SMILES");
    return { ...shared, smiles: text };
  }
  const codes = ccdCodes.list('a list of codes such as ["ATP"]').map((code) => readCode(code));
  if (codes.length === 0) throw ccdCodes.bad("is empty: a ligand has one component at least");
  return { ...shared, codes };
}

/** A code of the dictionary of components. */
function readCode(place: Place): string {
  const code = place.text('a code such as "ATP"');
  if (code.startsWith("CCD_")) throw place.bad(`should be a code without CCD_: ${JSON.stringify(code.slice(4))}`);
  if (!/^[!-~]+$/.test(code)) throw place.not('a code such as "ATP"');
  return code;
}

function readDescription(place: Place): { description?: string } {
  return place.absent ? {} : { description: place.text() };
}

/** Names of chains: capital letters, as the reference's mmCIF wants them. */
export function readIds(place: Place): string[] {
  const items = Array.isArray(place.value) ? place.list() : [place];
  const ids = items.map((item) => {
    const id = item.text('a chain\'s name such as "A", or a list of them');
    if (!/^[A-Z]+$/.test(id)) throw item.bad(`should be of capital letters alone, not ${JSON.stringify(id)}`);
    return id;
  });
  if (ids.length === 0) throw place.bad("is empty: every entity has one chain at least");
  return ids;
}

/** One-letter codes. Lower case would become unknown residues in the reference, without a word. */
export function readSequence(place: Place): string {
  const sequence = place.text("a sequence of one-letter codes");
  if (sequence === "") throw place.bad("is empty: a chain has one residue at least");
  const strange = sequence.search(/[^A-Za-z]/);
  if (strange >= 0)
    throw place.bad(`should be letters alone, but has ${JSON.stringify(sequence[strange])} at position ${strange + 1}`);
  const lower = sequence.search(/[a-z]/);
  if (lower >= 0)
    throw place.bad(
      `should be in capital letters, but has ${JSON.stringify(sequence[lower])} at position ${lower + 1}: lower case would mean unknown residues`,
    );
  return sequence;
}

export function readModifications(
  place: Place,
  type: string,
  position: string,
  length: number,
  prefix = "",
): Modification[] {
  if (place.absent) return [];
  const taken = new Set<number>();
  return place.list("a list of modifications").map((item) => {
    item.object(type, position);
    const code = item.field(type);
    const text = code.text('a code such as "SEP"');
    const bare = prefix !== "" && text.startsWith(prefix) ? text.slice(prefix.length) : text;
    if (bare.startsWith("CCD_")) throw code.bad(`should be a code without CCD_: ${JSON.stringify(bare.slice(4))}`);
    if (!/^[!-~]+$/.test(bare)) throw code.not('a code such as "SEP"');
    const at = item.field(position).whole(1, length);
    if (taken.has(at)) throw item.field(position).bad(`is ${at}, which is modified already`);
    taken.add(at);
    return { code: bare, position: at };
  });
}

async function readTemplates(place: Place, source: InputSource, length: number): Promise<Template[]> {
  const templates: Template[] = [];
  for (const item of place.list("a list of templates")) {
    const { mmcif, mmcifPath, queryIndices, templateIndices } = item.object(
      "mmcif",
      "mmcifPath",
      "queryIndices",
      "templateIndices",
    );
    const text = await textOrFile(mmcif, mmcifPath, source);
    if (text === null) throw item.bad("should have mmcif or mmcifPath");
    if (text === "") throw mmcif.bad("is empty: a template is an mmCIF file");
    const [query, template] = [readIndices(queryIndices, length - 1), readIndices(templateIndices, MOST_INDEX)];
    if (query.length !== template.length)
      throw item.bad(`has ${query.length} queryIndices and ${template.length} templateIndices: they should be as many`);
    templates.push({ mmcif: text, queryIndices: query, templateIndices: template });
  }
  return templates;
}

/** Nothing has more residues. */
const MOST_INDEX = 2 ** 31 - 1;

function readIndices(place: Place, most: number): number[] {
  return place.absent ? [] : place.list("a list of whole numbers").map((item) => item.whole(0, most));
}
