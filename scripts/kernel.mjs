// `npm run kernel -- NAME`: generates, builds and checks one kernel: its signature, every shader of its cases without a GPU,
// then the numbers of all variants and cases on the best device.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { built } from "./built.mjs";
import { checkKernelName, meant, sentence } from "./kernel_names.mjs";

const USAGE = `usage: npm run kernel -- NAME [--variant V] [--case C] [--device D] [--precision P] [--bench]

--variant V    only this variant
--case C       only cases whose name contains this; also those too big for a software adapter's default
--device D     as of af3-gpu kernels; without it, the best there is
--precision P  f32, or mixed: halves in all arrays that may hold them
--bench        time the bench cases afterwards`;

const root = fileURLToPath(new URL("../", import.meta.url));

/** A mistake in what was asked for: exit code 2. */
class Wrong extends Error {}

function readOptions() {
  const options = /** @type {const} */ ({
    variant: { type: "string" },
    case: { type: "string" },
    device: { type: "string" },
    precision: { type: "string" },
    bench: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  });
  try {
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    if (values.help) return { name: "", ...values };
    if (positionals.length !== 1) throw new Error(`name one kernel\n${USAGE}`);
    checkKernelName(positionals[0]);
    return { name: positionals[0], ...values };
  } catch (error) {
    throw new Wrong(sentence(error));
  }
}

/** Runs a program of ours; true if it succeeded. @param {string} file @param {readonly string[]} args */
function run(file, args, env = process.env) {
  const { status, error } = spawnSync(process.execPath, [file, ...args], { cwd: root, stdio: "inherit", env });
  if (error) throw error;
  return status === 0;
}

/** The kernel's record and what is chosen of it. @param {ReturnType<typeof readOptions>} options */
async function chosen({ name, variant, case: part }) {
  const { kernels } = await import("../dist/kernels/index.js");
  const kernel = kernels.find((candidate) => candidate.name === name);
  if (!kernel) throw new Wrong(`wgsl/${name}.wgsl has no record in src/kernels/index.ts`);
  const variants = kernel.variants.map((/** @type {{ name: string }} */ own) => own.name);
  if (variant !== undefined && !variants.includes(variant))
    throw new Wrong(`${name} has no variant ${variant}${meant(variant, variants)}`);
  const cases = kernel.cases.map((/** @type {{ name: string }} */ own) => own.name);
  if (part !== undefined && !cases.some((/** @type {string} */ own) => own.includes(part)))
    throw new Wrong(`no case of ${name} has ${part} in its name; there are: ${cases.join("; ")}`);
  return kernel;
}

/** What the shaders are, without a GPU. @param {import("../dist/gpu/plan/kernel.js").AnyKernel} kernel @param {string | undefined} variant */
async function compile(kernel, variant) {
  const { shaders } = await import("../dist/generated/shaders.js");
  const { openCompileOnly } = await import("../dist/gpu/device/device.js");
  const { checkSignature } = await import("../dist/gpu/shader/reflect.js");
  const { nullGpu } = await import("../dist/platform/node/dawn.js");
  const { shadersOf } = await import("../dist/bench/kernel_shaders.js");
  const { tuning } = await import("../dist/kernels/tune/table.js");
  checkSignature(shaders, kernel);
  console.log("signature: the same in TypeScript and WGSL");
  const device = await openCompileOnly(await nullGpu());
  try {
    const known = new Set();
    for (const { setting, source, ...own } of shadersOf(shaders, kernel, tuning)) {
      if (known.has(source) || (variant ?? own.variant.name) !== own.variant.name) continue;
      known.add(source);
      const problem = await device.check(source);
      if (problem) throw new Error(`${kernel.name} (${setting}) ${own.case} does not compile: ${problem}`);
    }
    console.log(`compile: ${known.size} shaders are valid`);
  } finally {
    device.close();
  }
}

try {
  const options = readOptions();
  if (options.help) console.log(USAGE);
  else {
    if (!(await built())) throw new Error("it does not build");
    await compile(await chosen(options), options.variant);
    const { variant, device, precision } = options;
    const own = Object.entries({
      "--variant": variant,
      "--case": options.case,
      "--device": device,
      "--precision": precision,
    });
    const given = own.flatMap(([option, value]) => (value === undefined ? [] : [option, value]));
    const cli = ["kernels", options.name, ...given];
    // lavapipe without its optimiser, as in the tests: most of the time is compiling.
    const quick = { ...process.env, GALLIVM_PERF: process.env.GALLIVM_PERF ?? "nopt" };
    if (!run("dist/cli/main.js", [...cli, "--check"], quick)) process.exitCode = 1;
    else if (options.bench && !run("dist/cli/main.js", cli)) process.exitCode = 1;
  }
} catch (error) {
  console.error(`kernel: ${error instanceof Error ? error.message : error}`);
  process.exitCode = error instanceof Wrong ? 2 : 1;
}
