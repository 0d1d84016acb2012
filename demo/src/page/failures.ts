/** What the page says when something cannot be done: what it is, and a way on. */
import type { Failure, FailureKind } from "../shared/protocol.ts";
import { browserAdvice, diagnosticsPage } from "./browsers.ts";
import { button, el } from "./dom.ts";

interface Words {
  readonly title: string;
  readonly text: string;
  readonly ways: readonly string[];
}

const words: Readonly<Record<FailureKind, Words>> = {
  "no-webgpu": {
    title: "This browser has no WebGPU",
    text: "The kernels of this page are WebGPU shaders; without it they cannot run.",
    ways: browserAdvice(navigator.userAgent),
  },
  insecure: {
    title: "WebGPU needs a secure page",
    text: "Browsers offer WebGPU only over https and on localhost; this page came over plain http.",
    ways: ["Open it over https.", "On your own machine, open it as http://localhost."],
  },
  "no-worker-webgpu": {
    title: "This browser has no WebGPU in workers",
    text: "The page has WebGPU, but its worker, which computes so that the page stays responsive, has none.",
    ways: ["Update the browser, or take another.", ...browserAdvice(navigator.userAgent)],
  },
  "no-adapter": {
    title: "The browser offers no GPU",
    text: "It has WebGPU, but gave no adapter: the GPU is switched off, blocked, or its driver is too old.",
    ways: [
      "Switch on graphics acceleration in the browser's settings and restart it.",
      `Look for the reason at ${diagnosticsPage(navigator.userAgent)}.`,
      "Update the graphics driver.",
    ],
  },
  limits: {
    title: "This GPU is too small",
    text: "It offers less than every WebGPU device should, and the kernels need that much.",
    ways: ["Choose another GPU in the system's or the browser's graphics settings.", "Update the graphics driver."],
  },
  lost: {
    title: "The GPU was lost",
    text: "The browser or the driver took the device away in the middle of the run.",
    ways: [
      "Run again: a new device is opened.",
      "If it happens again, choose a smaller N, or close other programs that use the GPU.",
    ],
  },
  "out-of-memory": {
    title: "The GPU has too little memory",
    text: "The device could not hold the tensors of this run.",
    ways: ["Choose a smaller N.", "Close other tabs and programs that use the GPU."],
  },
  "too-large": {
    title: "N is too large for this GPU",
    text: "A tensor of this run would pass what the device allows, so nothing was started.",
    ways: ["Choose a smaller N."],
  },
  weights: {
    title: "The weights cannot be used",
    text: "The file is missing, damaged, or not of this engine's preset tiny.",
    ways: ["Choose another file, or go back to random weights.", "If it comes over the network, try again."],
  },
  sequence: {
    title: "The sequence cannot be used",
    text: "It should be one chain of the twenty amino acids in one-letter codes.",
    ways: ["Correct the sequence, or clear it."],
  },
  input: {
    title: "The choices do not fit",
    text: "The network refused them.",
    ways: ["Change the choices and run again."],
  },
  silent: {
    title: "The run stopped answering",
    text: "Nothing has been heard of it for a while, so it was ended. The driver may hang in a shader, or the machine may be out of memory.",
    ways: ["Run again.", "If it happens again, choose a smaller N, or restart the browser."],
  },
  script: {
    title: "Part of the page could not be loaded",
    text: "The script that computes did not arrive, or the browser is too old for it.",
    ways: ["Reload the page.", "Update the browser.", "If something blocks scripts of this page, let them through."],
  },
  bug: {
    title: "Something went wrong that should not",
    text: "This is a bug of the page or of the browser's WebGPU.",
    ways: ["Run again.", "Please report it with the text below and the name of your GPU."],
  },
};

export interface WaysOn {
  readonly again: () => void;
  /** Fills the field in; the visitor decides whether to run it. */
  readonly setTokens: (tokens: number) => void;
  readonly randomWeights: () => void;
}

/** Kinds that trying again cannot help. */
const FINAL: ReadonlySet<FailureKind> = new Set([
  "no-webgpu",
  "insecure",
  "no-worker-webgpu",
  "too-large",
  "out-of-memory",
  "input",
  "sequence",
]);

/** What a failure is called. */
export const titleOf = ({ kind }: Failure): string => words[kind].title;

/** The failure's message with buttons for what can be done here. */
export function failureNotice({ kind, detail, largest }: Failure, on: WaysOn): HTMLElement {
  const { title, text, ways } = words[kind];
  const buttons: HTMLElement[] = [];
  if (kind === "weights") buttons.push(button("Use random weights", on.randomWeights));
  if (largest !== undefined && largest > 0) buttons.push(button(`Set N = ${largest}`, () => on.setTokens(largest)));
  if (kind === "out-of-memory") buttons.push(button("Set N = 32", () => on.setTokens(32)));
  if (!FINAL.has(kind)) buttons.push(button("Try again", on.again));
  return el(
    "div",
    { class: "notice", "data-tone": "bad", "data-failure": kind },
    el("h2", {}, title),
    el("p", {}, text),
    el("ul", {}, ...ways.map((way) => el("li", {}, way))),
    ...(detail ? [el("p", { class: "detail" }, el("code", {}, detail))] : []),
    ...(buttons.length ? [el("div", { class: "actions" }, ...buttons)] : []),
  );
}
