/** The package's types in strangers' projects: every entry, and every example of the documents. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { examples } from "../support/examples.ts";
import { installPacked, link, manifestOf, root } from "../support/packed.ts";

let project: string;
beforeAll(async () => {
  ({ project } = await installPacked());
  link(project, "@types/node");
  link(project, "undici-types");
  const entries = Object.keys(manifestOf(path.join(project, "package")).exports).filter(
    (name) => !name.endsWith(".json"),
  );
  const imports = entries.map((name, index) => `import * as m${index} from "${name.replace(/^\./, "af3-gpu")}";`);
  writeFileSync(
    path.join(project, "entries.ts"),
    `${imports.join("\n")}\nexport const all: readonly object[] = [${entries.map((_, index) => `m${index}`)}];\n`,
  );
  writeFileSync(path.join(project, "uses.ts"), USES);
  for (const { name, code } of examples()) writeFileSync(path.join(project, `${name}.ts`), code);
}, 300_000);

/** Options that are not known, or a signal that may be undefined, as strict projects write them. */
const USES = `
import { openWebGpu, preset, syntheticInputs, type LoadRequest, type Runner, type RunOptions, type TensorMap } from "af3-gpu";
import { nodeFiles } from "af3-gpu/node";
import { fetchFiles } from "af3-gpu/browser";
export const files: readonly object[] = [nodeFiles, fetchFiles];
export async function run(signal: AbortSignal | undefined): Promise<TensorMap> {
  const { config, widths } = preset("ligo", "pairformer", "tiny");
  const sizes = { tokens: 8, ...widths };
  const request: LoadRequest = { engine: "ligo", component: "pairformer", config, sizes, weights: { kind: "random", seed: 0 }, signal, note: undefined };
  const backend = openWebGpu();
  const runner: Runner = await backend.load(request);
  const options: RunOptions = { signal, progress: ({ section, step, steps }) => void [section, step / steps] };
  const first: Float32Array | Int32Array | undefined = (await runner.run(syntheticInputs("ligo", "pairformer", config, sizes), options)).get("z")?.data;
  void first;
  await runner[Symbol.asyncDispose]();
  return runner.run(new Map(), { signal });
}`;

const STRICT = {
  noEmit: true,
  strict: true,
  skipLibCheck: false,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  isolatedModules: true,
  verbatimModuleSyntax: true,
  target: "es2022",
};

/** The compiler's complaints. @param options as in tsconfig.json */
function complaints(version: string, options: object, files: readonly string[]): string[] {
  const config = { compilerOptions: { ...STRICT, ...options }, files: files.map((name) => `${name}.ts`) };
  writeFileSync(path.join(project, "tsconfig.json"), JSON.stringify(config));
  const compiler = path.join(root, "node_modules", version, "bin", "tsc");
  const run = spawnSync(process.execPath, [compiler, "-p", "."], { cwd: project, encoding: "utf8" });
  return `${run.stdout}${run.stderr}`.split("\n").filter((line) => line.trim() !== "");
}

const examplesIn = (where: "node" | "browser"): string[] =>
  examples()
    .filter((example) => example.where.includes(where))
    .map(({ name }) => name);

const DOM = { lib: ["es2022", "dom"], types: [], files: examplesIn("browser") };
const NODE = { lib: ["es2022"], types: ["node"], files: examplesIn("node") };
const BARE = { lib: ["es2022"], types: [], files: [] };

/** Every resolution with the DOM and without, where Node's types may be or not. */
const PROJECTS = [
  ["node16", "node16", DOM],
  ["nodenext", "nodenext", DOM],
  ["esnext", "bundler", DOM],
  ["node16", "node16", NODE],
  ["nodenext", "nodenext", BARE],
  ["esnext", "bundler", BARE],
] as const;

describe.each(["typescript-5.9", "typescript"])("%s", { timeout: 300_000 }, (version) => {
  it.each(PROJECTS)("compiles with module %s, resolution %s, %j", (module, moduleResolution, { files, ...types }) => {
    const options = { module, moduleResolution, ...types };
    // What reads files is the platform's own: Node's in Node, the browser's where a bundler resolves.
    const own = moduleResolution === "bundler" ? "fetchFiles" : "nodeFiles";
    writeFileSync(path.join(project, "own.ts"), `export { ${own} } from "af3-gpu";\n`);
    expect(complaints(version, options, ["entries", "uses", "own", ...files])).toEqual([]);
  });

  it("notices a wrong use, so that compiling means something", () => {
    writeFileSync(
      path.join(project, "wrong.ts"),
      'import { openWebGpu } from "af3-gpu";\nawait openWebGpu().load({});\n',
    );
    writeFileSync(path.join(project, "other.ts"), 'export { fetchFiles } from "af3-gpu";\n');
    const found = complaints(version, { module: "nodenext", lib: ["es2022"], types: [] }, ["wrong", "other"]);
    expect(found.join("\n")).toMatch(/^wrong\.ts\(2,\d+\): error TS\d+: .*LoadRequest/m);
    expect(found.join("\n")).toMatch(/^other\.ts\(1,\d+\): error TS\d+: .*fetchFiles/m);
  });
});
