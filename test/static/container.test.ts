/** The container's file, as far as it can be read without anything that builds containers. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";

const root = path.resolve(import.meta.dirname, "../..");
const read = (name: string): string => readFileSync(path.join(root, name), "utf8");

interface Instruction {
  readonly name: string;
  readonly flags: readonly string[];
  readonly text: string;
}

const KNOWN = ["FROM", "COPY", "RUN", "ENV", "WORKDIR", "USER", "ENTRYPOINT", "CMD"];

/** The instructions of a container file. @throws {Error} for a line that is none of those which we use */
function instructionsOf(text: string): Instruction[] {
  const lines = text
    .split("\n")
    .filter((line) => !/^\s*(#|$)/.test(line))
    .join("\n")
    .replaceAll(/\\\n\s*/g, "")
    .split("\n");
  return lines.map((line) => {
    const [, name = "", flags = "", rest = ""] = /^([A-Z]+)\s+((?:--\S+\s+)*)(.+)$/.exec(line) ?? [];
    if (!KNOWN.includes(name)) throw new Error(`"${line}" is no instruction`);
    return { name, flags: flags.split(/\s+/).filter(Boolean), text: rest };
  });
}

const all = instructionsOf(read("Containerfile"));
const stages = all.reduce<Instruction[][]>((found, one) => {
  if (one.name === "FROM") found.push([]);
  found.at(-1)?.push(one);
  return found;
}, []);
const last = stages.at(-1) ?? [];
const of = (name: string, from = last): string[] => from.filter((one) => one.name === name).map(({ text }) => text);

/** What the image is built without, as patterns of a path's beginning, or of any part of it. */
const ignored = read(".dockerignore")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"));
const matches = (part: string, pattern: string): boolean =>
  pattern.startsWith("*") ? part.endsWith(pattern.slice(1)) : part === pattern;
const isIgnored = (file: string): boolean =>
  ignored.some((pattern) =>
    pattern.startsWith("**/")
      ? file.split("/").some((part) => matches(part, pattern.slice(3)))
      : file === pattern || file.startsWith(`${pattern}/`),
  );

describe("the container's file", () => {
  it("begins every stage from a Debian with a Node that the package allows, by a name that any builder finds", () => {
    expect(all[0].name).toBe("FROM");
    const [wanted] = JSON.parse(read("package.json")).engines.node.match(/\d+/) as string[];
    for (const [{ text }] of stages) {
      const [, major] = /^docker\.io\/library\/node:(\d+)-(bookworm|trixie)-slim( AS \w+)?$/.exec(text) ?? [];
      expect(Number(major), text).toBeGreaterThanOrEqual(Number(wanted));
    }
  });

  it("copies what is here, and what git keeps", ({ skip }) => {
    const sources = all
      .filter(({ name, flags }) => name === "COPY" && !flags.some((flag) => flag.startsWith("--from=")))
      .flatMap(({ text }) => text.split(/\s+/).slice(0, -1));
    expect(sources.length).toBeGreaterThan(0);
    for (const source of sources) expect([source, existsSync(path.join(root, source))]).toEqual([source, true]);
    expect(sources.filter(isIgnored)).toEqual([]);
    const tracked = spawnSync("git", ["ls-files", "--error-unmatch", "--", ...sources], {
      cwd: root,
      encoding: "utf8",
    });
    if (tracked.error || /not a git repository/.test(tracked.stderr)) skip("no git here: run it in a clone");
    expect([tracked.status, tracked.stderr]).toEqual([0, ""]);
  });

  it("copies from a stage that there is", () => {
    const named = stages.map(([{ text }]) => / AS (\w+)$/.exec(text)?.[1]);
    const from = all.flatMap(({ flags }) =>
      flags.filter((flag) => flag.startsWith("--from=")).map((flag) => flag.slice(7)),
    );
    expect(from.length).toBeGreaterThan(0);
    expect(from.filter((name) => !named.slice(0, -1).includes(name))).toEqual([]);
  });

  it("ends as somebody without rights, in a folder of his own, with the command of the package", () => {
    const order = last.map(({ name }) => name);
    expect(of("USER")).toEqual(["node"]);
    expect(order.lastIndexOf("RUN")).toBeLessThan(order.indexOf("USER"));
    const [folder] = of("WORKDIR");
    expect(of("RUN").join("\n")).toContain(`install -d -o node -g node ${folder}`);
    const [entry] = JSON.parse(of("ENTRYPOINT")[0]);
    const { bin } = JSON.parse(read("package.json"));
    const [, home] = (of("COPY").at(-1) ?? "").split(" ");
    expect(of("RUN").join("\n")).toContain(`ln -s ${home}/${bin[entry]} /usr/local/bin/${entry}`);
    expect(JSON.parse(of("CMD")[0])).toEqual(["bench"]);
  });

  it("is built without what git ignores", () => {
    const lines = read(".gitignore")
      .split("\n")
      .filter((line) => line !== "");
    const heavy = lines
      .filter((line) => !/^(export|demo)\/|_cache\/$|\.pyc$/.test(line))
      .map((line) => line.replace(/\/$/, ""));
    expect(heavy.length).toBeGreaterThan(4);
    for (const name of heavy) {
      const file = name.startsWith("*") ? name.replace("*", "x") : name;
      expect([name, isIgnored(file)]).toEqual([name, true]);
    }
    expect(isIgnored(".git")).toBe(true);
  });
});
