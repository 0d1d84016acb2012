// What the lab is asked for, read and checked.
import { parseArgs } from "node:util";
import { checkKernelName, sentence } from "../kernel_names.mjs";
import { variantNames } from "./forced.mjs";
import { gpus, usual } from "./gpus.mjs";

const { engineNames } = await import("../../dist/engines/index.js");
const option = await import("../../dist/cli/options.js");
const { BadInputError } = await import("../../dist/errors.js");
const { didYouMean } = await import("../../dist/words.js");

export const USAGE = `usage: npm run compilers -- [options]

Compiles every pipeline of the plans of trunk and full networks for GPUs that are not here, with the compilers of Mesa's drivers, and
prints what they say: docs/compilers.md. Needs linux-x64 and, once, npm run setup:compilers.
--gpu LIST       of ${Object.keys(gpus).join(", ")} (default ${usual.join(",")})
--engine LIST    ${engineNames.join(", ")} or both (default both)
--preset SIZE    tiny, block or paper (default paper)
--seq-len N      number of tokens (default 384)
--precision P    f32, or mixed: as plans with operands stored as halves (default f32)
--only KERNEL    pipelines of this kernel
--variant NAME   as if this variant ran wherever it can, such as matrix; kernels that fuse others are left out
--heaviest       of each kernel the pipeline that does most FLOP, and all that do at least 1 % of the plan's
--json FILE      writes the table as JSON too
--against FILE   compares with such a file; exit code 1 if a pipeline starts to spill, or its hottest block is worse by over 5 points
--assembly DIR   writes the compilers' listings
--docs           writes the tables of docs/compilers.md
--renew          writes test/compilers.json, which the tests compare with: --mesa system --heaviest --gpu ${"navi31,vega10"} are implied
--mesa WHERE     system (the distribution's: AMD only), or a folder; without it, what setup:compilers made, else the system's if it will do`;

const known = /** @type {const} */ ({
  gpu: { type: "string" },
  engine: { type: "string" },
  preset: { type: "string" },
  "seq-len": { type: "string" },
  precision: { type: "string" },
  only: { type: "string" },
  variant: { type: "string" },
  heaviest: { type: "boolean" },
  json: { type: "string" },
  against: { type: "string" },
  assembly: { type: "string" },
  docs: { type: "boolean" },
  renew: { type: "boolean" },
  mesa: { type: "string" },
  help: { type: "boolean", short: "h" },
});

/** What `--renew` and the test compile. @type {readonly string[]} */
export const tested = ["navi31", "vega10"];

/** Those of them that have matrix units, for which plans in mixed precision are compiled as well. @type {readonly string[]} */
export const testedMixed = ["navi31"];

/** @param {string} text @returns {string[]} */
function gpuList(text) {
  const names = text.split(",").map((name) => name.trim());
  const all = Object.keys(gpus);
  const strange = names.find((name) => !all.includes(name));
  if (strange !== undefined) {
    const near = didYouMean(strange, all);
    throw new BadInputError(`--gpu should be of ${all.join(", ")}, not "${strange}"${near}`);
  }
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw new BadInputError(`--gpu names ${twice} twice`);
  return names;
}

/** @param {readonly string[]} argv @throws {BadInputError} one sentence */
export function readOptions(argv) {
  let values;
  try {
    values = parseArgs({ args: [...argv], options: known }).values;
    if (values.only !== undefined) checkKernelName(values.only);
  } catch (error) {
    throw new BadInputError(sentence(error));
  }
  const { renew = false } = values;
  const given = ["gpu", "engine", "preset", "seq-len", "precision", "only", "variant", "mesa"].find((name) =>
    Object.hasOwn(values, name),
  );
  if (renew && given !== undefined) throw new BadInputError(`--renew decides itself about --${given}`);
  if (values.docs && values.only !== undefined) throw new BadInputError("--docs shows all kernels: leave out --only");
  if (values.docs && values.precision !== undefined)
    throw new BadInputError("--docs is of float32: leave out --precision");
  const { variant } = values;
  if (variant !== undefined && !variantNames().includes(variant))
    throw new BadInputError(
      `--variant should be of ${variantNames().join(", ")}, not "${variant}"${didYouMean(variant, variantNames())}`,
    );
  if (values.docs && variant !== undefined) throw new BadInputError("--docs shows what runs: leave out --variant");
  const tokens = option.seqLens(values["seq-len"] ?? "384");
  if (tokens.length > 1) throw new BadInputError(`--seq-len should be one number, not "${values["seq-len"]}"`);
  return {
    help: values.help ?? false,
    mesa: values.mesa ?? (renew ? "system" : "cache"),
    gpus: renew ? tested : gpuList(values.gpu ?? usual.join(",")),
    work: {
      engines: option.engines(values.engine ?? "both"),
      preset: option.preset(values.preset ?? "paper"),
      tokens: tokens[0],
      precision: option.precision()(values.precision ?? "f32"),
      ...(variant !== undefined && { variant }),
      choice: { ...(values.only !== undefined && { only: values.only }), heaviest: values.heaviest || renew },
    },
    json: values.json,
    against: values.against,
    assembly: values.assembly,
    docs: values.docs ?? false,
    renew,
  };
}
