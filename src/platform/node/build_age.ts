/** Whether a checkout's build is older than its sources. */
import { readdirSync, statSync } from "node:fs";
import path from "node:path";

/** Sources, and what is built of each: of TypeScript a file of the same name, of all shaders and presets one file. */
const SOURCES: readonly { readonly folder: string; readonly ending: string; readonly built?: string }[] = [
  { folder: "src", ending: ".ts" },
  { folder: "wgsl", ending: ".wgsl", built: "generated/shaders.js" },
  { folder: "presets", ending: ".json", built: "generated/presets.js" },
];

/**
 * The first source that changed after `dist` was built of it; undefined if there is none, or no source beside `dist`, as in
 * an installed package. Times are compared, no contents: it runs at every start.
 */
export function changedSince(root: string): string | undefined {
  for (const { folder, ending, built } of SOURCES) {
    for (const name of filesBelow(path.join(root, folder))) {
      if (!name.endsWith(ending) || name.endsWith(".d.ts")) continue;
      const output = path.join(root, "dist", built ?? name.replace(/\.ts$/, ".js"));
      const source = path.join(folder, name);
      if ((timeOf(path.join(root, source)) ?? 0) > (timeOf(output) ?? 0)) return source;
    }
  }
  return undefined;
}

/** What the page in demo/dist computes and shows with; the documents beside it may be older. */
const PAGE = ["demo/index.html", "demo/vite.config.ts", "demo/src", "demo/public", "src", "wgsl", "presets"];
/** Of src, what no browser runs. */
const NOT_IN_PAGE = /^src[/\\](cli|platform[/\\]node)[/\\]/;

/** The first source that changed after demo/dist was built of it; undefined if there is none, or no source, as in an installed package. */
export function changedSincePage(root: string): string | undefined {
  const built = timeOf(path.join(root, "demo", "dist", "index.html")) ?? 0;
  const sources = PAGE.flatMap((at) => [at, ...filesBelow(path.join(root, at)).map((name) => path.join(at, name))]);
  return sources.find((source) => {
    const found = statSync(path.join(root, source), { throwIfNoEntry: false });
    return found?.isFile() && !NOT_IN_PAGE.test(source) && found.mtimeMs > built;
  });
}

function filesBelow(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: "utf8" });
  } catch {
    return [];
  }
}

const timeOf = (file: string): number | undefined => statSync(file, { throwIfNoEntry: false })?.mtimeMs;
