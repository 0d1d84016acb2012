/** The script that README names: which systems it serves, and where it takes Debian 12's backports from. */
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { scratch } from "../support/binary.ts";

const script = path.resolve(import.meta.dirname, "../../scripts/install_lavapipe.sh");
const noApt =
  spawnSync("apt-get", ["--version"]).status === 0 ? false : "apt-get is not here: run it on Debian or Ubuntu";

const BOOKWORM = 'ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n';
/** What is installed from there. @param from apt's option for it, if any */
const installs = (from = ""): string =>
  ["mesa-vulkan-drivers libvulkan1", "mesa-drm-shim libvulkan-dev gcc libc6-dev"]
    .map((names) => `env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq ${from}${names}\n`)
    .join("");

/** What the script would do on a system of that release with these files under apt's folder. */
function plan(release: string, sources: Readonly<Record<string, string>>) {
  const folder = scratch();
  mkdirSync(path.join(folder, "sources.list.d"));
  mkdirSync(path.join(folder, "lists/partial"), { recursive: true });
  for (const [name, text] of Object.entries(sources)) writeFileSync(path.join(folder, name), text);
  writeFileSync(path.join(folder, "release"), release);
  const settings = { sourcelist: "sources.list", sourceparts: "sources.list.d" };
  const lines = Object.entries(settings).map(([name, at]) => `Dir::Etc::${name} "${path.join(folder, at)}";`);
  writeFileSync(
    path.join(folder, "apt.conf"),
    `${lines.join("\n")}\nDir::State::lists "${path.join(folder, "lists")}";`,
  );
  const env = { ...process.env, OS_RELEASE: path.join(folder, "release"), APT_CONFIG: path.join(folder, "apt.conf") };
  const { status, stdout, stderr } = spawnSync(script, ["--dry-run"], { encoding: "utf8", env });
  return { status, stderr, stdout: stdout.replaceAll(`${folder}/`, "") };
}

const deb822 = (lines: readonly string[]): string => `${lines.join("\n")}\n`;
const stanza = ["Types: deb deb-src", "URIs: http://mirror.example/debian", "Suites: bookworm bookworm-updates"];
const rest = ["Components: main contrib", "Signed-By: /keys/example.gpg"];

describe("Debian 12", () => {
  it.each([
    [
      "deb822",
      { "sources.list.d/debian.sources": deb822(["# ours", ...stanza, ...rest]) },
      "sources.list.d/af3-gpu-backports.sources:\nTypes: deb\nURIs: http://mirror.example/debian\nSuites: bookworm-backports\nComponents: main\nSigned-By: /keys/example.gpg\n",
    ],
    [
      "one line each",
      {
        "sources.list":
          "# deb http://no.example/debian bookworm main\ndeb [arch=amd64 signed-by=/k] http://one.example/debian bookworm main # us\n",
      },
      "sources.list.d/af3-gpu-backports.list:\ndeb [arch=amd64 signed-by=/k] http://one.example/debian bookworm-backports main\n",
    ],
    [
      "one line each in a file of its own, the other stanza disabled",
      {
        "sources.list.d/off.sources": deb822(["Enabled: no", ...stanza, ...rest]),
        "sources.list.d/on.list":
          "deb-src http://src.example/debian bookworm main\ndeb  http://two.example/debian  bookworm  main\n",
      },
      "sources.list.d/af3-gpu-backports.list:\ndeb http://two.example/debian bookworm-backports main\n",
    ],
  ])("takes the mirror of apt's sources: %s", (_, sources, wanted) => {
    if (noApt) return;
    const { status, stdout, stderr } = plan(BOOKWORM, sources);
    expect([status, stderr, stdout]).toEqual([
      0,
      "",
      `${wanted}\napt-get update -qq\n${installs("-t bookworm-backports ")}`,
    ]);
  });

  it("needs no more where backports are among them", ({ skip }) => {
    if (noApt) skip(noApt);
    const sources = { "sources.list": "deb http://one.example/debian bookworm-backports main\n" };
    expect(plan(BOOKWORM, sources).stdout).toMatch(/^apt-get update -qq\n.* -t bookworm-backports /);
  });

  it("without an entry of its own is told so", ({ skip }) => {
    if (noApt) skip(noApt);
    const { status, stderr } = plan(BOOKWORM, { "sources.list": "deb http://one.example/debian trixie main\n" });
    expect([status, stderr]).toEqual([
      3,
      expect.stringMatching(/^install_lavapipe: apt's sources have no entry .*\n$/),
    ]);
  });
});

it.each([
  ["Debian 13", 'ID=debian\nVERSION_ID="13"\nVERSION_CODENAME=trixie\n'],
  ["Debian testing", "ID=debian\nVERSION_CODENAME=forky\n"],
  ["Ubuntu", 'ID=ubuntu\nVERSION_ID="24.04"\nVERSION_CODENAME=noble\n'],
])("%s needs no backports", (_, release) => {
  if (noApt) return;
  const { status, stdout } = plan(release, {});
  expect([status, stdout]).toEqual([0, `apt-get update -qq\n${installs()}`]);
});

it.each([
  ["Debian 11", 'ID=debian\nVERSION_ID="11"\nPRETTY_NAME="Debian 11"\n', /Debian 11 has no driver that is new enough/],
  ["Fedora", 'ID=fedora\nVERSION_ID=40\nPRETTY_NAME="Fedora Linux 40"\n', /not for Fedora Linux 40: install Mesa's/],
])("%s is refused with a sentence", (_, release, message) => {
  if (process.platform !== "linux") return;
  const { status, stdout, stderr } = plan(release, {});
  expect([status, stdout, stderr.trim().split("\n").length]).toEqual([3, "", 1]);
  expect(stderr).toMatch(message);
});
