/** Files of sweeps: what they mean, and what is refused in one sentence. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { argumentsOf } from "../../../src/bench/sweep/grid.ts";
import { benchCommand } from "../../../src/cli/bench.ts";
import { readSweep, sweepOf } from "../../../src/cli/sweep/file.ts";
import { ownOptions, sweepOptions } from "../../../src/cli/sweep/options.ts";
import { sweeps } from "../../../src/generated/sweeps.ts";
import { scratch } from "../../support/binary.ts";
import { af3gpu } from "../../support/inside.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const sweep = (text: string) => sweepOf(bytes(text), "grid", "grid.yaml");
const args = (text: string): string[] => sweep(text).cases.map((one) => argumentsOf(one).join(" "));

describe("a file", () => {
  it("is the product of its lists, the last option changing fastest", () => {
    expect(args("engine: [ligo, deepmind]\nmode: toy\nseq-len: [8, 16]")).toEqual([
      "--engine=ligo --mode=toy --seq-len=8",
      "--engine=ligo --mode=toy --seq-len=16",
      "--engine=deepmind --mode=toy --seq-len=8",
      "--engine=deepmind --mode=toy --seq-len=16",
    ]);
  });

  it("makes a case of each length, of ranges, too; other lists with commas run side by side", () => {
    expect(args('engine: "ligo,deepmind"\nseq-len: 8-32*2\nmode: toy')).toEqual([
      "--engine=ligo,deepmind --seq-len=8 --mode=toy",
      "--engine=ligo,deepmind --seq-len=16 --mode=toy",
      "--engine=ligo,deepmind --seq-len=32 --mode=toy",
    ]);
  });

  it("has flags as true or false, null where an option is left out, and excludes", () => {
    const text =
      "backend: [webgpu, onnx-cpu]\nthreads: [~, 1, 2]\ncold: [true, false]\nexclude:\n- {backend: webgpu, threads: [1, 2]}\n- {cold: true, backend: onnx-cpu}";
    expect(args(text)).toEqual([
      "--backend=webgpu --cold",
      "--backend=webgpu",
      "--backend=onnx-cpu",
      "--backend=onnx-cpu --threads=1",
      "--backend=onnx-cpu --threads=2",
    ]);
  });

  it("gives keys that say what people look for, and do not depend on the order of lines or how a value is written", () => {
    const [one, other] = [
      "seed: 1\nmemory-limit: 2GiB\nengine: ligo",
      "engine: ligo\nmemory-limit: 2048MiB\nseed: '1'",
    ];
    expect(sweep(one).cases[0].key).toMatch(/^ligo-[0-9a-f]{12}$/);
    expect(sweep(other).cases[0].key).toBe(sweep(one).cases[0].key);
    expect(sweep("engine: ligo\nseed: 2").cases[0].key).not.toBe(sweep("engine: ligo\nseed: 1").cases[0].key);
  });

  it("has limits, and a name that is its own or the file's", async () => {
    expect(sweep("mode: toy\nlimits: {seconds: 0.5, memory: 8GiB}").limits).toEqual({
      seconds: 0.5,
      memory: 8 * 2 ** 30,
    });
    expect(sweep("mode: toy").name).toBe("grid");
    expect(sweep("mode: toy\nname: blocks").name).toBe("blocks");
  });

  it("ranges over every option of bench that a timed run has a use for", () => {
    const all = benchCommand().options.map((option) => option.name());
    const not = [...ownOptions, "list", "dry-run"];
    expect([...sweepOptions().keys()].sort()).toEqual(all.filter((name) => !not.includes(name)).sort());
    expect(sweepOptions().size).toBeGreaterThan(20);
  });

  it.each(Object.keys(sweeps))("that is shipped can be read: %s", async (name) => {
    const read = await readSweep(name);
    expect(read.name).toBe(name);
    expect(read.cases.length).toBeGreaterThan(3);
    expect(read.limits.seconds).toBeGreaterThan(0);
  });
});

const bomb = [
  "a: &a [x,x,x,x,x,x,x,x,x]",
  ..."bcdefgh".split("").map((name, at) => {
    const before = "abcdefg"[at];
    return `${name}: &${name} [${Array(9).fill(`*${before}`).join(",")}]`;
  }),
].join("\n");

/** Content, and what is said of it. */
const hostile: Readonly<Record<string, readonly [content: string | Uint8Array, message: RegExp]>> = {
  "an empty file": ["", /is empty: it should name options of bench/],
  "a comment alone": ["# nothing\n", /is empty/],
  "a list": ["- engine\n- backend", /is not a mapping of options to values/],
  "a text": ["hello", /is not a mapping/],
  "bytes that are no text": [new Uint8Array([0xff, 0xfe, 0, 1]), /is no YAML: it is not text/],
  "text with zeros": ["\0\x01a: b", /is no YAML: it is not text/],
  "aliases that multiply": [bomb, /repeats what its anchors name more than 50 times \(\*name\), which no sweep needs/],
  "an alias of itself": ["engine: &a [*a]", /engine should be a value of bench's --engine, .*not a list in a list/],
  "merged mappings": ["<<: {engine: ligo}", /bench has no option "<<"/],
  "brackets without end": [`engine: ${"[".repeat(60_000)}`, /nests deeper than any sweep/],
  "lists in lists": [`${"- ".repeat(30_000)}x`, /nests deeper than any sweep/],
  "mappings in mappings": [
    Array.from({ length: 200 }, (_, at) => `${" ".repeat(at)}a:`).join("\n"),
    /nests deeper than any sweep/,
  ],
  "more than 64 KiB": [`# ${"x".repeat(70_000)}\nmode: toy`, /more than 64 KiB, which no sweep needs/],
  "a key twice": ["mode: toy\nmode: full", /line 2, is no YAML that can be read: Map keys must be unique/],
  "a key twice, ten thousand times": ["mode: toy\n".repeat(6000), /Map keys must be unique/],
  tabs: ["mode:\n\t- toy", /line 2, is no YAML that can be read: Tabs are not allowed/],
  "two documents": [
    "mode: toy\n---\nmode: full",
    /^af3-gpu: grid\.yaml holds more than one document: a sweep is one, without ---$/m,
  ],
  "a tag of JavaScript": ["mode: !!js/function 'x'", /is no YAML that can be read: Unresolved tag/],
  "a list as a key": ["? [a]\n: 1", /is no YAML that can be read/],
  "a number as a key": ["1: 2", /bench has no option "1"/],
  "a prototype": ["__proto__: {engine: ligo}", /bench has no option "__proto__"/],
  "an unknown option": ["seqlen: 64", /bench has no option "seqlen"\. Did you mean seq-len\?/],
  "an option of the sweep": ["out: elsewhere", /out is not a case's to say/],
  "a mapping as a value": ["engine: {a: 1}", /engine should be a value of bench's --engine, .*not a mapping/],
  "a list in a list": ["engine: [[ligo]]", /not a list in a list/],
  "true as a value": ["seq-len: true", /seq-len should be a value of bench's --seq-len, .*not true/],
  "a text as a flag": ["cold: maybe", /cold should be true or false, not "maybe"/],
  "an empty list": ["seq-len: []", /seq-len has no value: its list is empty/],
  "a wrong value": ["seq-len: -3", /--seq-len should be like 64,128/],
  "not a number": ["passes: .nan", /--passes should be a whole number/],
  "an infinite number": ["time: .inf", /--time should be a number above 0/],
  "a huge number": ["seed: 123456789012345678901234567890", /--seed should be a whole number/],
  "an unknown backend": ["backend: web-gpu", /not "web-gpu"\. Did you mean webgpu\?/],
  "a value twice": ["seq-len: [64, 128, 64]", /seq-len names 64 twice/],
  "a value twice in other words": ["memory-limit: [2GiB, 2048MiB]", /memory-limit names 2048MiB twice/],
  "an engine twice in other words": ["engine: [both, all]", /engine names all twice/],
  "a million cases": [
    "seq-len: 1-1000+1\nseed: [1,2,3,4,5,6,7,8,9,10]\npasses: [1,2,3,4,5,6,7,8,9,10]\nwarmup: [1,2,3,4,5,6,7,8,9,10]",
    /has 1,000,000 cases before exclude, more than 10,000/,
  ],
  "a range without end": ["seq-len: 1-999999999+1", /names more than 1000 numbers/],
  "everything excluded": ["seq-len: [8, 16]\nexclude: [{seq-len: [8, 16]}]", /has no case: exclude leaves none/],
  "an exclude of nothing": ["seq-len: 8\nexclude: [{seq-len: 9}]", /exclude names seq-len 9, which no case has/],
  "an exclude by another option": ["seq-len: 8\nexclude: [{seed: 9}]", /exclude names seed, which no case has/],
  "an exclude by an unknown option": [
    "seq-len: 8\nexclude: [{sed: 9}]",
    /bench has no option "sed"\. Did you mean seed/,
  ],
  "an exclude that is a mapping": ["seq-len: 8\nexclude: {seq-len: 8}", /exclude should be a list of mappings, not a/],
  "an exclude of texts": ["seq-len: 8\nexclude: [8]", /its entry 1 is 8/],
  "an empty exclude": ["seq-len: 8\nexclude: [{}]", /its entry 1 is an empty mapping/],
  "unknown limits": [
    "mode: toy\nlimits: {second: 3}",
    /limits are seconds and memory, not "second"\. Did you mean seconds/,
  ],
  "limits that are a number": ["mode: toy\nlimits: 3", /limits should be a mapping, not 3/],
  "a limit below zero": ["mode: toy\nlimits: {seconds: -3}", /limits: seconds should be a number above 0/],
  "a limit without a unit that is known": ["mode: toy\nlimits: {memory: 3 apples}", /limits: memory should be a size/],
  "a limit that is a list": ["mode: toy\nlimits: {memory: [1]}", /limits: memory should be a size, not \[1\]/],
  "a name that leaves the folder": ["mode: toy\nname: ../elsewhere", /name should be a folder's/],
  "a name that is a number": ["mode: toy\nname: 3", /name should be a folder's/],
  "largest of something else": ["mode: toy\nlargest: samples", /largest should be seq-len, not "samples"/],
  "largest without limits": ["seq-len: 8\nlargest: seq-len", /largest needs limits/],
  "largest without lengths": ["mode: toy\nlargest: seq-len\nlimits: {seconds: 9}", /largest needs seq-len/],
  "options that contradict each other": [
    "mode: full\ncomponent: pairformer",
    /bench would refuse the case --mode=full --component=pairformer: --component and --mode contradict/,
  ],
  "a component that no engine has": [
    "engine: ligo\ncomponent: [pairformer, pairformers]",
    /bench would refuse the case --engine=ligo --component=pairformers: ligo has no component pairformers; .*Did you mean/,
  ],
  "a component of the other engine": [
    "engine: [ligo, deepmind]\ncomponent: msa_stack",
    /the case --engine=ligo --component=msa_stack: ligo has no component msa_stack/,
  ],
  "a component twice in other words": ['component: "msa,msa_module"\nengine: ligo', /names msa_module of ligo twice/],
  "weights of one engine for two": ['engine: "ligo,deepmind"\nweights: w.bin', /name it with --engine/],
  "an option without use": [
    "backend: [webgpu, onnx-cpu]\nthreads: 2",
    /--threads is for backends that compute on the CPU/,
  ],
  "a precision that a backend has not": [
    "backend: [webgpu, native]\nprecision: mixed",
    /--precision mixed is webgpu's/,
  ],
};

describe("what is no sweep", () => {
  it.each(Object.entries(hostile))("%s: one sentence, exit 2, and no time", async (_, [content, message]) => {
    const folder = scratch();
    writeFileSync(path.join(folder, "grid.yaml"), content);
    const start = performance.now();
    const { code, stdout, stderr } = await af3gpu(["sweep", "grid.yaml", "--list-cases"], { cwd: folder });
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^af3-gpu: .*grid\.yaml/);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(performance.now() - start).toBeLessThan(10_000);
  });

  it.each([
    ["a file that is not there", "nowhere.yaml", /cannot read nowhere\.yaml: there is no such file/],
    ["a word that is no preset", "tinny", /there is no sweep tinny: name a YAML file, or .*Did you mean tiny\?/],
    ["a folder", "..", /cannot read \.\.: it is a folder/],
    ["nothing", "", /<file> is empty/],
  ])("%s", async (_, word, message) => {
    const { code, stderr } = await af3gpu(["sweep", word]);
    expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
  });
});
