/** What the demo says when it cannot: each failure, injected, has a message of its own and a way on; nothing hangs. */
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { breaches, PATIENCE, reaches, type Sabotage } from "../support/demo.ts";
import { demoSite } from "../support/demo_site.ts";

const SMALL = "?engine=ligo&n=8&passes=1&autorun=1";

/** The failures that stop a run before or while it compiles. */
const early: readonly { kind: string; title: string; query: string; sabotage: Sabotage; detail: RegExp }[] = [
  {
    kind: "no-webgpu",
    title: "This browser has no WebGPU",
    query: SMALL,
    sabotage: { page: "Object.defineProperty(navigator, 'gpu', { value: undefined })" },
    detail: /navigator\.gpu is not there/,
  },
  {
    kind: "insecure",
    title: "WebGPU needs a secure page",
    query: SMALL,
    sabotage: { page: "Object.defineProperty(window, 'isSecureContext', { value: false })" },
    detail: /localhost/,
  },
  {
    kind: "no-worker-webgpu",
    title: "This browser has no WebGPU in workers",
    query: SMALL,
    sabotage: { worker: "Object.defineProperty(navigator, 'gpu', { value: undefined })" },
    detail: /this browser has no WebGPU/,
  },
  {
    kind: "no-adapter",
    title: "The browser offers no GPU",
    query: SMALL,
    sabotage: { worker: "GPU.prototype.requestAdapter = async () => null" },
    detail: /no WebGPU adapter was found/,
  },
  {
    kind: "limits",
    title: "This GPU is too small",
    query: SMALL,
    sabotage: {
      worker: `const ask = GPU.prototype.requestAdapter; GPU.prototype.requestAdapter = async function (options) {
        const adapter = await ask.call(this, options);
        const get = (limits, name) => (name === "maxComputeWorkgroupStorageSize" ? 1024 : Reflect.get(limits, name));
        Object.defineProperty(adapter, "limits", { value: new Proxy(adapter.limits, { get }) });
        return adapter; }`,
    },
    detail: /maxComputeWorkgroupStorageSize is 1024/,
  },
  {
    kind: "too-large",
    title: "N is too large for this GPU",
    query: "?engine=ligo&n=60000&passes=1&autorun=1",
    sabotage: {},
    detail: /N = 60000 does not fit.*the largest N that fits is \d+/,
  },
  {
    kind: "weights",
    title: "The weights cannot be used",
    query: `${SMALL}&weights=missing.safetensors`,
    sabotage: {},
    detail: /cannot fetch .*missing\.safetensors: 404/,
  },
  {
    kind: "weights",
    title: "The weights cannot be used",
    query: `${SMALL}&weights=favicon.svg`,
    sabotage: {},
    detail: /favicon\.svg/,
  },
  {
    kind: "out-of-memory",
    title: "The GPU has too little memory",
    query: SMALL,
    sabotage: {
      worker: `const { pushErrorScope: push, popErrorScope: pop } = GPUDevice.prototype, scopes = [];
        GPUDevice.prototype.pushErrorScope = function (filter) { scopes.push(filter); push.call(this, filter); };
        GPUDevice.prototype.popErrorScope = async function () {
          const filter = scopes.pop(), error = await pop.call(this);
          return filter === "out-of-memory" ? new GPUOutOfMemoryError("injected") : error; }`,
    },
    detail: /out of memory/,
  },
  {
    kind: "script",
    title: "Part of the page could not be loaded",
    query: SMALL,
    sabotage: { worker: "throw new Error('injected')" },
    detail: /injected/,
  },
];

const notice = (page: Page, kind: string) => page.locator(`[data-failure=${kind}]`);

