/** The page: choices in, a worker at work, parts of the result out. */
import { version } from "af3-gpu";
import { median } from "af3-gpu/bench";
import { readAddress, writeAddress } from "../shared/choices.ts";
import { phaseAt } from "../shared/phases.ts";
import type { DeviceCard, Failure, FromWorker, RunRequest } from "../shared/protocol.ts";
import { verdictOf } from "../shared/verdict.ts";
import { Client } from "./client.ts";
import { deviceView, deviceWords } from "./device_view.ts";
import { el, enable, find, part, reveal } from "./dom.ts";
import { failureNotice, titleOf } from "./failures.ts";
import { ChoicesForm } from "./form.ts";
import { invitation, withoutGraphs } from "./oppose_view.ts";
import { ProgressView } from "./progress.ts";
import { type Ran, Results } from "./results.ts";
import { canRun, next, type PageEvent, type PageState, stateName, statusOf, type Work } from "./state.ts";

const root = document.documentElement;
const progress = new ProgressView();
const form = new ChoicesForm(remember, () => void start("run"));
const client = new Client({ message: receive, failed, stopped });
const results = new Results(
  () => void start("run"),
  () => void start("oppose"),
);

let state: PageState = { at: "looking" };
let card: DeviceCard | undefined;
/** What the worker is at, as it was when it began. */
let ran: Ran = { choices: form.choices, file: undefined };
/** Counts what was started; a file that was read too late belongs to none. */
let started = 0;

function dispatch(event: PageEvent): void {
  state = next(state, event);
  show();
}

/** Whatever the page shows of its state, it shows here. */
function show(): void {
  root.dataset.state = stateName(state); // the contract for automation: docs/demo.md
  const status = statusOf(state, titleOf);
  if (part("status").textContent !== status) part("status").textContent = status; // it is read out when it changes
  form.buttons({ run: canRun(state), stop: state.at === "running" });
  for (const compare of part("oppose").querySelectorAll("button")) enable(compare, canRun(state));
  if (state.at === "stopping") progress.stopping();
  else if (state.at !== "running") progress.end(state.at === "done");
  if (state.at === "blocked") card = undefined;
  if (!card) part("device").replaceChildren(el("p", { class: "muted" }, deviceWords(state)));
}

function remember(): void {
  history.replaceState(null, "", writeAddress(form.choices));
}

/** Asks what GPU there is. */
function look(): void {
  clearMessage();
  dispatch({ kind: "look" });
  client.ask({ kind: "describe" });
}

async function start(work: Work): Promise<void> {
  if (!canRun(state) || !form.valid()) return;
  const own = ++started;
  const chosen: Ran = { choices: form.choices, file: form.fileName };
  remember();
  keepFocus();
  clearMessage();
  if (work === "run") {
    for (const name of ["check", "ms"]) delete root.dataset[name];
    root.dataset.engine = chosen.choices.engine;
    results.clear(chosen);
  }
  ran = chosen;
  dispatch({ kind: "start", work });
  const { engine, tokens, passes, precision } = chosen.choices;
  if (work === "run") progress.begin("Starting", `${engine} ${tokens} ${passes} ${precision}`);
  else progress.begin("Fetching ONNX Runtime", undefined);
  try {
    const file = await form.weightsFile();
    if (own === started && state.at === "running")
      client.ask({ kind: work, request: requestOf(chosen, file) }, file ? [file.bytes.buffer] : []);
  } catch (error) {
    if (own === started) failed({ kind: "weights", detail: String(error) });
  }
}

const requestOf = ({ choices }: Ran, file: RunRequest["file"]): RunRequest => ({
  choices,
  file,
  base: document.baseURI,
  visible: document.visibilityState === "visible",
});

/** Whoever started a run from a part of the page that goes away with it is at the button that it shares. */
function keepFocus(): void {
  const { activeElement: active } = document;
  if (part("message").contains(active) || part("results").contains(active)) part("run").focus({ preventScroll: true });
}

function clearMessage(): void {
  keepFocus();
  part("message").replaceChildren();
}

function receive(message: FromWorker): void {
  if (message.kind === "device") showDevice(message.card);
  else if (message.kind === "progress" && state.at === "running") {
    progress.show(message.progress);
    if (state.work === "run") dispatch({ kind: "phase", phase: phaseAt(message.progress.share).phase });
  } else if (message.kind === "part") {
    if (message.part.name === "blocks") progress.blocks(message.part.blocks);
    else {
      results.show(message.part, ran);
      if (message.part.name === "check") root.dataset.check = checkNames[verdictOf(message.part.check)];
      dispatch({ kind: "part" });
    }
  } else if (message.kind === "done") done();
}

const checkNames = { right: "pass", wrong: "fail", unchecked: "unchecked" } as const;

function showDevice(found: DeviceCard): void {
  // A run tells it again; what is unfolded in it stays so.
  const same = JSON.stringify(found) === JSON.stringify(card);
  card = found;
  results.software = found.software;
  if (!same) part("device").replaceChildren(deviceView(found));
  dispatch({ kind: "found" });
}

function done(): void {
  const { check, times } = results;
  const [first] = times;
  if (state.at !== "looking" && first && !root.dataset.ms)
    root.dataset.ms = median(first.passes.map(({ elapsed }) => elapsed)).toFixed(3);
  dispatch({ kind: "done", verdict: check && verdictOf(check) });
  if (state.at !== "done") return;
  if (state.work === "oppose") reveal(part("oppose"));
  else results.reveal();
}

function failed(failure: Failure): void {
  const { at } = state;
  dispatch({ kind: "failed", failure });
  if (state.at !== "failed" && state.at !== "blocked") return;
  const work = state.at === "failed" && state.work !== "look" ? state.work : undefined;
  const notice = failureNotice(failure, {
    again: () => (work ? void start(work) : look()),
    setTokens: (tokens) => {
      form.choices = { ...form.choices, tokens, sequence: "" };
      remember();
      part("run").focus();
    },
    randomWeights: () => {
      form.randomWeights();
      void start("run");
    },
  });
  part("message").replaceChildren(notice);
  if (at !== "looking") reveal(notice);
}

function stop(): void {
  if (state.at !== "running") return;
  dispatch({ kind: "stop" });
  if (client.busy) client.stop();
  else stopped(false); // the file of weights was still being read
}

function stopped(killed: boolean): void {
  dispatch({ kind: "stopped", killed });
}

function begin(): void {
  const { autorun, ...choices } = readAddress(location.search);
  form.choices = choices;
  root.dataset.engine = choices.engine;
  part("version").textContent = version;
  const stopper = find("stop", HTMLButtonElement);
  stopper.addEventListener("click", stop);
  stopper.addEventListener("blur", show); // it stays as long as it has the focus
  document.addEventListener("visibilitychange", () => {
    const visible = document.visibilityState === "visible";
    client.visible(visible);
    progress.visible(visible);
  });
  part("oppose").replaceChildren(__GRAPHS__ ? invitation(() => void start("oppose")) : withoutGraphs());
  if (!window.isSecureContext) failed({ kind: "insecure", detail: location.origin });
  else if (!("gpu" in navigator) || !navigator.gpu) failed({ kind: "no-webgpu", detail: "navigator.gpu is not there" });
  else if (autorun && form.valid()) void start("run");
  else look();
}

begin();
