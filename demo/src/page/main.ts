/** The page: choices in, a worker at work, parts of the result out. */
import { version } from "af3-gpu";
import { median } from "af3-gpu/bench";
import { readAddress, writeAddress } from "../shared/choices.ts";
import type { Check, Choices, Failure, FromWorker, Part, RunRequest, Times } from "../shared/protocol.ts";
import { Client } from "./client.ts";
import { el, part } from "./dom.ts";
import { failureNotice } from "./failures.ts";
import { ChoicesForm } from "./form.ts";
import { invitation, opponentsView, withoutGraphs } from "./oppose_view.ts";
import { ProgressView } from "./progress.ts";
import { type Shared, shareView } from "./share.ts";
import { stepsView } from "./steps_view.ts";
import { checkView, deviceView, mapsView, pairView, summaryView } from "./views.ts";

type State = "idle" | "running" | "done" | "error";

const root = document.documentElement;
const progress = new ProgressView();
const form = new ChoicesForm(remember, () => void run());
const client = new Client({ message: receive, failed, stopped });

/** What of the result has come. */
interface Came {
  choices: Choices;
  /** Whether weights were random. */
  random: boolean;
  /** What was asked of the worker. */
  job: "describe" | "run" | "oppose";
  check?: Check;
  times?: Times;
  shared: Shared;
}
let software = false;
let came: Came = { choices: form.choices, random: true, job: "describe", shared: { rows: [], tensors: undefined } };

/** The contract for automation: docs/demo.md. */
function setState(state: State): void {
  root.dataset.state = state;
  form.running = state === "running";
  if (state !== "running") progress.hide();
}

const say = (text: string): void => {
  part("status").textContent = text;
};

function remember(): void {
  history.replaceState(null, "", writeAddress(form.choices));
}

async function run(): Promise<void> {
  if (root.dataset.state === "running") return;
  part("message").replaceChildren();
  if (!form.valid()) return say("Some choices are not right.");
  remember();
  const { choices } = form;
  for (const name of ["check", "ms"]) delete root.dataset[name];
  root.dataset.engine = choices.engine;
  setState("running");
  say("Running.");
  progress.show({ doing: "Starting", share: 0 });
  clearResults();
  try {
    const file = await form.weightsFile();
    came = { choices, random: !file && !choices.weights, job: "run", shared: { rows: [], tensors: undefined } };
    client.ask({ kind: "run", request: requestOf(choices, file) }, file ? [file.bytes.buffer] : []);
  } catch (error) {
    failed({ kind: "weights", detail: String(error) });
  }
}

async function oppose(): Promise<void> {
  if (root.dataset.state === "running" || !form.valid()) return;
  const { choices } = form;
  came = { ...came, job: "oppose" };
  part("message").replaceChildren();
  setState("running");
  progress.show({ doing: "Fetching ONNX Runtime", share: 0 });
  client.ask({ kind: "oppose", request: requestOf(choices, await form.weightsFile()) });
}

const requestOf = (choices: Choices, file: RunRequest["file"]): RunRequest => ({
  choices,
  file,
  base: document.baseURI,
  visible: document.visibilityState === "visible",
});

/** Fills a part of the page, and shows its section. */
function fill(id: string, content: HTMLElement): void {
  const section = part(id).closest("section");
  if (section) section.hidden = false;
  part(id).replaceChildren(content);
}

function clearResults(): void {
  part("results").hidden = true;
  for (const section of part("results").querySelectorAll("section")) section.hidden = true;
}

function receive(message: FromWorker): void {
  if (message.kind === "device") {
    software = message.card.software;
    part("device").replaceChildren(deviceView(message.card));
  } else if (message.kind === "progress") progress.show(message.progress);
  else if (message.kind === "part") show(message.part);
  else if (message.kind === "done") done();
}

function show(given: Part): void {
  part("results").hidden = false;
  const { choices } = came;
  switch (given.name) {
    case "blocks":
      progress.blocks(given.blocks);
      break;
    case "check":
      came.check = given.check;
      root.dataset.check = given.check.passed ? "pass" : "fail";
      fill("check", checkView(given.check, choices.engine));
      fill("summary", summaryView(came.times, came.check, software));
      break;
    case "times":
      came.times = given.times;
      fill("summary", summaryView(came.times, came.check, software));
      break;
    case "steps":
      fill("steps", stepsView(given.steps));
      break;
    case "maps":
      fill("maps", mapsView(given.maps, given.why, came.random));
      break;
    case "pair":
      fill("pair", pairView(given.statistics));
      break;
    case "rows":
      share({ ...came.shared, rows: given.rows });
      break;
    case "tensors":
      share({ ...came.shared, tensors: given.bytes });
      break;
    case "opponents":
      share({ ...came.shared, rows: [...came.shared.rows, ...given.rows] });
      part("oppose").replaceChildren(opponentsView(given.opponents, software, () => void oppose()));
  }
}

function share(shared: Shared): void {
  came.shared = shared;
  if (shared.rows.length) fill("share", shareView(shared, say));
}

function done(): void {
  if (came.job === "describe") return;
  if (came.times && came.job === "run")
    root.dataset.ms = median(came.times.passes.map(({ elapsed }) => elapsed)).toFixed(3);
  setState("done");
  say(came.check?.passed ? "Done. The numbers are right." : "Done. The check did not pass.");
}

function failed(failure: Failure): void {
  const { job } = came;
  setState("error");
  if (job === "describe") part("device").replaceChildren(el("p", { class: "muted" }, "None that can be used."));
  const again = (): void => void (job === "oppose" ? oppose() : run());
  const notice = failureNotice(failure, {
    again,
    setTokens: (tokens) => {
      form.choices = { ...form.choices, tokens, sequence: "" };
      remember();
      part("run").focus();
    },
    randomWeights: () => {
      form.randomWeights();
      void run();
    },
  });
  part("message").replaceChildren(notice);
  if (job !== "describe") notice.scrollIntoView({ block: "nearest" });
}

function stopped(): void {
  setState("idle");
  say("Stopped.");
  const text = "Stopped. What was finished is below; run again for the rest.";
  part("message").replaceChildren(el("p", { class: "notice", "data-stopped": true }, text));
}

function begin(): void {
  const { autorun, ...choices } = readAddress(location.search);
  form.choices = choices;
  root.dataset.engine = choices.engine;
  part("version").textContent = version;
  part("stop").addEventListener("click", () => client.stop());
  document.addEventListener("visibilitychange", () => client.visible(document.visibilityState === "visible"));
  part("oppose").replaceChildren(__GRAPHS__ ? invitation(() => void oppose()) : withoutGraphs());
  if (!window.isSecureContext) failed({ kind: "insecure", detail: location.origin });
  else if (!("gpu" in navigator) || !navigator.gpu) failed({ kind: "no-webgpu", detail: "navigator.gpu is not there" });
  else if (autorun) void run();
  else client.ask({ kind: "describe" });
}

begin();
