/** The command line with the third engine in it: one line registers it. */
import { registerEngine } from "../../../src/engines/index.ts";
import { third } from "./engine.ts";

registerEngine(third);
await import("../../../src/cli/main.ts");
