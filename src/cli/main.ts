/** The program behind `start.ts`: the command line, on this process's arguments, streams and signals. */
import { listenForStop, stop, tellStopped } from "./context.ts";
import { commandLine } from "./program.ts";
import { watchOutput } from "./stdout.ts";

listenForStop();
watchOutput(() => stop.abort());
process.exitCode = await commandLine(process.argv.slice(2));
tellStopped();
