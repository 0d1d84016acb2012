// What is done with a damaged input: read it, make features of it, write it again. It is handed the library, whether its sources or its build.
import { gzipSync } from "fflate";
import { damagedCheckpoint } from "./checkpoint_target.mjs";
import {
  COLABFOLD,
  jobOfComponent,
  jobOfMsas,
  jobOfTemplate,
  MOLFILE,
  OPEN_LIST,
  PAIRED,
  structure,
  texts,
  UNPAIRED,
} from "./inputs.mjs";
import { componentMessage, packMessage } from "./message_pack.mjs";
import { damagedBytes, damagedJson, damagedMessage, damagedText, draws } from "./mutate.mjs";
import { tar } from "./tar.mjs";

/**
 * The library's modules that are used here.
 * @typedef {typeof import("../../src/pipeline/input/read.ts") & typeof import("../../src/pipeline/input/write.ts")
 *   & typeof import("../../src/pipeline/dictionary/dictionary.ts") & typeof import("../../src/pipeline/dictionary/file.ts")
 *   & typeof import("../../src/engines/deepmind/featurise/index.ts") & typeof import("../../src/engines/index.ts")
 *   & typeof import("../../src/pipeline/align/align.ts") & typeof import("../../src/engines/core/weight_files.ts")
 *   & typeof import("../../src/pipeline/score/compare.ts") & typeof import("../../src/errors.ts")} Library
 * @typedef {{ name: string, content: string | Uint8Array, run: () => Promise<void> }} Case one damaged input
 * @typedef {(draw: (below: number) => number) => Omit<Case, "name">} Target makes one
 */

export const MODULES = [
  "pipeline/input/read",
  "pipeline/input/write",
  "pipeline/dictionary/dictionary",
  "pipeline/dictionary/file",
  "engines/deepmind/featurise/index",
  "engines/index",
  "pipeline/align/align",
  "engines/core/weight_files",
  "pipeline/score/compare",
  "errors",
];

/** As many chains as a list of ids may have would only take time. */
const MOST_CHAINS = 50;

/** @template T @param {readonly T[]} list @param {(below: number) => number} draw */
const oneOf = (list, draw) => list[draw(list.length)];

