/** A report in a browser: no rule of accessibility broken, nothing sticks out, light and dark, on a phone and in print. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { filesOf } from "../../src/bench/report/files.ts";
import { gather } from "../../src/bench/report/gather.ts";
import { reportOf } from "../../src/bench/report/report.ts";
import { jobPage, samplePage } from "../../src/cli/predict/page.ts";
import { viewerScript } from "../../src/cli/predict/page_view.ts";
import { structureText } from "../../src/pipeline/outputs/files.ts";
import { predictions } from "../../src/pipeline/outputs/prediction.ts";
import { scratch } from "../support/binary.ts";
import { launchChromium, noBrowser } from "../support/chromium.ts";
import { breaches, misfits } from "../support/demo.ts";
import { helices, jobOf, ligand, outputsOf, predictedJob, protein } from "../support/predicted.ts";
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

  describe("of a prediction", () => {
    let file: string;
    beforeAll(async () => {
      const job = await jobOf([protein(["A", "B"], "GSHMKTAYIAKQ"), ligand("C", "MG")]);
      const [made] = predictions(await predictedJob(job), outputsOf(32), 7);
      const sample = { seed: 7, sample: 0, rankingScore: 0.5, ptm: 0.5, iptm: null };
      const structure = [...structureText(helices(made.structure), "seed-7_sample-0")].join("");
      // A comment, to readers of mmCIF: it must not be more to a browser.
      const text = `# </script><script>document.title = "broken"</script><!-- <script>\n${structure}`;
      const shown = { file: "a_job_model.cif", text, viewer: await viewerScript() };
      file = path.join(scratch(), "prediction.html");
      writeFileSync(file, jobPage(samplePage(made, { randomWeights: 0 }), [sample], shown));
    });

    /** How many points of the view are of these colours; counted again after what the page has still to do. */
    const drawn = (own: Page) =>
      own.locator("#view canvas").evaluate((canvas: HTMLCanvasElement) => {
        const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext(
          "2d",
        ) as OffscreenCanvasRenderingContext2D;
        copy.drawImage(canvas, 0, 0);
        const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
        const counts = { blue: 0, yellow: 0, orange: 0, ground: 0, sum: 0 };
        for (let at = 0; at < data.length; at += 4) {
          const [red, green, blue] = data.subarray(at, at + 3);
          if (red === data[0] && green === data[1] && blue === data[2]) counts.ground++;
          else if (blue > 2 * red && blue > 80) counts.blue++;
          else if (red > 2 * blue && green > 0.75 * red) counts.yellow++;
          else if (red > 1.5 * green && red > 80) counts.orange++;
          counts.sum = (counts.sum * 31 + red + 2 * green + 3 * blue) % 1_000_003;
        }
        return { ...counts, corner: `rgb(${[...data.subarray(0, 3)].join(", ")})` };
      });

    it.each([
      [360, "dark"],
      [1280, "light"],
    ] as const)("is such a page, too, with its structure in colours, at %i pixels, %s", async (width, colorScheme) => {
      const own = await browser.newPage({ viewport: { width, height: 800 }, colorScheme });
      const [asked, errors]: [string[], string[]] = [[], []];
      own.on("request", (request) => asked.push(request.url()));
      own.on("pageerror", (error) => errors.push(error.message));
      own.on("console", (message) => message.type() === "error" && errors.push(message.text()));
      await own.goto(pathToFileURL(file).href);
      expect(await breaches(own)).toEqual([]);
      expect(await misfits(own)).toEqual([]);
      expect(await own.locator("figure svg:visible").count()).toBe(2);
      expect(await own.locator("#view-missing").isVisible()).toBe(false);
      const before = await drawn(own);
      for (const colour of ["blue", "yellow", "orange"] as const)
        expect([colour, before[colour] > 20]).toEqual([colour, true]);
      expect(before.corner).toBe(await own.evaluate(() => getComputedStyle(document.body).backgroundColor));
      await own.emulateMedia({ media: "print" });
      expect([await own.locator("#view").isVisible(), await own.locator(".on-paper").isVisible()]).toEqual([
        false,
        true,
      ]);
      expect([await own.title(), asked, errors]).toEqual(["Prediction of a_job", [pathToFileURL(file).href], []]);
      await own.close();
    });

    it("is turned by mouse and keyboard, leaves the page its wheel until then, and goes dark with it", async () => {
      const own = await browser.newPage({ viewport: { width: 360, height: 600 }, colorScheme: "light" });
      await own.goto(pathToFileURL(file).href);
      const before = await drawn(own);
      const view = own.locator("#view");
      await view.scrollIntoViewIfNeeded();
      await view.hover();
      const scrolled = () => own.evaluate(() => window.scrollY);
      const start = await scrolled();
      await own.mouse.wheel(0, -40);
      await expect.poll(scrolled).toBe(start - 40);
      expect((await drawn(own)).sum).toBe(before.sum);
      await view.hover();
      await own.mouse.down();
      const { x, y } = (await view.boundingBox()) ?? { x: 0, y: 0 };
      await own.mouse.move(x + 30, y + 30);
      await own.mouse.up();
      const turned = await drawn(own);
      expect(turned.sum).not.toBe(before.sum);
      await own.mouse.wheel(0, -40);
      await expect.poll(async () => (await drawn(own)).ground).not.toBe(turned.ground);
      expect(await scrolled()).toBe(start - 40);
      await own.keyboard.press("0");
      const near = await drawn(own);
      await own.keyboard.press("ArrowUp");
      expect((await drawn(own)).sum).not.toBe(near.sum);
      await own.keyboard.press("ArrowDown");
      await own.keyboard.press("+");
      expect((await drawn(own)).ground).toBeLessThan(near.ground);
      await own.emulateMedia({ colorScheme: "dark" });
      await expect
        .poll(async () => (await drawn(own)).corner)
        .toBe(await own.evaluate(() => getComputedStyle(document.body).backgroundColor));
      await own.close();
    });

    it("says so in a sentence where the browser has no WebGL, or no scripts; and runs no script but its own", async () => {
      const own = await browser.newPage();
      await own.addInitScript(() => {
        HTMLCanvasElement.prototype.getContext = () => null;
      });
      await own.goto(pathToFileURL(file).href);
      const shown = async (page: Page) => [
        await page.locator("#view").isVisible(),
        await page.locator("#view-missing").innerText(),
      ];
      const missing = [false, expect.stringMatching(/^The structure is not drawn: .* open a_job_model\.cif\.$/)];
      expect(await shown(own)).toEqual(missing);
      expect(
        await own.evaluate(() => {
          const other = document.createElement("script");
          other.textContent = "document.title = 'broken'";
          document.body.append(other);
          return document.title;
        }),
      ).toBe("Prediction of a_job");
      await own.close();
      const context = await browser.newContext({ javaScriptEnabled: false });
      const still = await context.newPage();
      await still.goto(pathToFileURL(file).href);
      expect(await shown(still)).toEqual(missing);
      await context.close();
    });
  });
});
