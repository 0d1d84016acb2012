/** `af3-gpu demo`: serves the browser demo on this machine. */
import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { throwIfAborted, UnavailableError } from "../errors.ts";
import { serveFolder } from "../platform/node/static_server.ts";
import { stop } from "./context.ts";
import * as option from "./options.ts";
import { print, remark } from "./output.ts";

const EXAMPLE = `
The page computes in the browser, on the GPU that the browser offers. It is a static site: demo/dist can lie on any host.
Examples:
  af3-gpu demo
  af3-gpu demo --port 0`;

const DEFAULT_PORT = 4173;

/** Beside both src/cli and dist/cli. */
const site = fileURLToPath(new URL("../../demo/dist/", import.meta.url));

export const demoCommand = (): Command =>
  new Command("demo")
    .description("serve the browser demo on this machine, until Ctrl-C")
    .argument("[folder]", "a build of the demo elsewhere than in demo/dist")
    .option("--port <n>", "the port; 0 takes any that is free", option.wholeNumber("--port", 0, 65535), DEFAULT_PORT)
    .addHelpText("after", EXAMPLE)
    .action(demo);

async function demo(folder: string = site, { port }: { readonly port: number }): Promise<void> {
  if (!existsSync(path.join(folder, "index.html")))
    throw new UnavailableError(
      `there is no built demo in ${folder}`,
      "run npm run demo:build in a clone of the repository",
    );
  const server = await serveFolder(folder, port);
  try {
    print(server.address);
    remark("Open it in a browser with WebGPU. Ctrl-C ends it.");
    await new Promise<void>((resolve) => {
      if (stop.signal.aborted) resolve();
      stop.signal.addEventListener("abort", () => resolve(), { once: true });
    });
  } finally {
    await server.close();
  }
  throwIfAborted(stop.signal);
}
