// What a day on a GPU machine runs, in this order: what says most comes first, so that a short day is worth something.

/**
 * @typedef {object} Stage
 * @property {string} name also of its files
 * @property {number} weight its part of the time that is left, beside those of the stages behind it
 * @property {number} [least] seconds that it gets even if its part is smaller
 * @property {readonly string[]} args of af3-gpu; of the program, if one is named. `{minutes}` stands for its time, `{row}` for the
 *   seconds of a row of a benchmark
 * @property {number} [rows] how many those are
 * @property {string} [program] another program than af3-gpu
 * @property {Readonly<Record<string, string>>} [env]
 * @property {readonly string[]} [result] what it leaves beside its own output, to be kept
 * @property {"json" | "txt"} output what it prints
 * @property {string} [skip] why it cannot run here
 * @property {boolean} [always] at every start, since what it says of the machine may have changed
 */

/**
 * @typedef {object} Readiness an entry of `bench --list --json`
 * @property {string} engine @property {string} backend @property {string} variant @property {string} device @property {boolean} ready
 * @property {string} [reason] @property {string} [fix]
 */

/**
 * @typedef {object} Machine what `bench --list` says of the machine
 * @property {boolean} software whether a CPU does the GPU's work
 * @property {string} [missing] why there is no adapter
 * @property {readonly Readiness[]} states of all backends
 * @property {boolean} [unknown] whether the list did not come
 */

/** How it is done. @typedef {{ device: string, engines: readonly string[], folder: string, quick: boolean }} Settings */

/** Sizes that a GPU is busy with, and those of a rehearsal on a CPU. */
const SIZES = {
  gpu: { preset: "block", tokens: "256", list: "64-512*2" },
  cpu: { preset: "tiny", tokens: "16", list: "16,32" },
};

/** Opponents, grouped so that one that hangs costs no other's times. */
export const OPPONENTS = [
  { name: "native", what: "the repository as it is, and compiled", backends: ["native:eager", "native:compile"] },
  { name: "native-tf32", what: "the repository with TF32", backends: ["native:tf32"] },
  { name: "native-bf16", what: "the repository in bf16", backends: ["native:bf16"] },
  { name: "onnx-cuda", what: "ONNX Runtime with CUDA", backends: ["onnx-cuda"] },
];

/** The stages that tell what is here. @param {Settings} settings @returns {Stage[]} */
export function firstStages({ device, engines }) {
  const all = ["webgpu", ...OPPONENTS.flatMap(({ backends }) => backends)].join(",");
  const list = ["bench", "--list", "--backend", all, "--engine", engines.join(","), "--device", device, "--json"];
  return [
    { name: "backends", weight: 1, least: 60, args: list, output: "json", always: true },
    { name: "doctor", weight: 3, least: 60, args: ["doctor", "--device", device, "--json"], output: "json" },
    { name: "nvidia-smi", weight: 0.5, least: 5, program: "nvidia-smi", args: ["-q"], output: "txt" },
  ];
}

/** The others. @param {Settings} settings @param {Machine} machine @returns {Stage[]} */
export function laterStages(settings, machine) {
  const { device, engines, folder, quick } = settings;
  const { preset, tokens, list } = machine.software || quick ? SIZES.cpu : SIZES.gpu;
  const on = ["--device", device];
  const out = ["--out", `${folder}/bench`, "--json"];
  const all = ["--engine", engines.join(",")];
  const rows = engines.length * (machine.software || quick ? 2 : 4);
  const block = ["--component", "pairformer", "--preset", preset];
  /** @type {Stage[]} */
  const stages = [
    { name: "verify", weight: 3, args: ["verify", ...on, "--json"], output: "json" },
    blocksStage("bench-reviewed", "reviewed"),
    {
      name: "tune",
      weight: 6,
      args: [
        "tune",
        ...all,
        "--preset",
        preset,
        "--seq-len",
        tokens,
        "--minutes",
        "{minutes}",
        ...on,
        "--json",
        `${folder}/tuning.json`,
      ],
      result: ["tuning.json"],
      output: "txt",
    },
    blocksStage("bench-tuned", "own"),
    ...engines.flatMap((engine) => OPPONENTS.map((opponent) => opponentStage(engine, opponent))),
    {
      name: "bench-networks",
      weight: 3,
      rows: engines.length,
      args: [
        "bench",
        ...all,
        "--mode",
        "full",
        "--preset",
        preset,
        "--seq-len",
        tokens,
        "--time",
        "{row}",
        "--notes",
        "gpu-day",
        ...on,
        ...out,
      ],
      output: "json",
    },
    { name: "suite-attention", weight: 2, args: ["kernels", "--suite", "attention", ...on, "--json"], output: "json" },
    { name: "suite-trimul", weight: 4, args: ["kernels", "--suite", "trimul", ...on, "--json"], output: "json" },
  ];
  return stages.map((stage) => (machine.missing === undefined ? stage : { ...stage, skip: machine.missing }));

  /** Blocks of all sizes. @param {string} name @param {"reviewed" | "own"} tuning @returns {Stage} */
  function blocksStage(name, tuning) {
    const sizes = ["--seq-len", list, "--time", "{row}", "--notes", `gpu-day, ${tuning} tuning`];
    return {
      name,
      weight: 3,
      rows,
      args: ["bench", ...all, ...block, ...sizes, ...on, ...out],
      env: { AF3_GPU_TUNING: tuning },
      output: "json",
    };
  }

  /** In turns with ours. @param {string} engine @param {typeof OPPONENTS[number]} opponent @returns {Stage} */
  function opponentStage(engine, { name, what, backends }) {
    const states = backends.map((backend) => ({ backend, state: stateOf(machine, engine, backend) }));
    // Where nobody could say what is here, a try does.
    const ready = machine.unknown ? backends : states.filter(({ state }) => state?.ready).map(({ backend }) => backend);
    const reason = states.find(({ state }) => state?.reason)?.state?.reason ?? "bench --list did not name it";
    const skip = ready.length === 0 ? { skip: `${what} is not here: ${reason}` } : {};
    const backend = ["--backend", ["webgpu", ...ready].join(",")];
    return {
      name: `${engine}-${name}`,
      weight: 3,
      rows: 1 + ready.length,
      args: [
        "bench",
        "--engine",
        engine,
        ...backend,
        ...block,
        "--seq-len",
        tokens,
        "--time",
        "{row}",
        "--notes",
        "gpu-day",
        ...on,
        ...out,
      ],
      output: "json",
      ...skip,
    };
  }
}

/** @param {Machine} machine @param {string} engine @param {string} name */
function stateOf({ states }, engine, name) {
  const [backend, variant] = name.split(":");
  const own = states.filter((state) => state.engine === engine && state.backend === backend);
  return own.find((state) => variant === undefined || state.variant === variant);
}

/** What there is to run on, by the list of backends. @param {unknown} list as `bench --list --json` printed it @returns {Machine} */
export function machineOf(list) {
  /** @type {Readiness[]} */
  const states = Array.isArray(list) ? list : [];
  const ours = states.find(({ backend }) => backend === "webgpu");
  if (!ours) return { software: false, states, unknown: true }; // then as on a GPU
  if (!ours.ready) return { software: true, missing: ours.reason ?? "there is no adapter", states };
  return { software: ours.device.includes("(software)"), states };
}
