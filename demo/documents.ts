/** The documentation beside the page: the repository's Markdown as HTML, so that the page's links lead somewhere on any host. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Marked } from "marked";
import type { Plugin } from "vite";

const root = fileURLToPath(new URL("..", import.meta.url));
const read = (file: string): string => readFileSync(path.join(root, file), "utf8");

/** Markdown of the repository that is laid beside the page, by its path there. */
export const documents = (): string[] =>
  ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"]
    .concat(readdirSync(path.join(root, "docs"), { recursive: true }).map((name) => `docs/${String(name)}`))
    .map((name) => name.replaceAll("\\", "/"))
    .filter((name) => name.endsWith(".md") && existsSync(path.join(root, name)));

/** Where a document lies beside the page: README.md at docs/README.html, docs/demo.md at docs/demo.html. */
export const pageOf = (document: string): string => `docs/${document.replace(/^docs\//, "").replace(/\.md$/, ".html")}`;

/** The public address of the repository as `package.json` has it; undefined as long as there is none. */
export function repositoryOf({
  repository,
}: {
  readonly repository?: string | { readonly url: string };
}): string | undefined {
  const url = typeof repository === "string" ? repository : repository?.url;
  if (!url) return undefined;
  const short = /^(?:github:)?([\w.-]+\/[\w.-]+)$/.exec(url);
  if (short) return `https://github.com/${short[1]}`;
  return url
    .replace(/^git\+/, "")
    .replace(/^(?:ssh:\/\/)?git@([^/:]+)[/:]/, "https://$1/")
    .replace(/\.git$/, "");
}

/** What the page links to: texts and addresses. */
export function linksOf(repository: string | undefined): readonly (readonly [text: string, address: string])[] {
  return [
    ["Documentation", pageOf("README.md")],
    ["Package", `${pageOf("README.md")}#library`],
    repository ? ["Source", repository] : ["How it is built", pageOf("ARCHITECTURE.md")],
  ];
}

/**
 * Where a link of a document leads beside the page.
 * @returns undefined for what is not laid there, such as sources, and has no public address either
 */
export function targetOf(document: string, link: string, repository: string | undefined): string | undefined {
  if (/^([a-z]+:|#)/i.test(link)) return link;
  const [file, hash] = link.split("#", 2);
  const meant = path.posix.normalize(path.posix.join(path.posix.dirname(document), file)).replace(/\/$/, "");
  const kept = documents().includes(meant) ? pageOf(meant) : meant.startsWith("docs/images/") ? meant : undefined;
  if (!kept) return repository && `${repository}/blob/HEAD/${meant}`;
  const address = path.posix.relative(path.posix.dirname(pageOf(document)), kept);
  return hash === undefined ? address : `${address}#${hash}`;
}

/** A heading's anchor, as code hosts make it. */
const anchorOf = (text: string): string =>
  text
    .toLowerCase()
    .replace(/<[^>]*>|&[^;]*;|[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replace(/\s/g, "-");

/** A document as a page of its own. */
export function render(document: string, repository: string | undefined): string {
  const marked = new Marked();
  marked.use({
    renderer: {
      heading({ tokens, depth }) {
        const text = this.parser.parseInline(tokens);
        return `<h${depth} id="${anchorOf(text)}">${text}</h${depth}>\n`;
      },
      link({ href, tokens }) {
        const [text, target] = [this.parser.parseInline(tokens), targetOf(document, href, repository)];
        return target === undefined ? text : `<a href="${target}">${text}</a>`;
      },
      image({ href, text }) {
        return `<img src="${targetOf(document, href, repository) ?? href}" alt="${text}" loading="lazy" />`;
      },
      table(token) {
        const row = (
          cells: readonly { text: string; tokens: (typeof token.header)[number]["tokens"] }[],
          tag: string,
        ): string =>
          `<tr>${cells.map((cell) => `<${tag}>${this.parser.parseInline(cell.tokens)}</${tag}>`).join("")}</tr>`;
        const body = token.rows.map((cells) => row(cells, "td")).join("\n");
        return `<div class="scroll" tabindex="0" role="region" aria-label="Table"><table><thead>${row(token.header, "th")}</thead><tbody>${body}</tbody></table></div>\n`;
      },
    },
  });
  const up = path.posix.relative(path.posix.dirname(pageOf(document)), ".") || ".";
  const text = read(document);
  const title = /^# (.+)$/m.exec(text)?.[1] ?? document;
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>${title.replace(/[<&]/g, "")} · af3-gpu</title>
    <link rel="icon" href="${up}/favicon.svg" type="image/svg+xml" />
    <link rel="stylesheet" href="${up}/docs/docs.css" />
  </head>
  <body>
    <header class="top">
      <p><a href="${up}/">af3-gpu in your browser</a></p>
      <nav aria-label="Documentation"><ul><li><a href="${up}/${pageOf("README.md")}">Overview</a></li><li><a href="${up}/${pageOf("ARCHITECTURE.md")}">How it is built</a></li></ul></nav>
    </header>
    <main>${marked.parse(text, { async: false })}</main>
  </body>
</html>
`;
}

/** Lays the documents beside the page, and fills its links in. @param site the page's public address, for whoever previews links to it */
export function documentation(site = ""): Plugin {
  const repository = repositoryOf(JSON.parse(read("package.json")));
  const files = (): [name: string, read: () => string | Buffer][] => [
    ...documents().map((name): [string, () => string] => [pageOf(name), () => render(name, repository)]),
    ...readdirSync(path.join(root, "docs/images")).map((name): [string, () => Buffer] => [
      `docs/images/${name}`,
      () => readFileSync(path.join(root, "docs/images", name)),
    ]),
    ["docs/docs.css", () => read("demo/src/page/style.css") + read("demo/src/docs.css")],
  ];
  return {
    name: "documentation",
    transformIndexHtml: (html) => {
      const links = linksOf(repository).map(([text, address]) => `<li><a href="${address}">${text}</a></li>`);
      const base = site && !site.endsWith("/") ? `${site}/` : site;
      return html
        .replace("<!-- links -->", `<ul>${links.join("")}</ul>`)
        .replace('content="./preview.png"', `content="${base || "./"}preview.png"`);
    },
    generateBundle() {
      for (const [fileName, source] of files()) this.emitFile({ type: "asset", fileName, source: source() });
    },
    configureServer({ middlewares }) {
      const served = new Map(files().map(([name, source]) => [`/${name}`, source]));
      middlewares.use((request, response, next) => {
        const source = served.get(new URL(request.url ?? "/", "http://localhost").pathname);
        if (source) response.end(source());
        else next();
      });
    },
  };
}
