/** A job as AlphaFold 3's JSON, with everything in it (its `folding_input.py`, `Input.to_json`). */
import { NEWEST } from "./alphafold3.ts";
import { givenJob } from "./given_job.ts";
import type { Entity, Job, Polymer } from "./job.ts";

/**
 * The text of `<name>_data.json`: version 4, indented by 2, indices of templates on one line each, all but ASCII escaped. Equal entities become one
 * with a list of chains.
 * @throws {BadInputError} unless it is a job
 */
export function writeJob(job: Job): string {
  givenJob(job);
  const sequences = merged(job.entities).map(([entity, ids]) => ({
    [entity.kind]: { id: ids.length === 1 ? ids[0] : ids, ...contentOf(entity) },
  }));
  const text = JSON.stringify(
    {
      dialect: "alphafold3",
      version: NEWEST,
      name: job.name,
      sequences,
      modelSeeds: job.seeds,
      bondedAtomPairs: job.bonds?.map((bond) => bond.map(({ chain, residue, atom }) => [chain, residue, atom])) ?? null,
      userCCD: job.userCcd,
    },
    null,
    2,
  );
  return escaped(inlineIndices(text));
}

/** Entities by their content, with all their chains, in order of first appearance. */
function merged(entities: readonly Entity[]): [Entity, string[]][] {
  const groups = new Map<string, [Entity, string[]]>();
  for (const entity of entities) {
    const key = JSON.stringify([entity.kind, contentOf(entity)]);
    const group = groups.get(key);
    if (group) group[1].push(...entity.ids);
    else groups.set(key, [entity, [...entity.ids]]);
  }
  return [...groups.values()];
}

function contentOf(entity: Entity): object {
  const described = entity.description === undefined ? {} : { description: entity.description };
  if (entity.kind === "ligand")
    return { ...(entity.smiles === undefined ? { ccdCodes: entity.codes } : { smiles: entity.smiles }), ...described };
  const [type, position] =
    entity.kind === "protein" ? ["ptmType", "ptmPosition"] : ["modificationType", "basePosition"];
  return {
    sequence: entity.sequence,
    modifications: entity.modifications.map((given) => ({ [type]: given.code, [position]: given.position })),
    ...described,
    ...alignmentsOf(entity),
  };
}

function alignmentsOf({ kind, unpairedMsa, pairedMsa, templates }: Polymer): object {
  if (kind === "dna") return {};
  return kind === "rna"
    ? { unpairedMsa }
    : {
        unpairedMsa,
        pairedMsa,
        templates:
          templates?.map(({ mmcif, queryIndices, templateIndices }) => ({ mmcif, queryIndices, templateIndices })) ??
          null,
      };
}

/** A field whose value is a list of numbers over several lines; texts have no line breaks of their own in JSON. */
const INDICES = /^( *"(?:query|template)Indices": )\[([\d,\s]*)\]/gm;
const inlineIndices = (text: string): string =>
  text.replace(INDICES, (_, field: string, list: string) => `${field}[${list.trim().split(/,\s*/).join(", ")}]`);

const escaped = (text: string): string =>
  text.replace(/[\u007f-\uffff]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`);
