/** `af3-gpu demo`: serves the browser demo on this machine. */
import { existsSync } from "node:fs";
import path from "node:path";
import { Command } from "commander";
import { BadInputError, throwIfAborted, UnavailableError } from "../errors.ts";
import { changedSincePage } from "../platform/node/build_age.ts";
import { packageFolder } from "../platform/node/folders.ts";
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

export const demoCommand = (): Command =>
  new Command("demo")
    .description("serve the browser demo on this machine, until Ctrl-C")
    .argument("[folder]", "a build of the demo elsewhere than in demo/dist")
    .option("--port <n>", "the port; 0 takes any that is free", option.wholeNumber("--port", 0, 65535), DEFAULT_PORT)
    .addHelpText("after", EXAMPLE)
    .action(demo);

/** The build that comes with the package, or that a clone has made. @throws {UnavailableError} if it is missing or old */
function ownBuild(): string {
  const folder = path.join(packageFolder, "demo", "dist");
  if (!isBuild(folder))
    throw new UnavailableError(
      `there is no built demo in ${folder}`,
      "run npm run demo:build in a clone of the repository",
    );
  const changed = changedSincePage(packageFolder);
  if (changed) throw new UnavailableError(`${changed} changed after demo/dist was built`, "npm run demo:build");
  return folder;
}

const isBuild = (folder: string): boolean => existsSync(path.join(folder, "index.html"));

async function demo(given: string | undefined, { port }: { readonly port: number }): Promise<void> {
  if (given !== undefined && !isBuild(given))
    throw new BadInputError(
      `there is no built demo in ${given}: npm run demo:build makes one, in demo/dist of a clone`,
    );
  const folder = given ?? ownBuild();
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
