/** How far the host runs ahead of a device, on one whose work ends when the test says so. */
import { expect, it } from "vitest";
import { CancelledError } from "../../src/errors.ts";
import type { Device } from "../../src/gpu/device/device.ts";
import type { Step } from "../../src/gpu/plan/plan.ts";
import { Pace } from "../../src/gpu/run/submissions.ts";
import { type StepProgress, Submitter } from "../../src/gpu/run/submitter.ts";

/** A device that is given submissions and has them done one after the other. */
class SlowDevice {
  given = 0;
  done = 0;
  failure: Error | undefined;
  private readonly waiting: {
    readonly behind: number;
    readonly tell: () => void;
    readonly fail: (error: Error) => void;
  }[] = [];

  readonly handle = {
    createCommandEncoder: () => ({ beginComputePass: () => ({ end: () => {} }), finish: () => ({}) }),
    queue: {
      submit: () => {
        this.given++;
      },
      onSubmittedWorkDone: () =>
        new Promise<void>((tell, fail) => {
          this.waiting.push({ behind: this.given, tell, fail });
        }),
    },
  };

  guard<T>(work: Promise<T>): Promise<T> {
    return work;
  }

  /** Has so many more submissions done, and lets the host go on. */
  async work(submissions = Number.POSITIVE_INFINITY): Promise<void> {
    this.done = Math.min(this.given, this.done + submissions);
    while (this.waiting.length > 0 && this.waiting[0].behind <= this.done) {
      const { tell, fail } = this.waiting.shift() as (typeof this.waiting)[number];
      if (this.failure) fail(this.failure);
      else tell();
    }
    await new Promise((resolve) => setImmediate(resolve));
  }

  get asked(): number {
    return this.waiting.length;
  }
}

/** Steps of one unit of work each, and a pace that never learns. */
const steps = Array.from({ length: 1000 }, (_, at) => ({ label: `step ${at}`, cost: { flops: 1, bytes: 0 } }));
class Fixed extends Pace {
  constructor(private readonly units: number) {
    super("software");
  }
  override end(_: unknown, first: number, { end }: { readonly end: number }): number {
    return Math.min(end, first + this.units);
  }
  override share(work: number): number {
    return work / this.units;
  }
  override took(): void {}
}

function submitterOn(device: SlowDevice, units: number): Submitter {
  return new Submitter(device as unknown as Device, steps as unknown as Step[], new Fixed(units), () => {});
}

const section = (first: number, end: number) => ({ section: { first, end } });

it("gives the device something to go on with, and no more", async () => {
  const device = new SlowDevice();
  const submitter = submitterOn(device, 10);
  let passes: number | undefined;
  const running = submitter.run(section(0, 100), {}).then((count) => {
    passes = count;
  });
  await device.work(0);
  expect(device.given).toBe(2);
  for (let done = 1; done <= 8; done++) {
    await device.work(1);
    expect(device.given).toBe(2 + done);
  }
  await running;
  expect([passes, device.given, device.done]).toEqual([10, 10, 8]); // it is not waited for
  const finished = submitter.finish();
  await device.work();
  await finished;
});

it("hands over small sections one behind the other, and asks for their end once for many", async () => {
  const device = new SlowDevice();
  const submitter = submitterOn(device, 100);
  for (let run = 0; run < 49; run++) await submitter.run(section(0, 1), {});
  expect([device.given, device.asked]).toEqual([49, 0]);
  await submitter.run(section(0, 1), {});
  expect([device.given, device.asked]).toEqual([50, 1]);
});

it.each([
  ["submissions", 1, 128],
  ["bytes", 2 ** 22, 16],
] as const)("holds only so many %s, however little work they are", async (_, bytes, most) => {
  const device = new SlowDevice();
  const submitter = submitterOn(device, 1e9);
  let handed = 0;
  const running = (async () => {
    for (let run = 0; run < 1000; run++) {
      submitter.wrote(bytes);
      await submitter.run(section(0, 1), {});
      handed++;
    }
  })();
  let furthest = 0;
  while (handed < 1000) {
    await device.work(0);
    furthest = Math.max(furthest, device.given - device.done);
    await device.work(most / 2);
  }
  await running;
  expect(furthest).toBe(most);
});

it("tells what is done when it is done, though the section has been left", async () => {
  const device = new SlowDevice();
  const submitter = submitterOn(device, 10);
  const told: string[] = [];
  const progress = (name: string) => ({
    progress: ({ step, share }: StepProgress) => told.push(`${name} ${step} ${share}`),
  });
  await submitter.run(section(0, 4), progress("first"));
  await submitter.run(section(4, 6), progress("second"));
  expect(told).toEqual([]);
  await device.work(1);
  expect(told).toEqual(["first 4 1"]);
  const settled = submitter.settled();
  await device.work();
  await settled;
  expect(told).toEqual(["first 4 1", "second 2 1"]);
});

it("tells nothing any more to whoever has stopped, and is not handed the rest", async () => {
  const device = new SlowDevice();
  const submitter = submitterOn(device, 10);
  const controller = new AbortController();
  const told: number[] = [];
  const progress = ({ step }: StepProgress): void => {
    told.push(step);
    controller.abort();
  };
  const running = submitter.run(section(0, 100), { progress, signal: controller.signal });
  const rejected = expect(running).rejects.toBeInstanceOf(CancelledError);
  await device.work(0);
  await device.work(1);
  await rejected;
  await device.work();
  expect([told, device.given]).toEqual([[10], 2]);
});

it("says at the next wait what went wrong in a run that was left", async () => {
  const device = new SlowDevice();
  const submitter = submitterOn(device, 10);
  await submitter.run(section(0, 10), {});
  device.failure = new Error("lost");
  await device.work();
  await expect(submitter.finish()).rejects.toThrow("lost");
});
