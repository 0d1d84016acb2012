/** What exported functions of MSAs take. */
import * as node from "../../src/index.ts";
import { type Row, row } from "./public_rows.ts";
import { callback, fields, kind, name, number, optional, signal, text } from "./wrong_use.ts";

/** Nothing of it is searched for. */
const [ligand] = await node.parseInput(">A|ccd\nATP\n", { file: "x.fasta" });
const entity = { kind: "protein", ids: ["A"], sequence: "GS", modifications: [], unpairedMsa: null, pairedMsa: null };

const job = kind(
  ligand,
  [],
  [
    ["the promise of one", Promise.resolve(ligand)],
    ["a list of jobs", [ligand]],
    ["one without entities", { ...ligand, entities: undefined }],
    ["one without seeds", { ...ligand, seeds: undefined }],
    ["one whose entity is none", { ...ligand, entities: [{}] }],
    ["one whose ligand has no codes", { ...ligand, entities: [{ kind: "ligand", ids: ["A"] }] }],
    ["one whose protein has no templates", { ...ligand, entities: [entity] }],
    ["one whose chains are numbers", { ...ligand, entities: [{ ...entity, ids: [1], templates: null }] }],
  ],
);

const ways = { read: () => {}, write: () => {}, ticket: () => {}, keepTicket: () => {}, alone: () => {} };

export const alignCalls: Readonly<Record<string, Row>> = {
  alignJob: row(
    job,
    text("http://localhost:1", ["no address", "localhost"]),
    fields(
      {
        pairing: optional(name("none")),
        databases: optional(name("uniref")),
        minutes: optional(number(1)),
        silence: optional(number(1000)),
        store: optional(kind({ ...ways, alone: (_: string, work: () => unknown) => work() }, [])),
        clock: optional(kind({ now: () => 0, sleep: async () => {} }, [])),
        ...{ note: callback, progress: callback, fetch: callback, random: callback, signal },
      },
      ["nothing", "a plain object"],
    ),
  ),
  writeJob: row(job),
};
