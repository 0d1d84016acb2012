/** MSAs from a ColabFold-type server that behaves: what is asked, what becomes of the answers, and that networks read them. */
import { afterEach, describe, expect, it } from "vitest";
import { featurise } from "../../../src/engines/deepmind/featurise/index.ts";
import { alignJob } from "../../../src/pipeline/align/align.ts";
import type { AlignOptions } from "../../../src/pipeline/align/options.ts";
import { openDictionary } from "../../../src/pipeline/dictionary/dictionary.ts";
import type { Job, Polymer } from "../../../src/pipeline/input/job.ts";
import { readJobs } from "../../../src/pipeline/input/read.ts";
import { job as jobJson, protein } from "../../support/input_json.ts";
import { MsaServer, type Script } from "../../support/msa_server.ts";
import { quickly } from "../../support/quick_clock.ts";

const servers: MsaServer[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function aligned(sequences: unknown[], options: AlignOptions = {}, script: Script = {}) {
  const server = await MsaServer.start(script);
  servers.push(server);
  const notes: string[] = [];
  const [job] = await readJobs(JSON.stringify(jobJson({ sequences })), { file: "job.json" });
  const made = await alignJob(job, server.url, { ...quickly(), note: (text) => notes.push(text), ...options });
  return { server, notes, made };
}

const polymers = ({ entities }: Job) => entities as Polymer[];
const forms = ({ asked }: MsaServer) =>
  asked.filter(({ body }) => body).map(({ body }) => Object.fromEntries(new URLSearchParams(body)));

describe("a protein", () => {
  it("is searched for once, however many copies it has, and each row found is there once", async () => {
    const { server, notes, made } = await aligned([protein({ id: ["A", "B"] }), protein({ id: "C" })]);
    expect(server.log).toEqual(["POST /ticket/msa", "GET /ticket/msa-1", "GET /result/download/msa-1"]);
    expect(forms(server)).toEqual([{ q: ">101\nGSHMKT\n", mode: "env" }]);
    expect(server.asked.every(({ agent }) => /^af3-gpu\/\d+\.\d+\.\d+/.test(agent ?? ""))).toBe(true);
    const msa = ">query\nGSHMKT\n>UniRef100_A\t100\t0.9\nAaSHMKT\n>SRR2\nGSHMK-\n";
    expect(polymers(made).map(({ unpairedMsa, pairedMsa }) => [unpairedMsa, pairedMsa])).toEqual([
      [msa, ""],
      [msa, ""],
    ]);
    expect(notes).toEqual([
      `sending 1 protein sequence (6 residues) of a job to ${server.url} for MSAs, on this machine; no names, nothing else`,
    ]);
  });

  it("is searched for in UniRef alone if that is asked for", async () => {
    const { server, made } = await aligned([protein()], { databases: "uniref" });
    expect(forms(server)).toEqual([{ q: ">101\nGSHMKT\n", mode: "all" }]);
    expect(polymers(made)[0].unpairedMsa).toBe(">query\nGSHMKT\n>UniRef100_A\t100\t0.9\nAaSHMKT\n");
  });

  it("with modified and unknown residues is searched for as the features' query is", async () => {
    const given = protein({ sequence: "GSHUKTO", modifications: [{ ptmType: "MSE", ptmPosition: 3 }] });
    const { server, made } = await aligned([given]);
    expect(forms(server)[0].q).toBe(">101\nGSMXKTX\n");
    expect(featurise(made, await openDictionary()).tensors.get("msa")?.shape[0]).toBe(4);
  });

  it("that has an MSA, is short or unknown is left as it is, and so is all that is no protein", async () => {
    const { server, notes, made } = await aligned([
      protein({ unpairedMsa: ">q\nGSHMKT\n" }),
      protein({ id: "B", sequence: "GSHX" }),
      { rna: { id: "C", sequence: "ACGU" } },
      { ligand: { id: "D", ccdCodes: ["ATP"] } },
    ]);
    expect(server.log).toEqual([]);
    expect(polymers(made).map(({ unpairedMsa }) => unpairedMsa)).toEqual([">q\nGSHMKT\n", null, null, undefined]);
    expect(notes).toEqual([
      "chain B: too short to be searched for, with 3 known residues",
      "chain C: RNA is not searched for, and has no MSA",
      "chain A: the unpaired MSA of the input is kept",
    ]);
  });
});

describe("different proteins", () => {
  const two = [protein(), protein({ id: ["B", "C"], sequence: "WYVKLM" })];

  it("are searched for together, and paired row by row", async () => {
    const { server, made } = await aligned(two);
    expect(forms(server)).toEqual([
      { q: ">101\nGSHMKT\n>102\nWYVKLM\n", mode: "env" },
      { q: ">101\nGSHMKT\n>102\nWYVKLM\n", mode: "pairgreedy" },
    ]);
    const [first, second] = polymers(made);
    expect(first.pairedMsa).toBe(
      ">query\nGSHMKT\n>tr|A0A000|ROW_00001 UniRef100_P0\nASHMKT\n>tr|A0A000|ROW_00003 UniRef100_Q0\nCSHMKT\n",
    );
    expect(second.pairedMsa).toBe(
      ">query\nWYVKLM\n>tr|A0A000|ROW_00001 UniRef100_P1\nAYVKLM\n>tr|A0A000|ROW_00002 DUMMY\nWYVKLM\n>tr|A0A000|ROW_00003 UniRef100_Q1\nCYVKLM\n",
    );
    // Side by side in the network's MSA: the queries, then both pairs.
    const { data = [], shape = [] } = featurise(made, await openDictionary(), { buckets: [] }).tensors.get("msa") ?? {};
    const row = (at: number) => Array.from(data.slice(at * shape[1], (at + 1) * shape[1]));
    expect([0, 1, 2].map((at) => [row(at)[0], row(at)[6], row(at)[12]])).toEqual([
      [7, 17, 17],
      [0, 0, 0],
      [4, 4, 4],
    ]);
  });

  it("are paired otherwise, or not, if that is asked for", async () => {
    expect(forms((await aligned(two, { pairing: "complete" })).server)[1].mode).toBe("paircomplete");
    const { server, made } = await aligned(two, { pairing: "none" });
    expect(forms(server)).toHaveLength(1);
    expect(polymers(made).map(({ pairedMsa }) => pairedMsa)).toEqual(["", ""]);
  });

  it("are not paired with what the input has paired", async () => {
    const { server, notes, made } = await aligned([protein({ pairedMsa: ">q\nGSHMKT\n" }), two[1]]);
    expect(forms(server)).toHaveLength(1);
    expect(polymers(made).map(({ pairedMsa }) => pairedMsa)).toEqual([">q\nGSHMKT\n", ""]);
    expect(notes[0]).toMatch(/^chain A: the input has a paired MSA .* no other chain is searched for paired rows$/);
  });
});
