/** The demo in a real browser: it runs, its numbers are Node's, and it can be used by everybody. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import path from "node:path";
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { type BenchRow, csvColumns } from "../../src/bench/core/row.ts";
import { readRows } from "../../src/bench/core/row_text.ts";
import { compareOutput } from "../../src/engines/core/comparison.ts";
import type { EngineName } from "../../src/engines/core/component.ts";
import { findComponent, findEngine, findPreset } from "../../src/engines/index.ts";
import { SafeTensors, writeSafetensors } from "../../src/formats/safetensors.ts";
import { float32 } from "../../src/formats/tensor.ts";
import { componentBound } from "../../src/kernels/check/tolerance.ts";
import { af3gpu, binary } from "../support/binary.ts";
import { breaches, misfits, PATIENCE, reaches, stateOf } from "../support/demo.ts";
import { demoSite } from "../support/demo_site.ts";
import { openTestBackend } from "../support/device.ts";

const SEQUENCE = "MKTAYIAKQRQISF";
const WIDTHS = [360, 768, 1280];
/** Where to put screenshots, if anywhere: to look at, and for the documentation. */
const shots = process.env.AF3_GPU_SCREENSHOTS;

/** The page's outputs, downloaded. */
async function download(page: Page, button: string): Promise<Uint8Array> {
  const [given] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: button }).click(),
  ]);
  return readFileSync(await given.path());
}

/** Errors of the page's outputs against Node's run of the same choices, by output, with their bounds. */
async function against(page: Page, engine: EngineName, tokens: number, seed: number, sequence?: string) {
  const got = new SafeTensors(await download(page, "Download tensors"), "the download").readAll();
  const { config, widths } = findPreset(engine, "trunk", "tiny");
  const component = findComponent(findEngine(engine), "trunk");
  const { sizes, randomInputs } = component.configure(config, { ...widths, tokens }, () => {});
  const inputs = randomInputs(seed, sequence ? { sequence } : {});
  const backend = openTestBackend();
  try {
    const weights = { kind: "random", seed } as const;
    const runner = await backend.load({ engine, component: "trunk", config, sizes, weights });
    const want = await runner.run(inputs);
    const run = { engine, component, inputs, valid: new Map(), where: "Node" };
    return [...want].map(([name, tensor]) => compareOutput(run, name, tensor, got));
  } finally {
    await backend.dispose();
  }
}

/** The trunk's random weights as a file. */
function weightsOf(name: EngineName, seed: number): Buffer {
  const engine = findEngine(name);
  const { config, widths } = findPreset(name, "trunk", "tiny");
  const { weights } = findComponent(engine, "trunk").configure(config, { ...widths, tokens: 1 }, () => {});
  const tensors = [...weights].map(
    ([tensor, shape]) => [tensor, float32(shape, engine.randomWeight(tensor, shape, seed))] as const,
  );
  return Buffer.from(writeSafetensors(new Map(tensors)));
}