/** @param {Library} library */
export function targets(library) {
  const { readJobs, writeJob, openDictionary, readUserCcd, readDictionaryFile, featurise, findEngine, alignJob } =
    library;
  const { compareStructures, openWeights } = library;
  const seeds = texts();
  const deepmind = findEngine("deepmind");
  const protenix = findEngine("protenix");

  /** Reads an input, makes its features, and writes it as it will be read again. @param {string} text */
  async function job(text) {
    for (const read of await readJobs(text, { file: "input" })) {
      if (read.entities.reduce((sum, { ids }) => sum + ids.length, 0) >= MOST_CHAINS) continue;
      const written = writeJob(read);
      const [again] = await readJobs(written, { file: "written" });
      if (writeJob(again) !== written) throw new Error("a job is written as another one");
      const dictionary = await (read.userCcd === null
        ? openDictionary()
        : openDictionary(readUserCcd(read.userCcd, "input")));
      const { tensors } = featurise(read, dictionary, { buckets: [] });
      for (const [name, { data }] of tensors)
        if (data instanceof Float32Array && !data.every(Number.isFinite)) throw new Error(`${name} is not finite`);
      deepmind.features.checkRelations(tensors);
    }
  }

  /** Reads a list of jobs with more in it and makes its features, the network's own. @param {string} text @param {string} a3m @param {string} molfile */
  async function openList(text, a3m, molfile) {
    /** @type {Record<string, string>} */
    const texts = { "a.a3m": a3m, "a.sdf": molfile };
    const files = {
      read: async (/** @type {string} */ path) => {
        if (!Object.hasOwn(texts, path)) throw new library.BadInputError("there is no such file");
        return new TextEncoder().encode(texts[path]);
      },
      stream: async function* () {},
      exists: async (/** @type {string} */ path) => Object.hasOwn(texts, path),
      list: async () => undefined,
    };
    for (const read of await readJobs(text, { file: "input", files, openLists: true })) {
      if (read.entities.reduce((sum, { ids }) => sum + ids.length, 0) >= MOST_CHAINS) continue;
      writeJob(read);
      const dictionary = await (read.userCcd === null
        ? openDictionary()
        : openDictionary(readUserCcd(read.userCcd, "input")));
      const made = protenix.features.jobs?.featurise(read, dictionary, {});
      for (const [name, { data }] of made?.tensors ?? [])
        if (data instanceof Float32Array && !data.every(Number.isFinite)) throw new Error(`${name} is not finite`);
      if (made) protenix.features.checkRelations(made.tensors);
    }
  }

  /** A text that is read as a job. @param {string} content @param {(text: string) => string} [wrap] @returns {Omit<Case, "name">} */
  const textCase = (content, wrap = (text) => text) => ({ content, run: () => job(wrap(content)) });

  /** @param {Uint8Array} content @returns {Omit<Case, "name">} */
  const dictionaryCase = (content) => ({
    content,
    async run() {
      const stream = async function* () {
        yield content;
      };
      await openDictionary(await readDictionaryFile({ stream }, "components", new Set(["QQQ", "ALA"])));
    },
  });

  /** What a server answers, one of its answers damaged. @type {Target} */
  const server = (draw) => {
    const a3m = ">101\nGSHMKT\n>UniRef100_A\t1\nGSaHM-T\n\0>102\nWYVKLM\n>UniRef100_B\nWYVKL-\n\0";
    const damaged = draw(6);
    const status = JSON.stringify({
      id: "ticket",
      status: oneOf(["PENDING", "RUNNING", "COMPLETE", "UNKNOWN", "ERROR"], draw),
    });
    const names = ["uniref.a3m", "bfd.mgnify30.metaeuk30.smag30.a3m", "pair.a3m"];
    const files = Object.fromEntries(
      names.map((name, at) => [name, damaged === 3 + at ? damagedText(a3m, draw) : a3m]),
    );
    let packed = archive(files, damaged === 2 ? draw : undefined);
    if (damaged === 1) packed = new Uint8Array(damagedBytes(packed, draw));
    const said = damaged === 0 ? damagedText(status, draw) : status;
    let now = 0;
    const clock = {
      now: () => now,
      sleep: async (/** @type {number} */ ms) => {
        now += ms;
      },
    };
    const fetch = async (/** @type {any} */ url) =>
      new Response(
        String(url).includes("download")
          ? /** @type {any} */ (packed)
          : now > 0 && damaged !== 0
            ? '{"id":"ticket","status":"COMPLETE"}'
            : said,
      );
    return {
      content: damaged === 0 ? said : packed,
      async run() {
        const [two] = await readJobs(">A|protein\nGSHMKT\n>B|protein\nWYVKLM\n", { file: "input" });
        await job(writeJob(await alignJob(two, "http://localhost", { clock, random: () => 0, fetch })));
      },
    };
  };

  /** @type {Record<string, Target>} */
  const all = {
    json: (draw) => {
      const text = oneOf(seeds.json, draw);
      return textCase(
        draw(3) ? damagedJson(text, draw, (within) => damagedText(within, draw)) : damagedText(text, draw),
      );
    },
    lists: (draw) => {
      const which = draw(6);
      const text = which < 4 ? damagedJson(OPEN_LIST, draw, (within) => damagedText(within, draw)) : OPEN_LIST;
      const [a3m, molfile] = [
        which === 4 ? damagedText(UNPAIRED, draw) : UNPAIRED,
        which === 5 ? damagedText(MOLFILE, draw) : MOLFILE,
      ];
      const content = [text, text, text, text, a3m, molfile][which];
      return { content, run: () => openList(text, a3m.replaceAll("GSHMKT", "GSCMKC"), molfile) };
    },
    fasta: (draw) => textCase(damagedText(oneOf(seeds.fasta, draw), draw, COLABFOLD)),
    a3m: (draw) => {
      const text = damagedText(oneOf(seeds.a3m, draw), draw, PAIRED);
      return textCase(
        text,
        text.startsWith("#")
          ? undefined
          : draw(2)
            ? (a3m) => jobOfMsas(a3m, PAIRED)
            : (a3m) => jobOfMsas(UNPAIRED, a3m),
      );
    },
    cif: (draw) => textCase(damagedText(oneOf(seeds.cif, draw), draw), jobOfTemplate),
    ccd: (draw) => {
      const text = damagedText(oneOf(seeds.ccd, draw), draw);
      return draw(3) ? textCase(text, jobOfComponent) : dictionaryCase(new TextEncoder().encode(text));
    },
    bcif: (draw) => {
      const kind = draw(5);
      if (kind === 0)
        return dictionaryCase(
          damagedBytes(gzipSync(packMessage(componentMessage()), { mtime: 0, level: 1, mem: 0 }), draw),
        );
      if (kind === 1) return dictionaryCase(damagedBytes(packMessage(componentMessage()), draw));
      return dictionaryCase(packMessage(damagedMessage(componentMessage(), draw)));
    },
    /** A model and its reference, one of them damaged. */
    structure: (draw) => {
      const [content, other] = [damagedText(oneOf(seeds.structure, draw), draw), structure(draw(2) === 0)];
      const [model, reference] = draw(2) ? [content, other] : [other, content];
      return {
        content,
        async run() {
          const scores = compareStructures({ text: model, file: "model" }, { text: reference, file: "reference" });
          JSON.stringify(scores, (name, value) => {
            if (typeof value === "number" && !Number.isFinite(value)) throw new Error(`${name} is ${value}`);
            return value;
          });
          const { tm, lddt } = scores.whole;
          for (const value of [tm, lddt.one, lddt.all])
            if (value !== null && (value < 0 || value > 1.000001)) throw new Error(`a score is ${value}`);
        },
      };
    },
    server,
    checkpoint: (draw) => {
      const content = damagedCheckpoint(draw);
      const files = {
        read: async () => content,
        async *stream() {
          yield content;
        },
        exists: async () => true,
        list: async () => undefined,
      };
      return {
        content,
        async run() {
          const weights = await openWeights(files, "model.pt");
          for (const name of weights.names) {
            const { shape, data } = weights.read(name);
            if (data.length !== shape.reduce((product, size) => product * size, 1))
              throw new Error(`${name} does not fill its shape`);
          }
        },
      };
    },
  };
  return all;
}

