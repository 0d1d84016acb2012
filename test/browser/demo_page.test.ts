/** The page itself, in every state, with a worker that says what a test tells it to. */
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { noBrowser } from "../support/chromium.ts";
import { breaches, DemoSite, misfits, PATIENCE, reaches, type Sabotage } from "../support/demo.ts";
import { brokenCheck, card, FakeWorker, fakeWorker, goodCheck, wholeRun } from "../support/fake_worker.ts";

const SEQUENCE = "MKTAYIAKQRQISFVKSHFSRQ";
const QUERY = `?engine=ligo&sequence=${SEQUENCE}&seed=3&passes=3`;
const PHONE = { width: 360, height: 740 };
const LAPTOP = { width: 1440, height: 900 };

const status = (page: Page) => page.innerText("#status");
const focused = (page: Page) => page.evaluate(() => document.activeElement?.id || document.activeElement?.textContent);
const top = (page: Page, selector: string) => page.locator(selector).evaluate((one) => one.getBoundingClientRect().top);

describe("the page", { timeout: PATIENCE }, () => {
  let site: DemoSite;
  beforeAll(async () => {
    if (!noBrowser) site = await DemoSite.make();
  }, PATIENCE);
  beforeEach(({ skip }) => {
    if (noBrowser) skip(noBrowser);
  });
  afterEach(async () => {
    expect(await site.leave()).toEqual([]);
  });
  afterAll(() => site?.close());

  /** A page whose worker has found a GPU. */
  async function ready(query = QUERY, sabotage: Sabotage = {}): Promise<{ page: Page; worker: FakeWorker }> {
    const page = await site.visit(query, { ...sabotage, instead: fakeWorker });
    const worker = new FakeWorker(page);
    await worker.job(1);
    await worker.say({ kind: "device", card }, { kind: "done" });
    await page.getByText(card.name).waitFor();
    return { page, worker };
  }

  /** Starts a run. */
  async function running(query = QUERY, sabotage: Sabotage = {}) {
    const { page, worker } = await ready(query, sabotage);
    await page.click("#run");
    await worker.job(2);
    return { page, worker };
  }

  it("says what is true from the first look to the last", async () => {
    const page = await site.visit(QUERY, { instead: fakeWorker });
    const worker = new FakeWorker(page);
    expect(await status(page)).toBe("Looking for a GPU…");
    expect(await page.innerText("#device")).toBe("Looking for it…");
    await worker.job(1);
    await page.click("#run"); // before it has been found
    expect(await status(page)).toBe("Starting…");
    await worker.job(2);
    await page.click("#stop");
    expect(await status(page)).toBe("Stopped. Nothing was finished.");
    expect(await page.innerText("#device")).toBe("Not known yet: a run looks for it.");
    await page.click("#run");
    await worker.job(3);
    const [device, compile, blocks, first, checking, checked, ...rest] = wholeRun(22);
    await worker.say(device, compile);
    expect(await status(page)).toBe("Compiling shaders…");
    expect(await page.innerText("#device")).toContain(card.name);
    await worker.say(blocks, first, checking);
    expect(await status(page)).toBe("Checking the numbers…");
    await worker.say(checked);
    await page.click("#stop");
    expect(await status(page)).toBe("Stopped. What was finished is below.");
    expect(await page.innerText("#check")).toContain("every output agrees");
    await page.click("#run");
    await worker.job(4);
    expect(await page.locator("#results").isVisible()).toBe(false);
    await worker.say(...wholeRun(22));
    expect(await status(page)).toBe("Done. The numbers are right.");
    expect(rest.length).toBeGreaterThan(0);
    await page.click("#run");
    await worker.job(5);
    await worker.say({ kind: "failed", failure: { kind: "lost", detail: "gone" } });
    expect(await status(page)).toBe("The GPU was lost.");
    expect(await page.innerText("#message")).not.toContain("below"); // nothing is
  });

  it("ends a worker that does not heed Stop within seconds, and says so", async () => {
    const { page, worker } = await running();
    await worker.deaf(true);
    await page.click("#stop");
    expect(await status(page)).toBe("Stopping…");
    expect(await reaches(page, "idle")).toMatchObject({ state: "idle" });
    expect(await status(page)).toMatch(/^Stopped\. .* did not answer in time, so it was ended/);
    await page.click("#run");
    await expect.poll(() => page.workers().length).toBe(1);
    expect(await status(page)).toBe("Starting…");
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
      expect(await status(page)).toMatch(/^Nothing can run here: /);
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
    expect(await status(page)).toBe("Looking for a GPU…");
    await worker.say({ kind: "device", card }, { kind: "done" });
    await expect.poll(() => status(page)).toBe("Ready.");
    expect(await page.isEnabled("#run")).toBe(true);
    expect(await page.innerText("#message")).toBe("");
  });

  it("says that numbers could not be checked if recordings did not arrive, and tries again", async () => {
    const { page, worker } = await running();
    await worker.say(...wholeRun(22, brokenCheck));
    expect(await reaches(page, "done")).toMatchObject({ check: "unchecked" });
    expect(await status(page)).toBe("Done, but the numbers could not be checked.");
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
    const { page, worker } = await running(QUERY, { page: clipboard });
    await page.getByText("Settings:").click();
    await worker.say(...wholeRun(22));
    await reaches(page, "done");
    await page.fill("#sequence", "");
    await page.fill("#tokens", "48");
    await page.fill("#seed", "9");
    await page.getByText("deepmind", { exact: true }).click();
    expect((await page.innerText("#ran")).split("\n")).toEqual(
      ["Engine", "ligo", "N", "22", "Sequence", SEQUENCE, "Seed", "3", "Weights", "random"].map(String),
    );
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
  });

  it("leaves the keyboard where it is", async () => {
    const { page, worker } = await ready();
    await page.focus("#run");
    await page.keyboard.press("Enter");
    await worker.job(2);
    expect(await focused(page)).toBe("run");
    await page.keyboard.press("Enter"); // as a key that is held down
    await page.keyboard.press("Tab");
    expect(await focused(page)).toBe("stop");
    await page.keyboard.press("Enter");
    expect(await status(page)).toContain("Stopped.");
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

  it.each([PHONE, LAPTOP])("brings results and failures into view at %o", async (viewport) => {
    const { page, worker } = await ready();
    await page.setViewportSize(viewport);
    await page.emulateMedia({ reducedMotion: "reduce" });
    await page.getByText("Settings:").click();
    await page.locator("#run").scrollIntoViewIfNeeded();
    await page.click("#run");
    await worker.job(2);
    expect(await page.locator("#progress").evaluate((one) => one.getBoundingClientRect().bottom)).toBeLessThanOrEqual(
      viewport.height,
    );
    await worker.say(...wholeRun(22));
    await reaches(page, "done");
    expect(await top(page, "#summary-title")).toBeLessThan(viewport.height - 150);
    expect(await top(page, "#summary-title")).toBeGreaterThanOrEqual(0);
    await page.locator("#run").scrollIntoViewIfNeeded();
    await page.click("#run");
    await worker.job(3);
    await worker.say({ kind: "failed", failure: { kind: "too-large", detail: "too large", largest: 700 } });
    await reaches(page, "error");
    const { y = 0, height = 0 } = (await page.locator("[data-failure]").boundingBox()) ?? {};
    expect(y).toBeGreaterThanOrEqual(0);
    expect(y + height).toBeLessThan(viewport.height + 1);
    await page.getByRole("button", { name: "Set N = 700" }).click();
    expect(await page.inputValue("#tokens")).toBe("700");
    expect(await focused(page)).toBe("run");
  });

  it("tells how far it is and what is left, and reads out a sentence by phase only", async () => {
    const { page, worker } = await ready();
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

  it.each([320, 360, 414, 600, 768, 1024, 1280, 1440, 1920])(
    "fits a window of %i pixels in every state",
    async (width) => {
      const { page, worker } = await ready();
      await page.setViewportSize({ width, height: 800 });
      const fits = async (name: string) => expect(await misfits(page), `${name} at ${width}`).toEqual([]);
      await fits("the first screen");
      await page.getByText("Settings:").click();
      await page.getByText("Features and limits").click();
      await fits("settings");
      await page.click("#run");
      await worker.job(2);
      await worker.say({
        kind: "progress",
        progress: { doing: "Pass 1 of 3: pairformer › block 47 › triangle attention starting", share: 0.7 },
      });
      await fits("running");
      await worker.say(...wholeRun(22));
      await reaches(page, "done");
      await expect.poll(() => page.locator(".map .down span").count()).toBeGreaterThan(0);
      await fits("results");
      await page.click("#run");
      await worker.job(3);
      await worker.say(...wholeRun(22, brokenCheck));
      await reaches(page, "done");
      await fits("unchecked");
      await page.click("#run");
      await worker.job(4);
      await worker.say({ kind: "failed", failure: { kind: "no-webgpu", detail: brokenCheck.broken ?? "" } });
      await fits("a failure");
    },
  );

  it.each([360, 768, 1280])("breaks no rule of accessibility at %i pixels, in any state", async (width) => {
    const { page, worker } = await ready();
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 800 });
      const right = async (name: string) => expect(await breaches(page), `${name}, ${colorScheme}`).toEqual([]);
      await right("the first screen");
      if (!(await page.isVisible("#seed"))) await page.getByText("Settings:").click();
      await right("settings");
      await page.click("#run");
      await worker.say(...wholeRun(22, brokenCheck).slice(0, -1));
      await right("running");
      await worker.say({ kind: "done" });
      await right("unchecked");
      await page.click("#run");
      await worker.say(...wholeRun(22));
      await right("results");
      await page.click("#run");
      await worker.say({ kind: "failed", failure: { kind: "bug", detail: "no idea" } });
      await right("a failure");
    }
  });

  it("draws maps with axes, letters and scales of their own", async () => {
    const { page, worker } = await running();
    await worker.say(...wholeRun(22));
    await reaches(page, "done");
    const [distance, contacts] = await page.locator(".map").all();
    await expect
      .poll(() => distance.locator(".down span").allInnerTexts())
      .toEqual([...SEQUENCE].map((letter, at) => `${letter}${at + 1}`));
    expect(await distance.locator(".below span").allInnerTexts()).toEqual(["5", "10", "15", "20"]);
    expect(await distance.locator(".scale .axis-name").innerText()).toBe("Distance, Å");
    expect(await contacts.locator(".below span").allInnerTexts()).toEqual(["0", "0.2", "0.4", "0.6", "0.8", "1"]);
    expect(await contacts.locator(".scale .axis-name").innerText()).toBe("Probability");
    await contacts.locator("canvas").focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowRight");
    expect(await contacts.locator(".readout").innerText()).toMatch(/^Residue M1 with K2: \d\.\d{3}$/);
    // The colours of 0 and 1 are the ends of the scale, whatever the values are.
    await page.setViewportSize(PHONE);
    await expect.poll(() => distance.locator(".across span").count()).toBeLessThan(22);
  });

  it("says what it is without scripts, and to whoever is sent a link", async () => {
    const context = await site.browser.newContext({ javaScriptEnabled: false });
    const { page } = await ready();
    const bare = await context.newPage();
    try {
      await bare.goto(page.url());
      expect(await bare.innerText("h1")).toBe("AlphaFold 3’s trunk on your GPU");
      expect(await bare.innerText("main")).toContain("needs JavaScript");
      expect(await bare.innerText("main")).not.toContain("Looking for it");
      expect(await bare.isDisabled("#run")).toBe(true);
    } finally {
      await context.close();
    }
    const tags = await page.evaluate(() =>
      Object.fromEntries(
        [...document.querySelectorAll("meta")].map((tag) => [tag.getAttribute("property") ?? tag.name, tag.content]),
      ),
    );
    expect(tags).toMatchObject({
      "og:title": "AlphaFold 3’s trunk on your GPU",
      "og:description": expect.stringContaining("WebGPU"),
      "twitter:card": "summary_large_image",
    });
    const image = await page.request.get(new URL(tags["og:image"], page.url()).href);
    expect(image.headers()["content-type"]).toBe("image/png");
    expect((await image.body()).byteLength).toBeLessThan(50 * 1024);
  });
});

it("a worker of the tests says what a run says", () => {
  expect(goodCheck.passed).toBe(true);
  expect(wholeRun(4).at(-1)).toEqual({ kind: "done" });
});
