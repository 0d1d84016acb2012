/** What npm says in a checkout: nothing that a user cannot act on. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";

const root = path.resolve(import.meta.dirname, "../..");
const read = (name: string) => JSON.parse(readFileSync(path.join(root, name), "utf8"));

it("npm warns of nothing", () => {
  // The settings that npm hands to what it runs would stand in for those of the file.
  const own = Object.entries(process.env).filter(([name]) => !name.toLowerCase().startsWith("npm_"));
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const { status, stderr } = spawnSync(npm, ["prefix"], { cwd: root, env: Object.fromEntries(own), encoding: "utf8" });
  expect([status, stderr]).toEqual([0, ""]);
});

it("every package with an install script is allowed or denied by name", () => {
  const packages: Record<string, { hasInstallScript?: boolean; optional?: boolean }> =
    read("package-lock.json").packages;
  const scripted = Object.entries(packages).filter(([, { hasInstallScript }]) => hasInstallScript);
  const names = scripted.map(([at]) => at.replace(/^.*node_modules\//, ""));
  expect(names.filter((name) => name !== "fsevents").sort()).toEqual(
    Object.keys(read("package.json").allowScripts).sort(),
  );
});

it("no tracked file names the host of a registry or mirror", ({ skip }) => {
  const { status, stdout } = spawnSync(
    "git",
    [
      "grep",
      "-lE",
      ["deb\\.debian", "\\.org|registry\\.npm", "js|pypi", "\\.org"].join(""),
      "--",
      ":!package-lock.json",
    ],
    { cwd: root, encoding: "utf8" },
  );
  if (status === 128) skip("this is no clone of the repository");
  expect([status, stdout]).toEqual([1, ""]);
});