describe("the demo", { timeout: 2 * PATIENCE }, () => {
  const site = demoSite();

  it("is served by af3-gpu demo until Ctrl-C", async () => {
    const served = spawn(process.execPath, [binary, "demo", site.folder, "--port", "0"]);
    const ended = once(served, "exit");
    try {
      const [address] = await once(served.stdout.setEncoding("utf8"), "data");
      expect(address).toMatch(/^http:\/\/localhost:\d+\/\n$/);
      expect(await (await fetch(address.trim())).text()).toContain("af3-gpu</title>");
    } finally {
      served.kill("SIGINT");
    }
    expect(await ended).toEqual([130, null]);
    const { code, stderr } = await af3gpu(["demo", path.join(site.folder, "assets")]);
    expect([code, stderr]).toEqual([2, expect.stringContaining("npm run demo:build")]);
  });

  it("waits for a choice, and says what GPU there is", async () => {
    const page = await site.visit("");
    expect(await stateOf(page)).toEqual({ state: "idle", engine: "ligo" });
    await page.getByText("swiftshader (software)").waitFor({ timeout: PATIENCE });
    expect(await page.getByText("A CPU does the GPU’s work here").isVisible()).toBe(true);
    await page.getByText("How to build it with them").click();
    expect(await page.locator("[data-opponents=none]").innerText()).toContain("af3-gpu export onnx");
    expect(await page.locator("#results").isVisible()).toBe(false);
  });

  it("runs ligo by itself at the default size, with Node's numbers, for every eye and hand", async () => {
    const page = await site.visit("?engine=ligo&autorun=1");
    const state = await reaches(page, "done", "error");
    expect(state).toEqual({ state: "done", engine: "ligo", check: "pass", ms: expect.stringMatching(/^\d+\.\d{3}$/) });
    expect(await page.innerText("#check")).toContain("tiny-32, is this very run");
    await looksRight(page, shots);

    const comparisons = await against(page, "ligo", 32, 0);
    expect(comparisons.map(({ output }) => output)).toEqual(["s_inputs", "s", "z"]);
    expect(comparisons.filter(({ passed }) => !passed)).toEqual([]);

    const lines = new TextDecoder()
      .decode(await download(page, "Download result"))
      .trimEnd()
      .split("\n");
    const rows: BenchRow[] = lines.map((line) => JSON.parse(line));
    expect(Object.keys(rows[0]).sort()).toEqual([...csvColumns, "sections"].sort());
    const common = {
      engine: "ligo",
      seq_len: 32,
      preset: "tiny",
      backend: "webgpu",
      check: "case:ligo-trunk-tiny-32",
      ok: true,
      software: true,
    };
    rows.forEach((row, index) => {
      expect(row).toMatchObject({ ...common, pass_index: index });
    });

    const map = page.getByRole("img", { name: /^Expected distance: 32 by 32 tokens/ });
    await map.focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowRight");
    expect(await page.locator("figure .readout").first().innerText()).toMatch(
      /^Residue [A-Z]1 with [A-Z]2: \d+\.\d\d\u00a0Å$/,
    );
    await page.getByText("By kernel").click();
    expect(await page.locator(".bars .name").allInnerTexts()).toContain("triangle_combine");
  });

  it("runs deepmind on a sequence with a file of weights, and does not count times of a tab in the background", async () => {
    const hide = `let hidden = true;
      Object.defineProperty(document, "visibilityState", { get: () => (hidden ? "hidden" : "visible") });
      window.comeBack = () => { hidden = false; document.dispatchEvent(new Event("visibilitychange")); };`;
    const page = await site.visit(`?engine=deepmind&sequence=${SEQUENCE}&seed=3&passes=1`, { page: hide });
    expect(await page.inputValue("#tokens")).toBe(String(SEQUENCE.length));
    expect(await page.isDisabled("#tokens")).toBe(true);
    await page.getByText("Settings:").click();
    await page.getByText("Weights:").click();
    await page.setInputFiles("#weights", { name: "mine.safetensors", mimeType: "", buffer: weightsOf("deepmind", 3) });
    await page.click("#run");
    await page.getByText("Paused: the tab is in the background").waitFor({ timeout: PATIENCE });
    await page.evaluate("comeBack()");
    expect(await reaches(page, "done", "error")).toMatchObject({ state: "done", engine: "deepmind", check: "pass" });
    expect(await page.locator("#check tbody tr").count()).toBe(12);
    expect(await page.innerText("#check")).toContain("has no recording of its own");
    expect(await page.innerText("#maps")).toContain("There is no distogram"); // the file has no weights for its head
    const comparisons = await against(page, "deepmind", SEQUENCE.length, 3, SEQUENCE);
    expect(comparisons.filter(({ passed }) => !passed)).toEqual([]);
    expect(await page.evaluate(() => location.search)).toBe(`?engine=deepmind&sequence=${SEQUENCE}&seed=3&passes=1`);
  });

  it("stops by itself, and the same worker runs again, in both precisions by turns", async () => {
    const page = await site.visit("?engine=ligo&n=8&passes=2&precision=f32,mixed");
    await page.click("#run");
    await page.locator("#status", { hasText: "Compiling shaders" }).waitFor({ timeout: PATIENCE });
    const [worker] = page.workers();
    const began = page.workers().length;
    let others = 0;
    page.on("worker", () => others++);
    await page.getByRole("button", { name: "Stop" }).click();
    expect(await reaches(page, "idle", "error")).toMatchObject({ state: "idle" });
    // Nothing more: of a worker that had to be ended, the page says so.
    expect(await page.innerText("#status")).toBe("Stopped. Nothing was finished.");
    expect(await page.isEnabled("#run")).toBe(true);
    expect(await page.isDisabled("#stop")).toBe(true);
    await page.click("#run");
    expect(await reaches(page, "done", "error")).toMatchObject({ state: "done", check: "pass" });
    expect([began, page.workers(), others]).toEqual([1, [worker], 0]);

    const rows = readRows(new TextDecoder().decode(await download(page, "Download result")), "the download");
    expect(rows.map((row) => [row.variant, row.precision, row.pass_index, row.ok])).toEqual([
      ...[0, 1].map((pass) => ["", "f32", pass, true]),
      ...[0, 1].map((pass) => ["mixed", "mixed", pass, true]),
    ]);
    const [exact, , mixed] = rows;
    expect([exact.settings, mixed.settings]).toEqual([{}, { precision: "mixed" }]);
    expect(exact.worst_error).toBeLessThan(componentBound);
    expect(mixed.worst_error).toBeGreaterThan(componentBound);
    expect(mixed.weights_bytes).toBeLessThan(0.6 * (exact.weights_bytes ?? 0));
    // Turn by turn: no pass begins before the other precision's has ended.
    const began0 = [0, 2, 1, 3].map((at) => rows[at].start_ts);
    expect(began0).toEqual([...began0].sort());
    const bounds = await page.locator("#check tbody tr td:last-child").allInnerTexts();
    expect(bounds.slice(0, bounds.length / 2)).toEqual(Array(bounds.length / 2).fill(componentBound.toExponential(1)));
    expect(Math.min(...bounds.slice(bounds.length / 2).map(Number))).toBeGreaterThan(componentBound);
    expect(await page.locator("#summary tbody tr th").allInnerTexts()).toEqual(["float32", "mixed precision"]);
    expect(await page.innerText("#pair")).toContain("Precision\nfloat32");
  });

  it("says beside a field what is wrong with it", async () => {
    const page = await site.visit("?n=abc&sequence=MKZ");
    await page.click("#run");
    expect((await stateOf(page)).state).toBe("idle");
    expect(await page.innerText("#sequence-note")).toContain("“Z” at position 3 is none of the twenty amino acids");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("sequence");
    await page.fill("#sequence", ">sp|P0\nmkt ayi\nAK");
    expect(await page.inputValue("#tokens")).toBe("8");
    await page.fill("#sequence", "");
    await page.fill("#tokens", "0");
    await page.click("#run");
    expect(await page.getAttribute("#tokens", "aria-invalid")).toBe("true");
    expect(await breaches(page)).toEqual([]);
  });
});

