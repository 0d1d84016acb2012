/** The library's examples, as README.md and docs/library.md show them. */
import { readFileSync } from "node:fs";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "../..");

export interface Example {
  /** What the block says that it is, such as `node`. */
  readonly name: string;
  /** Where it runs. */
  readonly where: readonly ("node" | "browser")[];
  readonly code: string;
}

/** The first line of a block in docs/library.md names its file. */
const BLOCK = /```ts\n\/\/ (\w+)\.ts: [^\n]*\n([\s\S]*?)```/g;

const read = (file: string): string => readFileSync(path.join(root, file), "utf8");

export function examples(): Example[] {
  const readme = /```js\n([\s\S]*?)```/.exec(read("README.md"))?.[1] ?? "";
  const blocks = [...read("docs/library.md").matchAll(BLOCK)].map(([, name, code]): Example => {
    return { name, where: name === "node" ? ["node"] : ["browser"], code };
  });
  return [{ name: "readme", where: ["node", "browser"], code: readme }, ...blocks];
}
