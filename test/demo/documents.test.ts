/** The documentation beside the page: its links lead somewhere. */
import path from "node:path";
import { describe, expect, it } from "vitest";
import { documents, linksOf, pageOf, render, repositoryOf, targetOf } from "../../demo/documents.ts";

describe("the documents beside the page", () => {
  const rendered = new Map(documents().map((name) => [pageOf(name), render(name, undefined)]));

  it("link to documents and anchors that are there, and to nothing else of this host", () => {
    const broken: string[] = [];
    let checked = 0;
    for (const [page, html] of rendered)
      for (const [, href] of html.matchAll(/<a href="([^"]+)"/g)) {
        if (/^[a-z]+:/.test(href) || href.endsWith("/")) continue;
        const [file, hash] = href.split("#");
        const target = rendered.get(file ? path.posix.join(path.posix.dirname(page), file) : page);
        checked++;
        if (target === undefined || (hash && !target.includes(`id="${hash}"`))) broken.push(`${page}: ${href}`);
      }
    expect(broken).toEqual([]);
    expect(checked).toBeGreaterThan(50);
  });

  it("are what the page links to", () => {
    for (const [, address] of linksOf(undefined)) {
      const [file, hash] = address.split("#");
      expect(rendered.get(file)).toBeDefined();
      if (hash) expect(rendered.get(file)).toContain(`id="${hash}"`);
    }
  });

  it("point to the repository for what is not beside the page, once it has a public address", () => {
    const repository = repositoryOf({ repository: { url: "git+https://example.org/some/where.git" } });
    expect(repository).toBe("https://example.org/some/where");
    expect(repositoryOf({ repository: "github:some/where" })).toBe("https://github.com/some/where");
    expect(repositoryOf({})).toBe(undefined);
    expect(linksOf(repository)).toContainEqual(["Source", repository]);
    expect(targetOf("docs/demo.md", "../src/errors.ts", repository)).toBe(`${repository}/blob/HEAD/src/errors.ts`);
    expect(targetOf("docs/demo.md", "../src/errors.ts", undefined)).toBe(undefined);
    expect(targetOf("docs/demo.md", "onnx.md#one", undefined)).toBe("onnx.html#one");
    expect(targetOf("docs/decisions/0009-sizes-as-uniforms.md", "../../README.md", undefined)).toBe("../README.html");
    expect(targetOf("README.md", "docs/demo.md", undefined)).toBe("demo.html");
  });
});