/** The case of a number. @param {Record<string, Target>} all @param {string} kind @param {number} seed @param {number} number @returns {Case} */
export const caseOf = (all, kind, seed, number) => ({
  name: `${kind}-${seed}-${number}`,
  ...all[kind](draws(`${kind}/${seed}/${number}`)),
});

/**
 * Runs a case. @param {Case} one @param {Library} library
 * @returns {Promise<"read" | "refused" | { wrong: string }>} what became of it, or what is wrong with how it was refused
 */
export async function outcomeOf(one, { BadInputError, UnavailableError }) {
  try {
    await one.run();
  } catch (error) {
    if (!(error instanceof BadInputError || error instanceof UnavailableError))
      return { wrong: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    const { message } = error;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
    if (/[\u0000-\u001f\u007f-\u009f\u2028-\u202e]/.test(message))
      return { wrong: `not one visible line: ${JSON.stringify(message)}` };
    if (message.length > 1000) return { wrong: `longer than a sentence: ${message.slice(0, 300)}` };
    return "refused";
  }
  return "read";
}

/** A tar archive, gzipped. @param {Record<string, string>} files @param {((below: number) => number) | undefined} draw damages it before it is packed */
function archive(files, draw) {
  const plain = tar(Object.entries(files));
  return gzipSync(draw ? damagedBytes(plain, draw) : plain, { mtime: 0, level: 1, mem: 0 });
}
