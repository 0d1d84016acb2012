/** The rules of the house for the demo: it stands on top of src, and runs in a browser. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { engineNames } from "../../src/engines/index.ts";

const root = path.resolve(import.meta.dirname, "../../demo");
const files = readdirSync(path.join(root, "src"), { recursive: true })
  .map((name) => `src/${String(name).replaceAll("\\", "/")}`)
  .filter((name) => /\.(ts|css)$/.test(name));
const read = (file: string): string => readFileSync(path.join(root, file), "utf8");

it("reaches the library by its public names alone, as a stranger's page would, types included", () => {
  const imports = files.flatMap((file) =>
    [...read(file).matchAll(/\b(?:from|import)\s*\(?\s*"([^"]+)"/g)].map(([, to]) => ({ file, to })),
  );
  expect(imports.length).toBeGreaterThan(50);
  const own = ({ file, to }: { file: string; to: string }): boolean =>
    to.startsWith(".") && path.posix.join(path.posix.dirname(file), to).startsWith("src/");
  const strays = imports.filter(
    (one) => !own(one) && !/^(af3-gpu(\/bench|\/onnx)?|onnxruntime-web(\/.*)?)$/.test(one.to),
  );
  expect(strays.map(({ file, to }) => `${file} imports ${to}`)).toEqual([]);
});

it("finds under each public name what the package offers there", () => {
  const { exports } = JSON.parse(readFileSync(path.join(root, "../package.json"), "utf8"));
  const aliases = [...read("vite.config.ts").matchAll(/"af3-gpu(\/\w+)?": path\("\.\.\/src\/(.*)\.ts"\)/g)];
  expect(aliases).toHaveLength(3);
  for (const [, name = "", file] of aliases) {
    const offered = name ? exports[`.${name}`] : exports["."].default;
    expect(offered.default).toBe(`./dist/${file}.js`);
    expect(read("tsconfig.json")).toContain(`"af3-gpu${name}": ["../src/${file}.ts"]`);
  }
});

it("has ONNX Runtime in one place, where it is fetched when it is asked for", () => {
  const users = files.filter((file) => /from "onnxruntime-web|import\("onnxruntime-web/.test(read(file)));
  expect(users).toEqual(["src/worker/ort_host.ts"]);
  expect(read("src/worker/ort_host.ts")).not.toMatch(/^import (?!type\b)[^;]*?from "onnxruntime-web/m);
  expect(files.filter((file) => /from "\.\/(opponents|ort_host)\.ts"/.test(read(file)))).toEqual([
    "src/worker/opponents.ts",
  ]);
});

it("names no engine: which there are, the library says", () => {
  const names = new RegExp(engineNames.join("|"), "i");
  const all = [...files, "index.html", "files.ts", "documents.ts", "vite.config.ts"];
  expect(all.filter((file) => names.test(read(file)))).toEqual([]);
  expect(read("index.html")).toContain('id="engines"');
});

it("its files stay under 300 lines", () => {
  expect(files.filter((file) => read(file).split("\n").length > 301)).toEqual([]);
});
