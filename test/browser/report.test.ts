/** A report in a browser: no rule of accessibility broken, nothing sticks out, light and dark, on a phone and in print. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { filesOf } from "../../src/bench/report/files.ts";
import { gather } from "../../src/bench/report/gather.ts";
import { reportOf } from "../../src/bench/report/report.ts";
import { jobPage, samplePage } from "../../src/cli/predict/page.ts";
import { predictions } from "../../src/pipeline/outputs/prediction.ts";
import { scratch } from "../support/binary.ts";
import { launchChromium, noBrowser } from "../support/chromium.ts";
import { breaches, misfits } from "../support/demo.ts";
import { jobOf, ligand, outputsOf, predictedJob, protein } from "../support/predicted.ts";
import { environmentText, folderOf, kernelLine, rowLines, sampleRun } from "../support/report_folders.ts";

/** With everything that a report can have: a software adapter, failures, doubts, differences, broken lines. */
async function page(): Promise<string> {
  const [root, other] = [scratch(), scratch()];
  sampleRun(path.join(root, "run"), { software: true, device: "llvmpipe (software)" });
  folderOf(path.join(root, "kernels"), {
    "kernels.jsonl": [kernelLine(), "broken\n"],
    "environment.json": environmentText({ cpu: { threads: 16 } }),
  });
  const full = { mode: "full", component: "full", preset: "paper", device: "another GPU", others_cpu: 0.5 };
  folderOf(other, { "ligo.jsonl": [512, 1024].flatMap((seq_len) => rowLines([9, 9, 9], { seq_len, ...full })) });
  const { files } = await filesOf(reportOf(await gather([root, other])), ["html"]);
  const file = path.join(root, "report.html");
  writeFileSync(file, files.get("report.html") ?? "");
  return pathToFileURL(file).href;
}

describe.skipIf(noBrowser)("a report", () => {
  let browser: Awaited<ReturnType<typeof launchChromium>>;
  let address: string;
  beforeAll(async () => {
    browser = await launchChromium();
    address = await page();
  });
  afterAll(() => browser.close());

  it.each([
    [360, "light"],
    [360, "dark"],
    [1280, "light"],
    [1280, "dark"],
  ] as const)("breaks no rule of accessibility and fits at %i pixels, %s", async (width, colorScheme) => {
    const own = await browser.newPage({ viewport: { width, height: 800 }, colorScheme });
    const asked: string[] = [];
    own.on("request", (request) => asked.push(request.url()));
    await own.goto(address);
    expect(await breaches(own)).toEqual([]);
    // Files are cited, whose names may be broken at a hyphen: one of a published source, and those of temporary folders, at random.
    expect((await misfits(own)).filter((one) => !/perf-512aa|“left out: /.test(one))).toEqual([]);
    // One drawing of each figure is shown, at a size at which its text can be read.
    const shown = await own
      .locator("figure svg:visible")
      .evaluateAll((all) => all.map((one) => one.getBoundingClientRect().width / Number(one.getAttribute("width"))));
    expect(shown.length).toBe((await own.locator("figure").count()) as number);
    expect(Math.min(...shown)).toBeGreaterThan(0.9);
    const ground = await own
      .locator("figure svg:visible rect")
      .first()
      .evaluate((one) => getComputedStyle(one).fill);
    expect(ground).toBe(await own.evaluate(() => getComputedStyle(document.body).backgroundColor));
    expect(asked).toEqual([address]);
    await own.close();
  });

  it("is printed in light, without what paper cannot do", async () => {
    const own = await browser.newPage({ viewport: { width: 794, height: 1123 }, colorScheme: "dark" });
    await own.goto(address);
    await own.emulateMedia({ media: "print", colorScheme: "dark" });
    expect(await own.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe("rgb(255, 255, 254)");
    expect(await own.locator("nav").isVisible()).toBe(false);
    const cut = await own
      .locator(".scroll")
      .evaluateAll((all) => all.filter((one) => one.scrollWidth > one.clientWidth + 1).length);
    expect(cut).toBe(0);
    await own.close();
  });

  it.each([
    [360, "dark"],
    [1280, "light"],
  ] as const)("of a prediction is such a page, too, at %i pixels, %s", async (width, colorScheme) => {
    const job = await jobOf([protein(["A", "B"], "GSHMKT"), ligand("C", "MG")]);
    const [made] = predictions(await predictedJob(job), outputsOf(16), 7);
    const sample = { seed: 7, sample: 0, rankingScore: 0.5, ptm: 0.5, iptm: null };
    const file = path.join(scratch(), "prediction.html");
    writeFileSync(file, jobPage(samplePage(made, { randomWeights: 0 }), [sample]));
    const own = await browser.newPage({ viewport: { width, height: 800 }, colorScheme });
    await own.goto(pathToFileURL(file).href);
    expect(await breaches(own)).toEqual([]);
    expect(await misfits(own)).toEqual([]);
    expect(await own.locator("figure svg:visible").count()).toBe(2);
    await own.close();
  });
});
