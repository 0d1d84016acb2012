/** The house rules of ARCHITECTURE.md, read from the sources. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";

const root = path.resolve(import.meta.dirname, "../..");

const filesBelow = (folder: string, ending: string): string[] =>
  readdirSync(path.join(root, folder), { recursive: true })
    .map((name) => path.posix.join(folder, String(name).replaceAll("\\", "/")))
    .filter((name) => name.endsWith(ending) && !name.startsWith("src/generated/"))
    .sort();

const read = (file: string): string => readFileSync(path.join(root, file), "utf8");

interface Import {
  readonly from: string;
  /** A path below the root, or a package. */
  readonly to: string;
  readonly typeOnly: boolean;
  readonly dynamic: boolean;
}

const STATIC = /^(?:import|export)\s+(type\s)?[^;]*?from\s+"([^"]+)"/gm;
const DYNAMIC = /\bimport\("([^"]+)"\)/g;

function importsOf(file: string): Import[] {
  const text = read(file);
  const resolve = (to: string): string =>
    to.startsWith(".") ? path.posix.normalize(path.posix.join(path.posix.dirname(file), to)) : to;
  return [
    ...[...text.matchAll(STATIC)].map(([, type, to]) => ({
      from: file,
      to: resolve(to),
      typeOnly: type !== undefined,
      dynamic: false,
    })),
    ...[...text.matchAll(DYNAMIC)].map(([, to]) => ({ from: file, to: resolve(to), typeOnly: false, dynamic: true })),
  ];
}

const sources = filesBelow("src", ".ts");
const imports = sources.flatMap(importsOf);

