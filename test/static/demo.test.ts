/** The rules of the house for the demo: it stands on top of src, and runs in a browser. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";

const root = path.resolve(import.meta.dirname, "../../demo");
const files = readdirSync(path.join(root, "src"), { recursive: true })
  .map((name) => `src/${String(name).replaceAll("\\", "/")}`)
  .filter((name) => /\.(ts|css)$/.test(name));
const read = (file: string): string => readFileSync(path.join(root, file), "utf8");

it("reaches nothing that needs Node", () => {
  const imports = files.flatMap((file) =>
    [...read(file).matchAll(/^import (?!type\b)[^;]*?from "([^"]+)"/gm)].map(([, to]) => `${file} imports ${to}`),
  );
  expect(imports.length).toBeGreaterThan(50);
  expect(
    imports.filter((line) =>
      /imports (node:|.*\/src\/(platform\/node|cli)\/|.*\/bench\/(results|environment)\.ts)/.test(line),
    ),
  ).toEqual([]);
});

it("has ONNX Runtime in one place, where it is fetched when it is asked for", () => {
  const users = files.filter((file) => /from "onnxruntime-web|import\("onnxruntime-web/.test(read(file)));
  expect(users).toEqual(["src/worker/ort_host.ts"]);
  expect(read("src/worker/ort_host.ts")).not.toMatch(/^import (?!type\b)[^;]*?from "onnxruntime-web/m);
  expect(files.filter((file) => /from "\.\/(opponents|ort_host)\.ts"/.test(read(file)))).toEqual([
    "src/worker/opponents.ts",
  ]);
});

it("its files stay under 300 lines", () => {
  expect(files.filter((file) => read(file).split("\n").length > 301)).toEqual([]);
});
