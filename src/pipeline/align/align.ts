/** MSAs of a job's proteins, from a ColabFold-type server. */
import type { Note } from "../../formats/config.ts";
import { counted, visible } from "../../words.ts";
import { codesOf } from "../complex.ts";
import { openDictionary } from "../dictionary/dictionary.ts";
import { givenJob } from "../input/given_job.ts";
import type { Entity, Job, Polymer } from "../input/job.ts";
import { isAminoAcid } from "../residues.ts";
import { secrecy } from "./address.ts";
import { pairedOf, unpairedOf } from "./answer.ts";
import { type AlignOptions, givenAlignOptions, type Search } from "./options.ts";
import { Requests } from "./requests.ts";
import { filesOfSearch } from "./search.ts";

/** Shorter peptides have no MSA in any network here, and are too short to be searched for. */
const LEAST_RESIDUES = 5;

/** A protein, and as what it is searched for. */
interface Protein {
  readonly entity: Polymer;
  /** Modified residues as their parents, X for whatever is none of the twenty. */
  readonly sequence: string;
}

const chainsOf = ({ ids }: Entity): string =>
  `chain${ids.length > 1 ? "s" : ""} ${ids.slice(0, 5).join(", ")}${ids.length > 5 ? ", …" : ""}`;

/** Proteins whose MSAs are looked for. Says what the others are left without. */
async function proteinsOf(job: Job, note: Note): Promise<Protein[]> {
  const dictionary = await openDictionary();
  return job.entities.flatMap((entity) => {
    if (entity.kind !== "protein") {
      if (entity.kind === "rna" && entity.unpairedMsa === null)
        note(`${chainsOf(entity)}: RNA is not searched for, and has no MSA`);
      return [];
    }
    const sequence = codesOf(entity)
      .map((code) => dictionary.letter(code) ?? "X")
      .map((letter) => (isAminoAcid(letter) ? letter : "X"))
      .join("");
    const known = sequence.replaceAll("X", "").length;
    if (known >= LEAST_RESIDUES) return [{ entity, sequence }];
    note(`${chainsOf(entity)}: too short to be searched for, with ${counted(known, "known residue")}`);
    return [];
  });
}

/** What is looked for: sequences alone, and those that are paired. */
function wanted(proteins: readonly Protein[], pairing: string, note: Note): { alone: string[]; paired: string[] } {
  const alone = proteins.filter(({ entity }) => entity.unpairedMsa === null).map(({ sequence }) => sequence);
  for (const { entity } of proteins)
    if (entity.unpairedMsa !== null) note(`${chainsOf(entity)}: the unpaired MSA of the input is kept`);
  const all = new Set(proteins.map(({ sequence }) => sequence));
  if (all.size < 2 || pairing === "none") return { alone: [...new Set(alone)], paired: [] };
  const given = proteins.filter(({ entity }) => entity.pairedMsa !== null);
  if (given.length > 0)
    note(
      `${given.map(({ entity }) => chainsOf(entity)).join("; ")}: the input has a paired MSA or says that there is none, and so no other chain is searched for paired rows`,
    );
  return { alone: [...new Set(alone)], paired: given.length > 0 ? [] : [...all] };
}

/**
 * A job with the MSAs of its proteins, unpaired and, where there is more than one different protein, paired. What the input has itself stays, and so
 * does everything that is no protein. Nothing but the sequences is sent, and only those whose answers are not kept in the store.
 * @param server the address of a ColabFold-type server
 * @throws {BadInputError} if the address is none, the server another kind of one, or its answer wrong
 * @throws {UnavailableError} if the server is away, busy or fails for too long
 * @throws {CancelledError} if the signal fires; the same call takes the search up again where there is a store
 */
export async function alignJob(job: Job, server: string, options: AlignOptions = {}): Promise<Job> {
  givenJob(job);
  givenAlignOptions(options);
  const { pairing = "greedy", databases = "all", note = () => {}, progress = () => {}, store } = options;
  const requests = new Requests(server, options);
  const { href, host } = requests.server;
  const environmental = databases === "all";
  const proteins = await proteinsOf(job, note);
  const { alone, paired } = wanted(proteins, pairing, note);

  async function answers(
    search: Search,
    read: (files: ReadonlyMap<string, Uint8Array>) => string[],
  ): Promise<readonly string[]> {
    const residues = search.sequences.reduce((sum, { length }) => sum + length, 0);
    const what = `${counted(search.sequences.length, "protein sequence")} (${counted(residues, "residue")})`;
    const aim = search.endpoint === "msa" ? "for MSAs" : "for rows that belong together";
    note(
      visible(`sending ${what} of ${job.name} to ${href} ${aim}, ${secrecy(requests.server)}; no names, nothing else`),
    );
    const files = await filesOfSearch(requests, search, store, (state) => progress(`${host}: ${state}`));
    return read(files);
  }

  const unpaired = new Map<string, string>();
  const mode = environmental ? "env" : "all";
  const one = (sequence: string): Search => ({ endpoint: "msa", mode, sequences: [sequence] });
  const seek = async (): Promise<readonly string[]> => {
    // Looked up here, for another process may have asked for them while this one waited.
    for (const sequence of alone) {
      const kept = await store?.read(href, one(sequence));
      if (kept?.length === 1) unpaired.set(sequence, kept[0]);
    }
    const missing = alone.filter((sequence) => !unpaired.has(sequence));
    if (missing.length > 0) {
      const search: Search = { endpoint: "msa", mode, sequences: missing };
      const found = await answers(search, (files) => unpairedOf(files, missing, environmental, host));
      for (const [at, sequence] of missing.entries()) {
        unpaired.set(sequence, found[at]);
        await store?.write(href, one(sequence), [found[at]]);
      }
      await store?.keepTicket(href, search, undefined);
    }
    if (paired.length === 0) return [];
    const search: Search = { endpoint: "pair", mode: `pair${pairing}`, sequences: paired };
    const kept = await store?.read(href, search);
    if (kept?.length === paired.length) return kept;
    const found = await answers(search, (files) => pairedOf(files, paired, host));
    await store?.write(href, search, found);
    await store?.keepTicket(href, search, undefined);
    return found;
  };
  if (alone.length + paired.length === 0) return job;
  const together = await (store ? store.alone(href, seek, options.signal) : seek());
  const places = new Map(paired.map((sequence, at) => [sequence, together[at]]));
  const sequences = new Map(proteins.map(({ entity, sequence }) => [entity as Entity, sequence]));
  return {
    ...job,
    entities: job.entities.map((entity) => {
      const sequence = sequences.get(entity);
      if (sequence === undefined || entity.kind === "ligand") return entity;
      return {
        ...entity,
        unpairedMsa: entity.unpairedMsa ?? unpaired.get(sequence) ?? null,
        pairedMsa: entity.pairedMsa ?? places.get(sequence) ?? (places.size === 0 ? "" : null),
      };
    }),
  };
}
