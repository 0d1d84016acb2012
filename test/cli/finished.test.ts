/** Work in a list: what is finished is reported, also when the rest does not come about. */
import { expect, it } from "vitest";
import { reportFinished } from "../../src/cli/finished.ts";
import { CancelledError } from "../../src/errors.ts";

async function reported(jobs: readonly number[], work: (job: number) => Promise<number | undefined>) {
  const reports: (readonly number[])[] = [];
  const error = await reportFinished(jobs, work, (results) => reports.push(results)).catch((thrown) => thrown);
  return { reports, error };
}

it("reports all results at once, without those that are none", async () => {
  const { reports, error } = await reported([1, 2, 3], async (job) => (job === 2 ? undefined : 10 * job));
  expect([reports, error]).toEqual([[[10, 30]], undefined]);
});

it("reports an empty list, too", async () => {
  expect((await reported([], async (job) => job)).reports).toEqual([[]]);
});

it("reports what was finished when somebody stops it", async () => {
  const { reports, error } = await reported([1, 2, 3], async (job) => {
    if (job === 3) throw new CancelledError();
    return job;
  });
  expect(reports).toEqual([[1, 2]]);
  expect(error).toBeInstanceOf(CancelledError);
});

it("says nothing where nothing was finished", async () => {
  const { reports, error } = await reported([1], () => Promise.reject(new Error("no device")));
  expect([reports, error.message]).toEqual([[], "no device"]);
});
