/** The inputs that AlphaFold 3's own reader has read or refused. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { BadInputError } from "../../../src/errors.ts";
import { readJobs } from "../../../src/pipeline/input/read.ts";
import { writeJob } from "../../../src/pipeline/input/write.ts";
import { noRecordedJobs, recordedFile, recordedInputs, recordedJobs } from "../../support/recorded_jobs.ts";

it("are written back as it writes them", async ({ skip }) => {
  if (noRecordedJobs) skip(noRecordedJobs);
  for (const name of recordedJobs) {
    const [job] = await readJobs(readFileSync(recordedFile(name, "input.json"), "utf8"), { file: "input.json" });
    expect(writeJob(job), name).toBe(readFileSync(recordedFile(name, "normalised_input.json"), "utf8"));
  }
});

it("that its reader refuses are refused, in a sentence that names the place", async ({ skip }) => {
  if (noRecordedJobs) skip(noRecordedJobs);
  // What a SMILES or a component lacks is found where they are used.
  const later = new Set(["ligand_bad_smiles", "user_ccd_missing_keys"]);
  for (const { name, input, accepted, stage } of recordedInputs()) {
    const reading = readJobs(JSON.stringify(input), { file: "job.json" });
    if (accepted) await expect(reading, name).resolves.toHaveLength(1);
    else if (stage === "read" && !later.has(name)) {
      await expect(reading, name).rejects.toThrow(BadInputError);
      await expect(reading, name).rejects.toThrow(/^job\.json: (the JSON|[a-zA-Z]+(\[\d\]|\.\w+)*) [^\n]+$/);
    } else await reading.catch((error: unknown) => expect(error, name).toBeInstanceOf(BadInputError));
  }
});
