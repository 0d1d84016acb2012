/** How the page looks and reads in every state, at every width, with a worker that says what a test tells it to. */
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { breaches, misfits, PATIENCE, reaches } from "../support/demo.ts";
import { demoSite } from "../support/demo_site.ts";
import { bothCheck, brokenCheck, ready, running, SEQUENCE, wholeRun } from "../support/fake_worker.ts";

const PHONE = { width: 360, height: 740 };
const LAPTOP = { width: 1440, height: 900 };

const focused = (page: Page) => page.evaluate(() => document.activeElement?.id);
const top = (page: Page, selector: string) => page.locator(selector).evaluate((one) => one.getBoundingClientRect().top);

describe("the page, to look at", { timeout: PATIENCE }, () => {
  const site = demoSite();

  it.each([PHONE, LAPTOP])("brings results and failures into view at %o", async (viewport) => {
    const { page, worker } = await ready(site);
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

  it.each([320, 360, 414, 600, 768, 1024, 1280, 1440, 1920])(
    "fits a window of %i pixels in every state",
    async (width) => {
      const { page, worker } = await ready(site);
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
      await page.getByLabel("both side by side").check();
      await page.click("#run");
      await worker.job(3);
      await worker.say(...wholeRun(22, bothCheck));
      await reaches(page, "done");
      await fits("both precisions");
      await page.click("#run");
      await worker.job(4);
      await worker.say(...wholeRun(22, brokenCheck));
      await reaches(page, "done");
      await fits("unchecked");
      await page.click("#run");
      await worker.job(5);
      await worker.say({ kind: "failed", failure: { kind: "no-webgpu", detail: brokenCheck.broken ?? "" } });
      await fits("a failure");
    },
  );

  it.each([360, 768, 1280])("breaks no rule of accessibility at %i pixels, in any state", async (width) => {
    const { page, worker } = await ready(site);
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
      await worker.say(...wholeRun(22, bothCheck));
      await right("both precisions");
      await page.click("#run");
      await worker.say({ kind: "failed", failure: { kind: "bug", detail: "no idea" } });
      await right("a failure");
    }
  });

  it("draws maps with axes, letters and scales of their own", async () => {
    const { page, worker } = await running(site);
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
    await page.setViewportSize(PHONE);
    await expect.poll(() => distance.locator(".across span").count()).toBeLessThan(22);
    // Without a sequence, the letters are those that the features were made with.
    await page.click("#run");
    await worker.job(3);
    await worker.say(...wholeRun(6));
    await expect
      .poll(() => distance.locator(".down span").allInnerTexts())
      .toEqual(["A1", "C2", "D3", "E4", "F5", "G6"]);
  });

  it("says what it is without scripts, and to whoever is sent a link", async () => {
    const context = await site.browser.newContext({ javaScriptEnabled: false });
    const { page } = await ready(site);
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
