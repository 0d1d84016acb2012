/** The browser demo, built and served for tests, and pages of it in headless Chromium. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import type { Browser, Page } from "playwright-core";
import { build } from "vite";
import { type StaticServer, serveFolder } from "../../src/platform/node/static_server.ts";
import { launchChromium } from "./chromium.ts";

const root = path.resolve(import.meta.dirname, "../..");
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** How long a run may take on a software adapter that others share. */
export const PATIENCE = 180_000;

export interface Sabotage {
  /** Code that runs in the worker before its own. */
  readonly worker?: string;
  /** Code that runs in the worker's place. */
  readonly instead?: string;
  /** Code that runs in the page before its own. */
  readonly page?: string;
  /** Changes a file on its way to the browser. */
  readonly file?: readonly [name: RegExp, change: (text: string) => string];
}

export class DemoSite {
  readonly folder: string;
  readonly browser: Browser;
  private readonly open: { readonly page: Page; readonly server: StaticServer; readonly errors: string[] }[] = [];

  private constructor(folder: string, browser: Browser) {
    this.folder = folder;
    this.browser = browser;
  }

  /**
   * Builds the page as `npm run demo:build` does, in a folder of its own, and starts the browser.
   * @param opponents whether it is a page with graphs, which the caller lays into its folder `graphs`
   */
  static async make({ opponents = false } = {}): Promise<DemoSite> {
    const outDir = mkdtempSync(path.join(os.tmpdir(), "af3-gpu-demo-"));
    await build({
      configFile: path.join(root, "demo/vite.config.ts"),
      logLevel: "warn",
      define: { __GRAPHS__: JSON.stringify(opponents) },
      build: { outDir },
    });
    return new DemoSite(outDir, await launchChromium());
  }

  /** Opens the page at an address such as `?engine=ligo`, with something broken if asked to. */
  async visit(query: string, { worker, instead, page: script, file }: Sabotage = {}): Promise<Page> {
    const server = await serveFolder(this.folder, 0, (name) => {
      if (instead !== undefined && /^assets\/worker-.*\.js$/.test(name)) return () => instead;
      if (worker !== undefined && /^assets\/worker-.*\.js$/.test(name)) return (text) => `${worker};${text}`;
      return file?.[0].test(name) ? file[1] : undefined;
    });
    const page = await this.browser.newPage({ viewport: { width: 1280, height: 900 }, acceptDownloads: true });
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(error.message));
    this.open.push({ page, server, errors });
    if (script) await page.addInitScript(script);
    await page.goto(server.address + query);
    return page;
  }

  /** Closes the pages. @returns what they threw and did not catch */
  async leave(): Promise<string[]> {
    const errors: string[] = [];
    for (const { page, server, errors: own } of this.open.splice(0)) {
      await page.close();
      await server.close();
      errors.push(...own);
    }
    return errors;
  }

  async close(): Promise<void> {
    await this.leave();
    await this.browser.close();
    rmSync(this.folder, { recursive: true });
  }
}

/** What the page tells automation. */
export const stateOf = (page: Page): Promise<Record<string, string | undefined>> =>
  page.evaluate(() => ({ ...document.documentElement.dataset }));

/** Waits until the page is in one of these states. */
export async function reaches(page: Page, ...states: readonly string[]): Promise<Record<string, string | undefined>> {
  const selector = states.map((state) => `html[data-state=${state}]`).join(", ");
  await page.waitForSelector(selector, { timeout: PATIENCE, state: "attached" });
  return stateOf(page);
}

/** Rules of accessibility that the page breaks, with the elements. */
export async function breaches(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  return page.evaluate(async () => {
    const { axe } = window as unknown as { axe: typeof import("axe-core") };
    const { violations } = await axe.run(document, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`);
  });
}

/**
 * Text that cannot be read as it should: what sticks out of the window or is cut off by its box, and numbers that are broken
 * over lines or parted from their units. What scrolls by itself may hold more than fits.
 */
export const misfits = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const found = new Set<string>();
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth > width) found.add("the page scrolls sideways");
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const [text, parent] = [node.textContent ?? "", node.parentElement];
      if (!parent?.checkVisibility() || text.trim() === "" || parent.closest(".hidden, .skip, code, noscript, script"))
        continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      const box = range.getBoundingClientRect();
      const name = `${parent.tagName.toLowerCase()} “${text.trim().slice(0, 40)}”`;
      const scrolls = parent.closest(".scroll, pre") !== null;
      if (!scrolls && (box.right > width + 0.5 || box.left < -0.5)) found.add(`${name} sticks out of the window`);
      for (let around: Element | null = parent; around && around !== document.body; around = around.parentElement) {
        const { overflowX } = getComputedStyle(around);
        if (/auto|scroll/.test(overflowX)) break;
        if (/hidden|clip/.test(overflowX) && around.scrollWidth > around.clientWidth + 1)
          found.add(`${name} is cut off`);
      }
      for (const { index, 0: number } of text.matchAll(
        /[-\d][\d.,]*(?:[\s\u00a0](?:[kM]?s|ms|[KMGT]?i?B|Å|%|×|[GT]FLOP(?:\/s)?)(?![\w]))?/g,
      )) {
        range.setStart(node, index);
        range.setEnd(node, index + number.length);
        const lines = new Set([...range.getClientRects()].map(({ top }) => Math.round(top)));
        if (lines.size > 1) found.add(`${name}: ${number} is broken`);
      }
    }
    return [...found];
  });
