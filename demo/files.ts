/** What the build lays beside the page: the recordings that it checks by, and lists of what a static host cannot list. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import type { Plugin } from "vite";

const cases = new URL("../cases/", import.meta.url);
const graphs = new URL("public/graphs/", import.meta.url);

/** Recordings with more tokens would keep the visitor of a slow adapter waiting. */
const MOST_TOKENS = 32;

/** Recordings of whole trunks, among them the page's default choices. */
const folders = (): string[] =>
  readdirSync(cases)
    .filter((name) => existsSync(new URL(`${name}/case.json`, cases)))
    .filter((name) => {
      const { component, inputs } = JSON.parse(readFileSync(new URL(`${name}/case.json`, cases), "utf8"));
      // Only of a recording by seed the size is told; those with stored inputs are smaller.
      return component === "trunk" && (inputs?.dims?.tokens ?? 0) <= MOST_TOKENS;
    })
    .sort();

/** Folders of graphs that `af3-gpu export onnx --out demo/public/graphs` made. */
const graphFolders = (): string[] =>
  existsSync(graphs) ? readdirSync(graphs).filter((name) => existsSync(new URL(`${name}/manifest.json`, graphs))) : [];

export const graphsHere = (): boolean => graphFolders().length > 0;

interface Served {
  readonly name: string;
  read(): Buffer | string;
}

function served(): Served[] {
  const files: Served[] = folders().flatMap((folder) =>
    readdirSync(new URL(`${folder}/`, cases)).map((file) => ({
      name: `cases/${folder}/${file}`,
      read: () => readFileSync(new URL(`${folder}/${file}`, cases)),
    })),
  );
  files.push({ name: "cases/index.json", read: () => JSON.stringify(folders()) });
  if (graphsHere()) files.push({ name: "graphs/index.json", read: () => JSON.stringify(graphFolders()) });
  return files;
}

/** Lays the recordings of the repository beside the page; they are stored once, under cases/. */
export const recordings = (): Plugin => ({
  name: "recordings",
  generateBundle() {
    for (const { name, read } of served()) this.emitFile({ type: "asset", fileName: name, source: read() });
  },
  configureServer({ middlewares }) {
    const files = new Map(served().map((file) => [`/${file.name}`, file]));
    middlewares.use((request, response, next) => {
      const file = files.get(decodeURIComponent(new URL(request.url ?? "/", "http://localhost").pathname));
      if (file) response.end(file.read());
      else next();
    });
  },
});