/** From the bottom up. A file may import its own layer and those before it. */
const LAYERS: readonly (readonly [layer: string, pattern: RegExp])[] = [
  ["errors", /^src\/(errors|groups|waiting|words)\.ts$/],
  ["formats", /^src\/formats\//],
  ["generated", /^src\/generated\//],
  ["gpu", /^src\/gpu\//],
  ["kernels", /^src\/kernels\//],
  ["model", /^src\/model\//],
  ["pipeline", /^src\/pipeline\//],
  ["engines", /^src\/engines\//],
  ["backends", /^src\/backends\//],
  ["platform", /^src\/platform\//],
  ["bench", /^src\/bench\//],
  ["entries", /^src\/(index|browser|library)\.ts$/],
  ["cli", /^src\/cli\//],
];

const layerOf = (file: string): number => LAYERS.findIndex(([, pattern]) => pattern.test(file));

/** What runs in a browser: no Node module may be reached from here. */
const PORTABLE =
  /^src\/(errors\.ts|groups\.ts|waiting\.ts|words\.ts|gpu\/|kernels\/|model\/|pipeline\/|engines\/|backends\/|bench\/core\/|formats\/|generated\/|platform\/browser\/|library\.ts|browser\.ts)/;

describe("layers", () => {
  it("knows the layer of every source file", () => {
    expect(sources.filter((file) => layerOf(file) < 0)).toEqual([]);
  });

  it("imports point down, never up", () => {
    const upward = imports.filter(({ from, to }) => to.startsWith("src/") && layerOf(to) > layerOf(from));
    expect(upward.map(({ from, to }) => `${from} imports ${to}`)).toEqual([]);
  });

  it("src/gpu knows nothing above it, src/formats nothing but errors", () => {
    const strays = imports.filter(
      ({ from, to }) =>
        from.startsWith("src/formats/") && to.startsWith("src/") && !/^src\/(formats\/|errors|words)/.test(to),
    );
    expect(strays.map(({ from, to }) => `${from} imports ${to}`)).toEqual([]);
    const words = filesBelow("src/gpu", ".ts").filter((file) =>
      /protein|pairformer|\bligo\b|deepmind/i.test(read(file)),
    );
    expect(words).toEqual([]);
  });

  it("no kernel imports another kernel", () => {
    const shared = /^src\/kernels\/(families|check|tune)\//;
    const crossing = imports.filter(
      ({ from, to }) =>
        from.startsWith("src/kernels/") &&
        !from.endsWith("/index.ts") &&
        to.startsWith("src/kernels/") &&
        !shared.test(to),
    );
    expect(crossing.map(({ from, to }) => `${from} imports ${to}`)).toEqual([]);
  });
});

describe("engines", () => {
  /** Every engine has a file of presets under its name. */
  const names = readdirSync(path.join(root, "presets")).map((name) => path.parse(name).name);
  const own = new RegExp(`^src/(?:engines|model)/(${names.join("|")})/`);
  /** As an engine's name; a repository's, such as google-deepmind/alphafold3, names a file format. */
  const word = new RegExp(`(?<![\\w-])(?:${names.join("|")})(?![\\w-])`, "i");

  /** The registry, and times of others' programs, which are called as engines are. */
  const NAMING = new Set(["src/engines/index.ts", "src/bench/report/published.ts"]);

  it("have no name in shared code: what differs between them is theirs to say (core/engine.ts)", () => {
    expect(names).toContain("deepmind");
    const tools = ["third_party/fetch.mjs", "export/setup.mjs", "scripts/setup_native.mjs", "scripts/generate.mjs"];
    const shared = [...sources, ...filesBelow("demo/src", ".ts"), ...tools].filter(
      (file) => !own.test(file) && !NAMING.has(file),
    );
    expect(shared.filter((file) => word.test(read(file)) || word.test(path.parse(file).name))).toEqual([]);
  });

  it("know nothing of each other", () => {
    const crossing = imports.filter(({ from, to }) => {
      const [a, b] = [own.exec(from)?.[1], own.exec(to)?.[1]];
      return a !== undefined && b !== undefined && a !== b;
    });
    expect(crossing).toEqual([]);
  });

  it("are reached by the registry, and reach it by no way", () => {
    const reached = new Set<string>();
    const visit = (file: string): void => {
      if (reached.has(file)) return;
      reached.add(file);
      for (const { to, typeOnly } of importsOf(file)) if (to.startsWith("src/") && !typeOnly) visit(to);
    };
    for (const name of names) visit(`src/engines/${name}/engine.ts`);
    expect(reached.size).toBeGreaterThan(30);
    expect([...reached]).not.toContain("src/engines/index.ts");
  });
});

describe("what runs in a browser", () => {
  it("imports no Node module and no Node-only package", () => {
    const reached = imports.filter(
      ({ from, to }) =>
        PORTABLE.test(from) &&
        (to.startsWith("node:") ||
          /^(webgpu|onnxruntime-node|commander|tar-fs|@sparticuz)/.test(to) ||
          to.includes("/platform/node/")),
    );
    expect(reached.map(({ from, to }) => `${from} imports ${to}`)).toEqual([]);
  });

  const reachedFrom = (...entries: readonly string[]): Set<string> => {
    const reached = new Set<string>();
    const visit = (file: string): void => {
      if (reached.has(file)) return;
      reached.add(file);
      for (const { to } of importsOf(file)) if (to.startsWith("src/")) visit(to);
    };
    entries.forEach(visit);
    return reached;
  };

  it("is all that the browser's entries reach", () => {
    const reached = reachedFrom("src/browser.ts", "src/bench/core/index.ts", "src/backends/onnx/index.ts");
    expect(reached.size).toBeGreaterThan(30);
    expect([...reached].filter((file) => !PORTABLE.test(file))).toEqual([]);
  });

  it("gives nobody the advice of a terminal", () => {
    const terminal = /--(device|memory-limit|threads|seq-len)\b|\bapt\b|npm (install|ci|run)|npx /;
    const told = [...reachedFrom("src/browser.ts")].filter((file) => terminal.test(withoutComments(read(file))));
    expect(told).toEqual([]);
  });

  it("uses no global that only Node has", () => {
    const users = sources.filter(
      (file) => PORTABLE.test(file) && /\b(process|Buffer|__dirname|require)\b[.(]/.test(withoutComments(read(file))),
    );
    expect(users).toEqual([]);
  });

  it("model and kernels never see a device and never wait", () => {
    const code = [...filesBelow("src/model", ".ts"), ...filesBelow("src/kernels", ".ts")];
    expect(code.filter((file) => /\b(GPUDevice|GPUBuffer|await|async)\b/.test(withoutComments(read(file))))).toEqual(
      [],
    );
  });
});

describe("single owners", () => {
  const users = (pattern: RegExp): string[] => sources.filter((file) => pattern.test(withoutComments(read(file))));

  it("only src/gpu/device/device.ts asks for an adapter", () => {
    expect(users(/requestAdapter\(/)).toEqual(["src/gpu/device/device.ts"]);
  });

  it("only src/gpu/plan/dtype.ts knows how many bytes an element takes", () => {
    const bytes = /\b4 \* (?:elements|sizeOf)\(|[bB]ytes[^;\n]*[^\d ] ?\/ 4\b|\bbytes: \(?[48] \*|\.BYTES_PER_ELEMENT/;
    const strays = users(bytes).filter((file) => /^src\/(gpu|kernels|model|engines|backends|bench)\//.test(file));
    // A copy moves whole words, of whatever type.
    expect(strays.filter((file) => file !== "src/gpu/run/transfers.ts")).toEqual(["src/gpu/plan/dtype.ts"]);
  });

  it("only src/cli reads arguments, prints, or exits", () => {
    const strays = users(/process\.(argv|exit|exitCode|stdout|stderr)|console\./).filter(
      (file) => !file.startsWith("src/cli/"),
    );
    expect(strays).toEqual([]);
  });

  it("tolerances stand in src/kernels/check/tolerance.ts, not in tests", () => {
    const tests = filesBelow("test", ".ts").filter((file) => /\b\d(\.\d+)?e-[1-9]/.test(withoutComments(read(file))));
    expect(tests).toEqual([]);
  });
});

describe("size", () => {
  const lines = (file: string): number => read(file).split("\n").length - 1;

  it("files stay under 300 lines, shaders under 150", () => {
    const long = [
      ...sources,
      ...filesBelow("test", ".ts"),
      ...filesBelow("scripts", ".mjs"),
      ...filesBelow("export", ".py"),
    ];
    expect(long.filter((file) => lines(file) > 300)).toEqual([]);
    expect(filesBelow("wgsl", ".wgsl").filter((file) => lines(file) > 150)).toEqual([]);
  });

  it("no file contains an unfinished mark", () => {
    const marks = new RegExp(["TO" + "DO", "FIX" + "ME", "X" + "XX", "for n" + "ow", "@ts-" + "ignore"].join("|"));
    const code = [
      ...sources,
      ...filesBelow("test", ".ts"),
      ...filesBelow("wgsl", ".wgsl"),
      ...filesBelow("scripts", ".mjs"),
      ...filesBelow("export", ".py"),
    ];
    expect(code.filter((file) => marks.test(read(file)))).toEqual([]);
  });
});

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|[^:"'`])\/\/.*$/gm, "$1");
}
