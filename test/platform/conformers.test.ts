/** The thread of conformers: what it answers, and how it is left when it does not. */
import path from "node:path";
import { afterEach, expect, it } from "vitest";
import { BadInputError, CancelledError, UnavailableError } from "../../src/errors.ts";
import { ConformerThread, openConformers } from "../../src/platform/node/conformers/generator.ts";

const FAKE = path.resolve(import.meta.dirname, "../support/conformer_worker.mjs");
const opened: ConformerThread[] = [];
const thread = (options: ConstructorParameters<typeof ConformerThread>[0] = {}, program: string | undefined = FAKE) => {
  const made = new ConformerThread(options, program);
  opened.push(made);
  return made;
};

afterEach(async () => {
  for (const one of opened.splice(0)) await one.dispose();
});

it("makes what the package's own program makes with openchemlib", async () => {
  const real = openConformers();
  opened.push(real);
  const [first, again] = await Promise.all([real.make("CO", 5), real.make("CO", 5)]);
  expect(first).toHaveLength(18);
  expect(again).toEqual(first);
  await expect(real.make("C(C)(C)(C)(C)C", 5)).rejects.toThrow("openchemlib finds none");
  await expect(real.make("C(", 5)).rejects.toThrow('has a "(" without ")"');
});

it("answers in turn, each question its own", async () => {
  const { make } = thread();
  expect((await Promise.all([1, 2, 3].map((seed) => make("I", seed)))).map(([x]) => x)).toEqual([1, 2, 3]);
});

it("says why there is none, and goes on", async () => {
  const { make } = thread();
  await expect(make("N", 1)).rejects.toThrow("none was found");
  await expect(make("O", 1)).rejects.toThrow(UnavailableError);
  await expect(make("O", 1)).rejects.toMatchObject({ fix: expect.stringContaining("npm install openchemlib@9") });
  await expect(make("", 1)).rejects.toThrow(BadInputError);
  await expect(make("C", -1)).rejects.toThrow(BadInputError);
  await expect(make("P", 1)).rejects.toThrow("its thread failed: out of memory");
  await expect(make("S", 1)).rejects.toThrow("its thread ended");
  expect(await make("C", 1)).toHaveLength(3);
});

it("ends what takes too long, and makes the next", async () => {
  const { make } = thread({ seconds: 0.2 });
  const [slow, next] = await Promise.allSettled([make("F", 1), make("N", 1)]);
  expect(slow).toMatchObject({ reason: { name: "ConformerError", message: "it took more than 0.2 s" } });
  expect(next).toMatchObject({ status: "rejected" });
});

it("ends when it is stopped, and makes nothing more", async () => {
  const stop = new AbortController();
  const { make } = thread({ signal: stop.signal });
  const slow = make("F", 1);
  setTimeout(() => stop.abort(), 100);
  await expect(slow).rejects.toThrow(CancelledError);
  await expect(make("C", 1)).rejects.toThrow(CancelledError);
});

it("refuses options that are none", () => {
  for (const strange of [{ seconds: "1" }, { second: 1 }, { signal: {} }, null] as never[])
    expect(() => openConformers(strange)).toThrow(BadInputError);
});
