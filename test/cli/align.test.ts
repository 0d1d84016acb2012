/** `af3-gpu align` as users call it, against a server on the loopback interface. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { scratch, start } from "../support/binary.ts";
import { job, protein } from "../support/input_json.ts";
import { af3gpu } from "../support/inside.ts";
import { MsaServer, tricks } from "../support/msa_server.ts";

/** Beyond this a process does not come: on a busy machine it takes its time. */
const START_MS = 120_000;
let server: MsaServer;
let cwd: string;
let env: Record<string, string>;
beforeEach(async () => {
  server = await MsaServer.start();
  cwd = scratch();
  env = { AF3_GPU_CACHE: path.join(cwd, "cache") };
});
afterEach(() => server.close());

const write = (name: string, content: unknown): string => {
  writeFileSync(path.join(cwd, name), typeof content === "string" ? content : JSON.stringify(content));
  return name;
};
const call = (...args: string[]) => af3gpu(["align", ...args], { cwd, env });
const out = (...names: string[]): string => readFileSync(path.join(cwd, "out", ...names), "utf8");
it("writes the job with its MSAs, and these as files, which features takes", async () => {
  const file = write("job.json", job({ name: "my job", sequences: [protein({ id: ["A", "B"] })] }));
  server.script = {
    submit: [tricks.status("COMPLETE", "x")],
    download: [
      tricks.packed([
        ["uniref.a3m", ">101\nGSHMKT\n>hit\nGSHMK-\n\0"],
        ["bfd.mgnify30.metaeuk30.smag30.a3m", ">101\nGSHMKT\n\0"],
      ]),
    ],
  };
  const { code, stdout, stderr } = await call(file, "--msa-server", server.url, "--out", "out");
  expect([code, stdout]).toEqual([0, `my job: ${path.join("out", "my_job_data.json")}\n`]);
  expect(stderr).toBe(
    `note: sending 1 protein sequence (6 residues) of my job to ${server.url} for MSAs, on this machine; no names, nothing else
chain A, B: 2 unpaired rows, 0 paired rows
`,
  );
  expect(readdirSync(path.join(cwd, "out")).sort()).toEqual(["my_job_A_unpaired.a3m", "my_job_data.json"]);
  expect(out("my_job_A_unpaired.a3m")).toBe(">query\nGSHMKT\n>hit\nGSHMK-\n");
  const made = JSON.parse(out("my_job_data.json"));
  expect(made.sequences[0].protein).toMatchObject({ id: ["A", "B"], unpairedMsa: out("my_job_A_unpaired.a3m") });
  const features = ["features", path.join("out", "my_job_data.json"), "--engine", "deepmind", "--out", "x.npz"];
  expect((await af3gpu(features, { cwd })).stderr).toContain("3 rows of the MSA");
  // The second time nothing is asked.
  const asked = server.log.length;
  expect((await call(file, "--msa-server", server.url, "--out", "again", "--json")).stdout).toBe(
    `${JSON.stringify({ jobs: [{ name: "my job", data: path.join("again", "my_job_data.json"), chains: [{ ids: ["A", "B"], unpaired: 2, paired: 0 }] }] })}\n`,
  );
  expect(server.log).toHaveLength(asked);
});

it("sends nothing unless a server is named, and nothing of what it refuses", async () => {
  const file = write("job.json", job());
  for (const [args, message] of [
    [["--out", "out"], "align needs --msa-server: the address of the server that sequences may be sent to"],
    [["--msa-server", server.url], "align needs --out"],
    [["--msa-server", "msa.example.org", "--out", "out"], "the MSA server should be an address such as"],
    [
      ["--msa-server", server.url, "--out", "out", "--pairing", "greedily"],
      "--pairing should be greedy, complete or none",
    ],
    [["--msa-server", server.url, "--out", file], "cannot write to the folder"],
  ] as const) {
    const { code, stderr } = await call(file, ...args);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  }
  const twice = write(
    "twice.json",
    [1, 2].map(() => ({ name: "x", modelSeeds: [1], sequences: [{ ion: { ion: "MG" } }] })),
  );
  expect((await call(twice, "--msa-server", server.url, "--out", "out")).stderr).toContain(
    "has two jobs of the name x",
  );
  expect(server.log).toEqual([]);
  expect(readdirSync(cwd).sort()).toEqual(["job.json", "twice.json"]);
});

it("searches for the jobs of a list that are right, and says which are wrong", async () => {
  const right = { name: "right", modelSeeds: [1], sequences: [{ proteinChain: { sequence: "GSHMKT", count: 1 } }] };
  const list = write("list.json", [{ ...right, name: "wrong", sequences: [] }, right]);
  const { code, stdout, stderr } = await call(list, "--msa-server", server.url, "--out", "out", "--json");
  const said = 'list.json, job "wrong": [0].sequences is empty: there are no chains';
  expect([code, JSON.parse(stdout)]).toMatchObject([
    1,
    { jobs: [{ name: "right" }], failed: [{ name: "wrong", error: said }] },
  ]);
  expect(stderr.split("\n")).toEqual([
    said,
    expect.stringMatching(/^note: sending /),
    expect.anything(),
    "1 of 2 jobs failed",
    "",
  ]);
  const sorry = write("sorry.json", [
    { ...right, name: "wrong", sequences: [] },
    { ...right, name: 4 },
  ]);
  expect(await call(sorry, "--msa-server", server.url, "--out", "none")).toMatchObject({ code: 1, stdout: "" });
});

it("says in a sentence why there is none, and writes nothing", async () => {
  const file = write("job.json", job());
  for (const [script, code, message] of [
    [{ submit: [tricks.code(403)] }, 3, "refuses to answer (403). To fix it: ask whoever runs the server"],
    [{ submit: [tricks.code(404)] }, 2, "is no ColabFold-type MSA server"],
    [
      { submit: [tricks.code(429, "", { "Retry-After": "90" })] },
      3,
      "limits the rate of requests, and would not be done within 1 minute",
    ],
  ] as const) {
    server.script = { submit: [...script.submit] };
    const ended = await call(file, "--msa-server", server.url, "--out", "out", "--minutes", "1");
    expect([ended.code, ended.stderr.trimEnd().split("\n")]).toEqual([
      code,
      [expect.stringMatching(/^note: sending /), expect.stringContaining(message)],
    ]);
  }
  expect(readdirSync(cwd)).not.toContain("out");
});

it(
  "takes a search up again that Ctrl-C has left",
  async () => {
    const file = write("job.json", job());
    const args = [file, "--msa-server", server.url, "--out", "out"];
    // However long anything takes, the search is not done before it is left.
    server.script = { status: Array(1000).fill(tricks.status("RUNNING", "msa-1")) };
    const running = start(["align", ...args], { cwd, env });
    const alignments = path.join(cwd, "cache", "alignments");
    const hasTicket = () =>
      existsSync(alignments) && readdirSync(alignments).some((name) => /^ticket-.*gz$/.test(name));
    let over = false;
    void running.ended.then(() => {
      over = true;
    });
    await expect.poll(() => over || hasTicket(), { timeout: START_MS, interval: 20 }).toBe(true);
    running.interrupt();
    const { code, stderr } = await running.ended;
    expect([code, stderr]).toEqual([130, expect.stringContaining("the same command takes it up again")]);
    const asked = server.log.length;
    expect(server.log[0]).toBe("POST /ticket/msa");
    server.script = {};
    expect((await call(...args)).code).toBe(0);
    expect(server.log.slice(asked)).toEqual(["GET /ticket/msa-1", "GET /result/download/msa-1"]);
  },
  2 * START_MS,
);
