/** ONNX Runtime Web in the demo's page, on a graph of our own: it has a trunk's inputs and outputs, but computes something else. */
import { cpSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { noBrowser } from "../support/chromium.ts";
import { breaches, DemoSite, PATIENCE, reaches } from "../support/demo.ts";
import { cacheOf, trunkGraph } from "../support/onnx.ts";

let site: DemoSite | undefined;
beforeAll(async () => {
  if (!noBrowser) site = await DemoSite.make({ opponents: true });
}, PATIENCE);
afterAll(() => site?.close());

it("runs them in turns, and gives no time to wrong outputs", { timeout: 2 * PATIENCE }, async ({ skip }) => {
  if (!site) return skip(noBrowser);
  const graphs = cacheOf(trunkGraph().graph);
  cpSync(graphs, path.join(site.folder, "graphs"), { recursive: true });
  writeFileSync(path.join(site.folder, "graphs/index.json"), JSON.stringify(readdirSync(graphs)));
  const page = await site.visit("?engine=ligo&n=8&passes=1");
  const fetched: string[] = [];
  page.on("request", (request) => fetched.push(request.url()));
  await page.getByText("swiftshader (software)").waitFor({ timeout: PATIENCE });
  expect(fetched.filter((address) => address.endsWith(".wasm"))).toEqual([]); // not before it is asked for
  await page.getByRole("button", { name: "Compare" }).click();
  expect(await reaches(page, "done", "error")).toMatchObject({ state: "done" });
  const rows = await page.locator("#oppose tbody tr").allInnerTexts();
  expect(rows).toEqual([
    expect.stringMatching(/^af3-gpu\t[\d.]+\sm?s\t1\t/),
    expect.stringMatching(/^ONNX Runtime Web, WebGPU\t.*wrong: \w+ differs from webgpu by/s),
    expect.stringMatching(/^ONNX Runtime Web, WebAssembly\t.*wrong: \w+ differs from webgpu by/s),
  ]);
  expect(await breaches(page)).toEqual([]);
  expect(await site.leave()).toEqual([]);
});

it("says which command makes a graph that is missing", { timeout: 2 * PATIENCE }, async ({ skip }) => {
  if (!site) return skip(noBrowser);
  writeFileSync(path.join(site.folder, "graphs/index.json"), "[]");
  const page = await site.visit("?engine=ligo&n=8&passes=1");
  await page.getByRole("button", { name: "Compare" }).click();
  expect(await reaches(page, "done", "error")).toMatchObject({ state: "done" });
  const [, webgpu] = await page.locator("#oppose tbody tr").allInnerTexts();
  expect(webgpu).toContain("To fix it: af3-gpu export onnx --engine ligo --component trunk --preset tiny");
});
