/** What the page does and says in every state, with a worker that says what a test tells it to. */
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { breaches, PATIENCE, reaches } from "../support/demo.ts";
import { demoSite } from "../support/demo_site.ts";
import {
  bothCheck,
  brokenCheck,
  card,
  FakeWorker,
  fakeWorker,
  QUERY,
  ready,
  running,
  SEQUENCE,
  wholeRun,
} from "../support/fake_worker.ts";

const status = (page: Page) => page.innerText("#status");
/** The worker's messages take their time to the page. */
const says = (page: Page, text: string | RegExp) =>
  expect.poll(() => status(page)).toEqual(typeof text === "string" ? text : expect.stringMatching(text));
const focused = (page: Page) => page.evaluate(() => document.activeElement?.id || document.activeElement?.textContent);

describe("the page", { timeout: PATIENCE }, () => {
  const site = demoSite();

  it("says what is true from the first look to the last", async () => {
    const page = await site.visit(QUERY, { instead: fakeWorker });
    const worker = new FakeWorker(page);
    await says(page, "Looking for a GPU…");
    expect(await page.innerText("#device")).toBe("Looking for it…");
    await worker.job(1);
    await page.click("#run"); // before it has been found
    await says(page, "Starting…");
    await worker.job(2);
    await page.click("#stop");
    await says(page, "Stopped. Nothing was finished.");
    expect(await page.innerText("#device")).toBe("Not known yet: a run looks for it.");
    await page.click("#run");
    await worker.job(3);
    const [device, compile, blocks, first, checking, checked, ...rest] = wholeRun(22);
    await worker.say(device, compile);
    await says(page, "Compiling shaders…");
    expect(await page.innerText("#device")).toContain(card.name);
    await worker.say(blocks, first, checking);
    await says(page, "Checking the numbers…");
    await worker.say(checked);
    await page.click("#stop");
    await says(page, "Stopped. What was finished is below.");
    expect(await page.innerText("#check")).toContain("every output agrees");
    await page.click("#run");
    await worker.job(4);
    expect(await page.locator("#results").isVisible()).toBe(false);
    await worker.say(...wholeRun(22));
    await says(page, "Done. The numbers are right.");
    expect(rest.length).toBeGreaterThan(0);
    await page.click("#run");
    await worker.job(5);
    await worker.say({ kind: "failed", failure: { kind: "lost", detail: "gone" } });
    await says(page, "The GPU was lost.");
    expect(await page.innerText("#message")).not.toContain("below"); // nothing is
  });

  it("ends a worker that does not heed Stop within seconds, and says so", async () => {
    const { page, worker } = await running(site);
    await worker.deaf(true);
    await page.click("#stop");
    await says(page, "Stopping…");
    expect(await reaches(page, "idle")).toMatchObject({ state: "idle" });
    await says(page, /^Stopped\. .* did not answer in time, so it was ended/);
    await page.click("#run");
    await expect.poll(() => page.workers().length).toBe(1);
    await says(page, "Starting…");
  });

  it.each([
    { name: "no WebGPU", script: "Object.defineProperty(navigator, 'gpu', { value: undefined })", kind: "no-webgpu" },
    {
      name: "an insecure page",
      script: "Object.defineProperty(window, 'isSecureContext', { value: false })",
      kind: "insecure",
    },
  ])("lets nothing run with $name, whatever is clicked in whichever order", async ({ script, kind }) => {
    const page = await site.visit(`${QUERY}&autorun=1`, { page: script, instead: fakeWorker });
    const notice = page.locator(`[data-failure=${kind}]`);
    const holds = async () => {
      expect(await page.isDisabled("#run")).toBe(true);
      await says(page, /^Nothing can run here: /);
      expect(await notice.isVisible()).toBe(true);
      expect(await page.innerText("#device")).toBe("None that can be used.");
      expect(await page.getAttribute("html", "data-state")).toBe("error");
      expect(page.workers()).toEqual([]);
    };
    await holds();
    await page.locator("#run").click({ force: true });
    await holds();
    await page.getByText("Settings:").click();
    await page.fill("#seed", "4");
    await page.press("#seed", "Enter");
    await holds();
    await page.getByText("deepmind", { exact: true }).click();
    await page.locator("#run").focus();
    await page.keyboard.press("Space");
    await holds();
    expect(await notice.getByRole("button").count()).toBe(0);
    expect(await page.innerText("main")).not.toMatch(/\bnpx?\b|Node\b/);
    expect(await breaches(page)).toEqual([]);
  });

  it("looks again when a GPU that was not there is asked for again", async () => {
    const page = await site.visit(QUERY, { instead: fakeWorker });
    const worker = new FakeWorker(page);
    await worker.job(1);
    await worker.say({ kind: "failed", failure: { kind: "no-adapter", detail: "no WebGPU adapter was found" } });
    expect(await page.isDisabled("#run")).toBe(true);
    await page.getByRole("button", { name: "Try again" }).click();
    expect(await worker.job(2)).toEqual({ kind: "describe" });
    await says(page, "Looking for a GPU…");
    await worker.say({ kind: "device", card }, { kind: "done" });
    await expect.poll(() => status(page)).toBe("Ready.");
    expect(await page.isEnabled("#run")).toBe(true);
    expect(await page.innerText("#message")).toBe("");
  });

  it("says that numbers could not be checked if recordings did not arrive, and tries again", async () => {
    const { page, worker } = await running(site);
    await worker.say(...wholeRun(22, brokenCheck));
    expect(await reaches(page, "done")).toMatchObject({ check: "unchecked" });
    await says(page, "Done, but the numbers could not be checked.");
    expect(await page.innerText("#results")).not.toMatch(/wrong|not every output/);
    expect(await page.innerText("#check")).toContain("503 Service Unavailable");
    await page.getByRole("button", { name: "Try again" }).click();
    expect(await worker.job(3)).toMatchObject({ kind: "run" });
    expect(await focused(page)).toBe("run");
    await worker.say(...wholeRun(22));
    expect(await reaches(page, "done")).toMatchObject({ check: "pass" });
  });

  it("says what was run, and copies a link to it, whatever the form says by now", async () => {
    const clipboard = `Object.defineProperty(navigator, "clipboard", { value: { writeText: async (text) => {
      if (window.refuses) throw new Error("refused"); window.copied = text; } } })`;
    const { page, worker } = await running(site, { page: clipboard });
    await page.getByText("Settings:").click();
    await worker.say(...wholeRun(22));
    await reaches(page, "done");
    await page.fill("#sequence", "");
    await page.fill("#tokens", "48");
    await page.fill("#seed", "9");
    await page.getByText("deepmind", { exact: true }).click();
    expect((await page.innerText("#ran")).split("\n")).toEqual([
      "Engine",
      "ligo",
      "N",
      "22",
      "Sequence",
      SEQUENCE,
      "Seed",
      "3",
      "Precision",
      "float32",
      "Weights",
      "random",
    ]);
    await page.getByRole("button", { name: "Copy link" }).click();
    await page.getByText("The link has been copied.").waitFor();
    const copied = new URL(await page.evaluate("copied"));
    expect(copied.search).toBe(QUERY);
    expect(copied.origin + copied.pathname).toBe(new URL(page.url()).origin + new URL(page.url()).pathname);
    await page.evaluate("window.refuses = true");
    await page.getByRole("button", { name: "Copy link" }).click();
    await page.getByText("does not let the page copy").waitFor();
    expect(await page.getByLabel("Link to this result").inputValue()).toBe(copied.href);
    expect(await page.getByText("has been copied").count()).toBe(0);

    await page.getByLabel("both side by side").check();
    expect(await page.innerText("#settings-now")).toMatch(/ · float32 and mixed precision$/);
    await page.click("#run");
    expect(await worker.job(3)).toMatchObject({ request: { choices: { precision: "f32,mixed" } } });
    await worker.say(...wholeRun(22, bothCheck));
    await reaches(page, "done");
    expect(await page.innerText("#ran")).toContain("float32 and mixed precision");
    expect(await page.locator("#summary tbody tr").allInnerTexts()).toEqual([
      expect.stringMatching(/^float32\t1\.52\ss\t1\t/),
      expect.stringMatching(/^mixed precision\t1\.52\ss\t1\.00 ×\t.*\t9\.8e.4$/),
    ]);
    expect(await page.locator("#summary .tile dt").allInnerTexts()).toEqual([
      "Check, float32",
      "Check, mixed precision",
    ]);
    expect(await page.innerText("#summary")).toContain("2 projections stay in float32");
    expect(await page.locator("#steps h3").allInnerTexts()).toEqual(["float32", "mixed precision"]);
    expect(await page.locator("#check tbody tr").count()).toBe(4);
    const link = "?engine=deepmind&n=48&seed=9&passes=3&precision=f32,mixed";
    expect(await page.getByLabel("Link to this result").count()).toBe(0);
    await page.getByRole("button", { name: "Copy link" }).click();
    expect(new URL(await page.getByLabel("Link to this result").inputValue()).search).toBe(link);
  });

  it("leaves the keyboard where it is", async () => {
    const { page, worker } = await ready(site);
    await page.focus("#run");
    await page.keyboard.press("Enter");
    await worker.job(2);
    expect(await focused(page)).toBe("run");
    await page.keyboard.press("Enter"); // as a key that is held down
    await page.keyboard.press("Tab");
    expect(await focused(page)).toBe("stop");
    await page.keyboard.press("Enter");
    await says(page, /^Stopped\./);
    expect(await focused(page)).toBe("stop");
    await page.keyboard.press("Shift+Tab");
    expect(await focused(page)).toBe("run");
    expect(await page.locator("#stop").isVisible()).toBe(false);
    await page.keyboard.press("Enter");
    await worker.job(3);
    const all = wholeRun(22);
    const maps = all.findIndex((message) => message.kind === "part" && message.part.name === "maps");
    await worker.say(...all.slice(0, maps));
    await page.getByRole("button", { name: "Download result" }).focus();
    await worker.say({ kind: "part", part: { name: "tensors", bytes: new Uint8Array(1) } }, ...all.slice(maps));
    await reaches(page, "done");
    expect(await focused(page)).toBe("Download result (JSON)"); // though it was drawn anew
  });

  it("tells how far it is and what is left, and reads out a sentence by phase only", async () => {
    const { page, worker } = await ready(site);
    await page.evaluate(() => {
      const said: string[] = [];
      Object.assign(window, { said });
      for (const live of document.querySelectorAll("[role=status], [role=alert], [aria-live]"))
        new MutationObserver(() => said.push(live.textContent ?? "")).observe(live, {
          childList: true,
          subtree: true,
          characterData: true,
        });
    });
    await page.clock.install();
    await page.click("#run");
    await worker.job(2);
    await page.clock.runFor(4000);
    expect(await page.getAttribute("#bar", "aria-valuenow")).toBe(null);
    expect(await page.innerText("#left")).toBe("for 4 s so far");
    for (let at = 1; at <= 50; at++)
      await worker.say({
        kind: "progress",
        progress: { doing: `Compiling shaders: ${at} of 100`, share: 0.3 * (at / 100) },
      });
    expect(await page.innerText("#doing")).toBe("Compiling shaders: 50 of 100");
    expect(await page.innerText("#left")).toMatch(/^(about \d+ s|a few seconds) left$/);
    expect(Number(await page.getAttribute("#bar", "aria-valuenow"))).toBeGreaterThan(10);
    await worker.say(...wholeRun(22));
    await reaches(page, "done");
    const said = await page.evaluate(() => (window as unknown as { said: string[] }).said);
    expect(said.at(-1)).toBe("Done. The numbers are right.");
    expect(said.length).toBeLessThanOrEqual(8);
  });
});
