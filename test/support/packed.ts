/** The package as a stranger has it: packed by npm, unpacked into a project of its own, without network. */
import { spawnSync } from "node:child_process";
import { createReadStream, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { extract } from "tar-fs";
import { scratch } from "./binary.ts";

export const root = path.resolve(import.meta.dirname, "../..");

/** What a package.json says, as far as tests read it. */
export interface Manifest {
  readonly version: string;
  readonly main: string;
  readonly types: string;
  readonly bin: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, unknown>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta: Readonly<Record<string, { readonly optional?: boolean }>>;
}

export const manifestOf = (folder: string): Manifest =>
  JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8"));

export interface Packed {
  /** A project that has the package and its dependencies installed. */
  readonly project: string;
  /** The package in it. */
  readonly folder: string;
  /** The archive's bytes. */
  readonly size: number;
  readonly unpackedSize: number;
  /** Paths in the archive. */
  readonly files: readonly string[];
}

function run(program: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd: root, encoding: "utf8" });
  if (error) throw error;
  if (status !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${status}: ${stderr}`);
  return stdout;
}

/** npm, also where the tests were not started by it. */
function npm(args: readonly string[]): string {
  const script = process.env.npm_execpath;
  return script?.endsWith(".js") ? run(process.execPath, [script, ...args]) : run("npm", args);
}

/** Makes a package visible to a project. */
export function link(project: string, name: string, target = path.join(root, "node_modules", name)): void {
  const at = path.join(project, "node_modules", name);
  mkdirSync(path.dirname(at), { recursive: true });
  symlinkSync(target, at);
}

/**
 * Packs a folder of the repository and installs it in an empty project.
 * @param source the folder; `dist` is taken as it is built
 */
export async function installPacked(source = root): Promise<Packed> {
  if (!existsSync(path.join(root, "dist", "index.js"))) throw new Error("build first: npm run build");
  if (!existsSync(path.join(root, "dist", "browser", "af3-gpu.js")))
    run(process.execPath, ["scripts/browser_build.mjs"]);
  if (readFileSync(path.join(root, "dist", "cli", "main.js"), "utf8").includes('from "./program.js"'))
    run(process.execPath, ["scripts/cli_bundle.mjs"]);
  const project = scratch();
  const [packed] = JSON.parse(
    npm(["pack", path.resolve(root, source), "--ignore-scripts", "--json", "--pack-destination", project]),
  );
  await pipeline(createReadStream(path.join(project, packed.filename)), createGunzip(), extract(project));
  const manifest = manifestOf(path.join(project, "package"));
  writeFileSync(path.join(project, "package.json"), JSON.stringify({ name: "app", private: true, type: "module" }));
  link(project, packed.name, path.join(project, "package"));
  for (const name of Object.keys(manifest.dependencies ?? {})) link(project, name);
  const files = (packed.files as { readonly path: string }[]).map((file) => file.path);
  const { size, unpackedSize } = packed;
  return { project, folder: path.join(project, "node_modules", packed.name), size, unpackedSize, files };
}
