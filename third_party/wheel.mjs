// Source from a Python wheel, for a pin whose release is on the package index with the repository's own bytes. A wheel brings a
// table of its files' digests (RECORD); with the digest of that table pinned, the unpacked source is as well known as a commit.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { FetchError } from "./fetch_error.mjs";

/** @typedef {{ package: string, version: string, sha256: string, record: string }} Wheel */
/** @typedef {{ kind: "absent" | "other" | "modified", detail: string }} Defect */

/** @param {Wheel} wheel */
const recordOf = (wheel) => path.join(`${wheel.package}-${wheel.version}.dist-info`, "RECORD");

/**
 * @param {Buffer} bytes
 * @param {"hex" | "base64url"} as
 */
const sha256 = (bytes, as) => createHash("sha256").update(bytes).digest(as);

/**
 * Whether a folder holds an unpacked wheel of this package, in whatever state.
 * @param {string} directory
 * @param {Wheel} wheel
 */
export function isWheelFolder(directory, wheel) {
  return fs.existsSync(path.join(directory, recordOf(wheel)));
}

/**
 * The files that are ours to have: name and digest, as RECORD says.
 * @param {string} record
 * @param {readonly string[]} paths folders with a slash on either side, as in a sparse checkout
 */
function wanted(record, paths) {
  const files = record.split(/\r?\n/).map((line) => line.split(","));
  return files.flatMap(([name = "", digest = ""]) =>
    paths.some((folder) => `/${name}`.startsWith(folder)) ? [{ name, digest: digest.replace(/^sha256=/, "") }] : [],
  );
}

/**
 * Why a folder is not the pinned wheel's source, or null when it is. Files beside those of the wheel do not count, as in a git checkout.
 * @param {string} directory
 * @param {Wheel} wheel
 * @param {readonly string[]} paths
 * @returns {Defect | null}
 */
export function wheelDefect(directory, wheel, paths) {
  const record = fs.readFileSync(path.join(directory, recordOf(wheel)));
  if (sha256(record, "hex") !== wheel.record)
    return { kind: "modified", detail: `${recordOf(wheel)} is not that of ${wheel.package} ${wheel.version}` };
  const changed = wanted(record.toString("utf8"), paths).filter(({ name, digest }) => {
    const file = path.join(directory, name);
    return !fs.existsSync(file) || sha256(fs.readFileSync(file), "base64url") !== digest;
  });
  if (changed.length === 0) return null;
  return { kind: "modified", detail: `${changed.length} file(s) differ from the wheel, ${changed[0]?.name} first` };
}

/**
 * The first Python that runs.
 */
function findPython() {
  const asked = process.env.AF3_GPU_PYTHON;
  const candidates = asked ? [asked] : ["python3", "python"];
  const found = candidates.find((command) => spawnSync(command, ["-c", "import pip, zipfile"]).status === 0);
  if (found === undefined)
    throw new FetchError(
      3,
      `Python with pip is needed for a wheel (${candidates.join(", ")} did not run): install one or set AF3_GPU_PYTHON`,
    );
  return found;
}

/**
 * Downloads the wheel with pip, without what it requires, into a folder. @returns the file
 * @param {string} python
 * @param {Wheel} wheel
 * @param {string} folder
 */
function download(python, wheel, folder) {
  const pin = `${wheel.package}==${wheel.version}`;
  const pip = ["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input"];
  const result = spawnSync(python, [...pip, "--no-deps", "--only-binary", ":all:", "--dest", folder, pin], {
    encoding: "utf8",
  });
  const file = fs.existsSync(folder) ? fs.readdirSync(folder).find((name) => name.endsWith(".whl")) : undefined;
  if (result.status !== 0 || file === undefined) {
    const reason = result.stderr?.trim().split("\n").at(-1) ?? "no file came";
    throw new FetchError(3, `pip cannot download ${pin} (without a network, pass --from PATH of the wheel): ${reason}`);
  }
  return path.join(folder, file);
}

/**
 * Puts the wheel's source into a directory: what lies below the pin's paths, and the table of digests with the licence.
 * @param {Wheel} wheel
 * @param {readonly string[]} paths
 * @param {(directory: string) => void} makeFolders
 * @param {string} directory
 * @param {string | undefined} from a wheel on this machine
 */
export function unpackWheel(wheel, paths, makeFolders, directory, from) {
  const python = findPython();
  makeFolders(directory);
  const downloads = path.join(directory, ".download");
  const file = from ?? download(python, wheel, downloads);
  if (!fs.existsSync(file)) throw new FetchError(2, `--from ${file}: there is no such file`);
  if (sha256(fs.readFileSync(file), "hex") !== wheel.sha256)
    throw new FetchError(
      from ? 2 : 3,
      `${file} is not the pinned wheel of ${wheel.package} ${wheel.version}: another sha256`,
    );
  const unpacked = spawnSync(python, ["-m", "zipfile", "-e", file, directory], { encoding: "utf8" });
  if (unpacked.status !== 0)
    throw new FetchError(3, `${file} cannot be unpacked: ${unpacked.stderr.trim().split("\n").at(-1)}`);
  const kept = new Set([...paths.map((folder) => folder.split("/")[1]), path.dirname(recordOf(wheel))]);
  for (const name of fs.readdirSync(directory))
    if (!kept.has(name)) fs.rmSync(path.join(directory, name), { recursive: true, force: true });
}
