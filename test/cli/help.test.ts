/** What the command line says of itself, and of names that it does not know. */
import path from "node:path";
import { describe, expect, it } from "vitest";
import { withHelpVerb } from "../../src/cli/help.ts";
import { af3gpu } from "../support/inside.ts";

const shipped = path.resolve(import.meta.dirname, "../../cases");
const VERBS =
  "bench run verify kernels compare report sweep tune doctor cache plan align features predict score demo".split(" ");
const NESTED = ["weights inspect", "weights convert", "weights fetch", "weights random", "export onnx", "export cases"];

describe("help", () => {
  it.each([...VERBS, ...NESTED, "weights", "export", ""])(
    "%s: examples, and defaults as people write them",
    async (verb) => {
      const { code, stdout, stderr } = await af3gpu([...verb.split(" ").filter(Boolean), "--help"]);
      expect([code, stderr]).toEqual([0, ""]);
      expect(stdout).toMatch(new RegExp(`Examples?:(\\n +.*)*\\n +af3-gpu ${verb}`));
      expect(stdout).not.toMatch(/\(default:|default \S*["[{]|undefined|\[object|\/home\/|dist\/cli/);
      expect(
        Math.max(
          ...stdout
            .slice(0, stdout.indexOf("-h, --help"))
            .split("\n")
            .map((line) => line.length),
        ),
      ).toBeLessThan(81);
    },
  );

  it("names the default engine, backend and sizes", async () => {
    expect((await af3gpu(["plan", "--help"])).stdout.replace(/\s+/g, " ")).toMatch(
      /--engine <name> deepmind, ligo, protenix or both \(default both\).*--seq-len <list> numbers of tokens \(default 256\)/,
    );
    expect((await af3gpu(["verify", "--help"])).stdout.replace(/\s+/g, " ")).toContain("(default webgpu)");
  });

  it("is a verb, too", async () => {
    const verbs = ["bench", "weights"];
    expect(withHelpVerb(["help"], verbs)).toEqual(["--help"]);
    expect(withHelpVerb(["help", "weights", "random"], verbs)).toEqual(["weights", "random", "--help"]);
    expect(withHelpVerb(["help", "benhc"], verbs)).toEqual(["benhc"]);
    expect(withHelpVerb(["benhc", "--help"], verbs)).toEqual(["benhc"]);
    expect(withHelpVerb(["bench", "help"], verbs)).toEqual(["bench", "help"]);
    const { code, stdout } = await af3gpu(["help", "bench"]);
    expect([code, stdout]).toEqual([0, (await af3gpu(["bench", "--help"])).stdout]);
  });

  it("without a verb goes to stderr and exits with 2", async () => {
    const { code, stdout, stderr } = await af3gpu([]);
    expect([code, stdout, stderr]).toEqual([2, "", expect.stringMatching(/^Usage: af3-gpu/)]);
  });
});

describe("did you mean", () => {
  it.each([
    [["benhc"], /^af3-gpu: unknown command 'benhc' \(Did you mean bench\?\)\n$/],
    [["help", "docter"], /\(Did you mean doctor\?\)\n$/],
    [["weights", "inspct", "x"], /\(Did you mean inspect\?\)\n$/],
    [["bench", "--pases", "3"], /^af3-gpu: unknown option '--pases' \(Did you mean --passes\?\)\n$/],
    [["bench", "--engine", "deepmin"], /deepmind, ligo, protenix or both, not "deepmin"\. Did you mean deepmind\?\n$/],
    [["bench", "--engine", "alphafold"], /--engine should be deepmind, ligo, protenix or both, not "alphafold"\n$/],
    [["features", "--synthetic", "--engine", "lgio", "--seq-len", "8", "--out", "x.npz"], /Did you mean ligo\?\n$/],
    [
      ["plan", "--preset", "tinny"],
      /--preset should be tiny, block, paper, protenix-tiny, protenix-mini, protenix-base, protenix-v1 or protenix-v2, not "tinny"\. Did you mean tiny\?\n$/,
    ],
    [["bench", "--mode", "Trunk"], /not "Trunk"\. Did you mean trunk\?\n$/],
    [["bench", "--backend", "web-gpu"], /or all, not "web-gpu"\. Did you mean webgpu\?\n$/],
    [["bench", "--backend", "onnx-webgpu:mah"], /Did you mean mha\?\n$/],
    [["plan", "--component", "pairfomer"], /Did you mean pairformer\?\n$/],
    [["kernels", "atention"], /Did you mean attention\?\n$/],
    [["kernels", "--variant", "shufle"], /Did you mean shuffle\?\n$/],
    [
      ["report", ".", "--format", "htlm"],
      /--format should be html, md, csv, svg or png, not "htlm"\. Did you mean html\?\n$/,
    ],
    [["kernels", "--suite", "trimull"], /Did you mean trimul\?\n$/],
    [["verify", path.join(shipped, "ligo-pairformer-od")], /Did you mean .*ligo-pairformer-odd\?\n$/],
    [["run", "ligo-pairformer-od", "--out", "x.npz"], /Did you mean ligo-pairformer-odd\?\n$/],
  ])("%j", async (args, message) => {
    const { code, stdout, stderr } = await af3gpu(args);
    expect([code, stdout, stderr]).toEqual([2, "", expect.stringMatching(message)]);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  });
});

it("says all exit codes, the default mode and both formats of inputs", async () => {
  expect((await af3gpu(["--help"])).stdout).toMatch(/130 stopped by Ctrl-C\n\(143 by SIGTERM, 129 by SIGHUP\)/);
  expect((await af3gpu(["bench", "--help"])).stdout).toMatch(/--mode <mode> +toy, trunk \(default\) or full/);
  expect((await af3gpu(["run", "--help"])).stdout).toMatch(
    /--inputs <file> +the component's inputs, as .safetensors or\s+.npz/,
  );
});

it.each(["verify", "run"])("%s of a case with an empty name says so", async (verb) => {
  const out = verb === "run" ? ["--out", "x.npz"] : [];
  expect(await af3gpu([verb, "", ...out])).toEqual({
    code: 2,
    stdout: "",
    stderr: "af3-gpu: the name of a case is empty\n",
  });
});
