/** Where profiles are kept: `profile/` in a result folder, three files each. */
import path from "node:path";
import type { ProfiledStep } from "../backends/profile.ts";
import { writeWhole } from "../platform/node/written_files.ts";
import { middleOf, type Profile } from "./core/profile.ts";
import { profileFigure } from "./core/profile_figure.ts";
import { traceOf } from "./core/profile_trace.ts";

/** The folder of a result folder that holds them. */
export const PROFILES = "profile";

/** The paths of a profile's files. */
export interface ProfileFiles {
  /** The {@link Profile} as JSON. */
  readonly data: string;
  readonly figure: string;
  readonly trace: string;
  /** What ONNX Runtime wrote itself, if it made the profile. */
  readonly original?: string;
}

/** Longer names some file systems do not take. */
const LONGEST = 120;

/** A row's name as a file's. */
const fileName = (name: string): string => name.replace(/[^A-Za-z0-9=.-]+/g, "-").slice(0, LONGEST);

/**
 * Writes a profile's files, each as a whole or not at all.
 * @param folder the result folder
 * @param runs the dispatches that the profile sums up
 * @param original the trace that ONNX Runtime wrote, if it made the profile
 * @throws {BadInputError} if they cannot be written
 */
export async function writeProfile(
  folder: string,
  profile: Profile,
  runs: readonly (readonly ProfiledStep[])[],
  original?: string,
): Promise<ProfileFiles> {
  const base = path.join(folder, PROFILES, fileName(profile.name));
  const files = {
    ...{ data: `${base}.json`, figure: `${base}.svg`, trace: `${base}.trace.json` },
    ...(original !== undefined && { original: `${base}.onnxruntime.trace.json` }),
  };
  const steps = middleOf(runs);
  const { name, device, total_ms, profiled_runs } = profile;
  const byRuntime = profile.clock === "ONNX Runtime";
  const what = byRuntime
    ? "in nodes of ONNX Runtime, by its own clock"
    : "of GPU time, each dispatch in a pass of its own";
  const about = {
    ...{ device, profiled_runs },
    ...(byRuntime && { note: "medians of ONNX Runtime's time per node, one behind the other; gaps are left out" }),
  };
  const note = `${device}: ${total_ms.toPrecision(3)} ms ${what}`;
  await writeWhole(files.data, `${JSON.stringify(profile, null, 1)}\n`);
  await writeWhole(files.figure, profileFigure(name, note, steps));
  await writeWhole(files.trace, `${JSON.stringify(traceOf(name, steps, about))}\n`);
  if (files.original !== undefined && original !== undefined) await writeWhole(files.original, original);
  return files;
}
