/** `af3-gpu align`: MSAs of an input's proteins, from a server that the user names. */
import path from "node:path";
import { Command } from "commander";
import { BadInputError, CancelledError } from "../errors.ts";
import { parseA3m } from "../formats/a3m.ts";
import { serverAddress } from "../pipeline/align/address.ts";
import { alignJob } from "../pipeline/align/align.ts";
import type { AlignOptions } from "../pipeline/align/options.ts";
import { fileName, type Job } from "../pipeline/input/job.ts";
import { readEachJob } from "../pipeline/input/read.ts";
import { decodeText } from "../pipeline/input/texts.ts";
import { writeJob } from "../pipeline/input/write.ts";
import { keptAlignments } from "../platform/node/alignments.ts";
import { nodeFiles } from "../platform/node/files.ts";
import { checkWritableFolder, writeWhole } from "../platform/node/written_files.ts";
import { counted } from "../words.ts";
import { stop } from "./context.ts";
import { featurisers } from "./engine_words.ts";
import { namedJobs } from "./job_names.ts";
import * as option from "./options.ts";
import { noteOnce, print, progress, remark } from "./output.ts";

/** What searching on a server takes, of every verb that can. */
export type ServerOptions = Pick<AlignOptions, "pairing" | "databases" | "minutes">;

interface Options extends ServerOptions {
  readonly msaServer?: string;
  readonly out?: string;
  readonly json?: boolean;
}

const examples = (): string => `
Only the sequences of proteins are sent, to the server that is named, and only if the cache folder has no answer of its; which
and how is said before. A search that was left is taken up again by the same command. RNA, DNA and ligands stay as they are.

Examples:
  af3-gpu align job.json --msa-server https://msa.example.org --out aligned
  af3-gpu align complex.fasta --msa-server http://localhost:8888 --pairing complete --out aligned
  af3-gpu features aligned/job_data.json --engine ${featurisers()[0]} --out features.npz`;

/** The address of a server. */
export const msaServer = (text: string): string => serverAddress(text).href;

export const alignCommand = (): Command =>
  new Command("align")
    .description("find MSAs of an input's proteins on a ColabFold-type server")
    .argument("<input>", "an input such as job.json: AlphaFold 3's JSON, AlphaFold Server's jobs, FASTA")
    .option("--msa-server <url>", "the server that sequences are sent to; there is no default", msaServer)
    .option("--out <folder>", "where <name>_data.json and the a3m files go", option.place("--out"))
    .option(
      "--pairing <kind>",
      "pair rows of species that some chains share, or all, or none: greedy, complete, none (default greedy)",
      option.oneOf("--pairing", ["greedy", "complete", "none"]),
    )
    .option(
      "--databases <which>",
      "all, or uniref alone, where a server has no environmental sequences (default all)",
      option.oneOf("--databases", ["all", "uniref"]),
    )
    .option(
      "--minutes <n>",
      "give up after so long; the search can be taken up again (default 60)",
      option.positive("--minutes"),
    )
    .option("--json", "print what was written, as JSON")
    .addHelpText("after", examples())
    .action(align);

async function align(file: string, { msaServer: server, out, json = false, ...options }: Options): Promise<void> {
  if (server === undefined)
    throw new BadInputError("align needs --msa-server: the address of the server that sequences may be sent to");
  if (out === undefined) throw new BadInputError("align needs --out: the folder that the results go to");
  await checkWritableFolder(out);
  const note = noteOnce();
  const text = await decodeText(await nodeFiles.read(file), file);
  const { jobs, wrong } = await readEachJob(text, { file, files: nodeFiles }, note);
  // Of a list the other jobs are searched for all the same.
  for (const { error } of wrong) remark(error.message);
  const written: Written[] = [];
  for (const { job } of namedJobs(
    jobs.map((each) => ({ job: each, file })),
    note,
  ))
    written.push(await write(out, await alignedOnServer(job, server, options)));
  const failed = wrong.map(({ name, error }) => ({ name, error: error.message }));
  if (json) print(JSON.stringify({ jobs: written, ...(failed.length > 0 && { failed }) }));
  else for (const { name, data } of written) print(`${name}: ${data}`);
  if (failed.length === 0) return;
  remark(`${failed.length} of ${counted(jobs.length + failed.length, "job")} failed`);
  process.exitCode = 1;
}

/** As {@link alignJob}, with the cache folder, progress and Ctrl-C of the command line. */
export async function alignedOnServer(job: Job, server: string, options: ServerOptions = {}): Promise<Job> {
  const shown = progress();
  const note = noteOnce();
  let last = "";
  try {
    return await alignJob(job, server, {
      ...options,
      signal: stop.signal,
      store: keptAlignments(note),
      note: (text) => {
        shown.stop();
        note(text);
      },
      progress: (state) => {
        if (state !== last) shown.doing(state);
        last = state;
      },
    });
  } catch (error) {
    shown.stop();
    if (error instanceof CancelledError && last !== "")
      remark("note: the server goes on with the search; the same command takes it up again");
    throw error;
  } finally {
    shown.stop();
  }
}

interface Written {
  readonly name: string;
  readonly data: string;
  readonly chains: readonly { readonly ids: readonly string[]; readonly unpaired: number; readonly paired: number }[];
}

/** The job, and its MSAs as files of their own. */
async function write(folder: string, job: Job): Promise<Written> {
  const name = fileName(job.name);
  const chains: Written["chains"][number][] = [];
  for (const entity of job.entities) {
    if (entity.kind === "ligand" || entity.kind === "dna") continue;
    const [unpaired, paired] = [entity.unpairedMsa ?? "", entity.pairedMsa ?? ""];
    for (const [kind, text] of Object.entries({ unpaired, paired }))
      if (text !== "") await writeWhole(path.join(folder, `${name}_${entity.ids[0]}_${kind}.a3m`), text);
    const rows = { unpaired: parseA3m(unpaired).length, paired: parseA3m(paired).length };
    chains.push({ ids: entity.ids, ...rows });
    remark(
      `chain ${entity.ids.join(", ")}: ${counted(rows.unpaired, "unpaired row")}, ${counted(rows.paired, "paired row")}`,
    );
  }
  const data = path.join(folder, `${name}_data.json`);
  await writeWhole(data, writeJob(job));
  return { name: job.name, data, chains };
}