describe("the demo, when it cannot", { timeout: 2 * PATIENCE }, () => {
  const site = demoSite("injected");

  it.each(early)("says: $title ($query)", async ({ kind, title, query, sabotage, detail }) => {
    const page = await site.visit(query, sabotage);
    expect(await reaches(page, "error", "done")).toMatchObject({ state: "error" });
    const said = notice(page, kind);
    expect(await said.getByRole("heading").innerText()).toBe(title);
    expect(await said.locator(".detail").innerText()).toMatch(detail);
    expect(await said.locator("li").count()).toBeGreaterThan(0);
    expect(await breaches(page)).toEqual([]);
    expect(await said.innerText()).not.toMatch(/\bnpx?\b|Node\b/); // a browser's visitor has neither
    const set = said.getByRole("button", { name: /^Set N = \d+$/ });
    if (kind === "too-large" || kind === "out-of-memory") {
      await set.click();
      expect(Number(await page.inputValue("#tokens"))).toBeLessThan(60_000);
    } else expect(await set.count()).toBe(0);
  });

  it("opens a new device when one was lost in the middle of a run", async () => {
    const lose = `let left = 4; const open = GPUAdapter.prototype.requestDevice;
      GPUAdapter.prototype.requestDevice = async function (descriptor) {
        const device = await open.call(this, descriptor);
        const { submit } = GPUQueue.prototype;
        device.queue.submit = function (commands) { if (--left === 0) device.destroy(); submit.call(this, commands); };
        return device; }`;
    const page = await site.visit(SMALL, { worker: lose });
    expect(await reaches(page, "error", "done")).toMatchObject({ state: "error" });
    await notice(page, "lost").getByRole("button", { name: "Try again" }).click();
    expect(await reaches(page, "error", "done")).toMatchObject({ state: "done", check: "pass" });
  });

  it("shows a check that fails, and no times", async () => {
    const other = (text: string): string => text.replace(/"weights": \{[^}]*"seed": \d+/, (spec) => `${spec}7`);
    const page = await site.visit(SMALL, { file: [/trunk-odd\/case\.json$/, other] });
    const state = await reaches(page, "error", "done");
    expect(state).toMatchObject({ state: "done", check: "fail" });
    expect(state.ms).toBeUndefined();
    expect(await page.locator("#check .bad").allInnerTexts()).toContain("beyond");
    expect(await page.innerText("#status")).toBe("Done. The numbers are wrong, so there are no times.");
    expect(await page.locator("#summary").innerText()).toContain("so there are no times");
    expect(await page.locator("#steps").isVisible()).toBe(false);
  });

  it("cannot check where a recording does not arrive, and can once it does", async () => {
    const page = await site.visit("?engine=ligo&n=8&passes=1");
    const recording = /cases\/ligo-trunk-odd\/expected/;
    await page.route(recording, (route) => route.fulfill({ status: 503, body: "busy" }));
    await page.click("#run");
    expect(await reaches(page, "error", "done")).toMatchObject({ state: "done", check: "unchecked" });
    expect(await page.innerText("#status")).toBe("Done, but the numbers could not be checked.");
    expect(await page.innerText("#check")).toMatch(/cannot fetch .*503/);
    expect(await page.innerText("#results")).not.toContain("wrong");
    await page.unroute(recording);
    await page.getByRole("button", { name: "Try again" }).click();
    expect(await reaches(page, "running")).toMatchObject({ state: "running" });
    expect(await reaches(page, "error", "done")).toMatchObject({ state: "done", check: "pass" });
  });

  it("ends a run that no longer answers", async () => {
    const page = await site.visit("?engine=ligo&n=8", {
      worker: "self.setInterval = () => 0; self.postMessage = () => {}",
    });
    await page.clock.install();
    await page.click("#run");
    expect(await reaches(page, "running")).toMatchObject({ state: "running" });
    await page.clock.runFor(40_000);
    expect(await reaches(page, "error")).toMatchObject({ state: "error" });
    expect(await notice(page, "silent").getByRole("heading").innerText()).toBe("The run stopped answering");
  });

  it("ends a worker that does not heed Stop", async () => {
    const page = await site.visit("?engine=ligo&n=8", { worker: "AbortController.prototype.abort = () => {}" });
    await page.click("#run");
    await page.locator("#status", { hasText: "Compiling shaders" }).waitFor({ timeout: PATIENCE });
    await page.getByRole("button", { name: "Stop" }).click();
    expect(await reaches(page, "idle", "error")).toMatchObject({ state: "idle" });
  });
});
