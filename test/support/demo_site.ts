/** The demo's site for the tests of one file: built once, and left after each test without an error that nobody caught. */
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import { noBrowser } from "./chromium.ts";
import { DemoSite, PATIENCE } from "./demo.ts";

/**
 * Sets the tests of a `describe` up; they are skipped where there is no browser.
 * @param injected the message of an error that tests throw on purpose
 * @returns the site, once a test runs
 */
export function demoSite(injected?: string): Pick<DemoSite, "visit" | "browser" | "folder"> {
  let made: DemoSite | undefined;
  const site = (): DemoSite => {
    if (!made) throw new Error("the site is there in tests only");
    return made;
  };
  beforeAll(async () => {
    if (!noBrowser) made = await DemoSite.make();
  }, PATIENCE);
  beforeEach(({ skip }) => {
    if (noBrowser) skip(noBrowser);
  });
  afterEach(async () => {
    const errors = (await made?.leave()) ?? [];
    expect(errors.filter((error) => error !== injected)).toEqual([]);
  });
  afterAll(() => made?.close());
  return {
    visit: (...visit) => site().visit(...visit),
    get browser() {
      return site().browser;
    },
    get folder() {
      return site().folder;
    },
  };
}