/** No rule of accessibility is broken and nothing sticks out, at every width, in light and dark. */
async function looksRight(page: Page, folder: string | undefined): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      expect(await misfits(page), `${colorScheme} at ${width}`).toEqual([]);
      expect(await breaches(page), `${colorScheme} at ${width}`).toEqual([]);
      if (folder) await page.screenshot({ fullPage: true, path: path.join(folder, `${colorScheme}-${width}.png`) });
    }
    if (folder) await picture(page, folder, colorScheme);
  }
}

/** Pictures for the documentation and for previews of links; no times, which would be a software adapter's. */
async function picture(page: Page, folder: string, scheme: "light" | "dark"): Promise<void> {
  const maps = page.locator("section", { has: page.locator("#maps") });
  if (scheme === "dark") {
    await maps.screenshot({ path: path.join(folder, "demo-dark.png") });
    return;
  }
  await page.evaluate(() => scrollTo({ top: 0, behavior: "instant" }));
  await page.screenshot({ path: path.join(folder, "demo-light.png"), clip: { x: 0, y: 0, width: 1280, height: 420 } });
  await page.setViewportSize({ width: 1200, height: 630 });
  await page.evaluate(() => {
    const [title, lead] = ["h1", ".lead"].map((one) => document.querySelector(one)?.outerHTML ?? "");
    const map = [...document.querySelectorAll("canvas")].at(-1)?.toDataURL();
    document.body.insertAdjacentHTML(
      "beforeend",
      `<div id="preview">
        <style>
          #preview { position: fixed; inset: 0; background: var(--ground); display: grid; grid-template-columns: 1fr auto; gap: 48px; padding: 56px; align-items: center; z-index: 9 }
          #preview h1 { font-size: 60px } #preview .lead { font-size: 25px; margin: 28px 0 0 }
          #preview img { width: 448px; height: 448px; image-rendering: pixelated; border-radius: 12px }
        </style>
        <div>${title}${lead}</div><img alt="" src="${map}" /></div>`,
    );
  });
  await page.screenshot({ path: path.join(folder, "preview.png") });
  await page.evaluate(() => document.getElementById("preview")?.remove());
}
