/** Errors of numbers, rows that failed, machines side by side, and others' published times. */
import type { Cell } from "../cells.ts";
import { type Entry, entry, numeric, type Part } from "../document.ts";
import type { Run } from "../gather.ts";
import { published } from "../published.ts";
import { errorText, timeText } from "../units.ts";
import { nameColumns, nameEntries } from "./common.ts";
import { isTimed } from "./time_tables.ts";

/** How exact the numbers were that have times. */
export function errorParts(cells: readonly Cell[]): Part[] {
  const own = cells.filter((cell) => isTimed(cell) || cell.outcome === "wrong");
  if (own.length === 0) return [];
  return [
    {
      id: "errors",
      title: "Errors of the numbers",
      paragraphs: [
        "Outputs were judged before anything was timed: by a recorded case, by another backend of the run, by shipped cases, or by a reference in double precision. A wrong row has no time.",
      ],
      figures: [],
      tables: [
        {
          name: "errors",
          title: "Errors of the numbers",
          columns: [
            ...nameColumns,
            { head: "precision", name: "precision" },
            { head: "check", name: "check" },
            { head: "error", name: "worst_error", number: true },
          ],
          rows: own.map((cell) => [
            ...nameEntries(cell),
            entry(cell.precision),
            cell.outcome === "wrong" ? entry("wrong", "wrong") : entry(cell.check ?? "not judged"),
            numeric(cell.worst_error, errorText),
          ]),
        },
      ],
    },
  ];
}

/** Rows without a time. */
export function failureParts(cells: readonly Cell[]): Part[] {
  const own = cells.filter(({ error }) => error !== null);
  if (own.length === 0) return [];
  return [
    {
      id: "failed",
      title: "Rows without a time",
      paragraphs: [],
      figures: [],
      tables: [
        {
          name: "failed",
          title: "Rows without a time",
          columns: [...nameColumns, { head: "outcome", name: "outcome" }, { head: "error", name: "error" }],
          rows: own.map((cell) => [
            ...nameEntries(cell),
            entry(isTimed(cell) ? "failed in another run" : cell.outcome, "wrong"),
            entry(cell.error ?? ""),
          ]),
        },
      ],
    },
  ];
}

/** Values of any depth by their path; lists as text, but for those of objects, which are counted. */
function flattened(value: unknown, at: string): [string, string][] {
  if (Array.isArray(value)) {
    const deep = value.some((one) => typeof one === "object" && one !== null);
    return [[at, deep ? `${value.length} of them` : value.join(", ")]];
  }
  if (typeof value !== "object" || value === null) return [[at, value === null ? "none" : String(value)]];
  return Object.entries(value).flatMap(([name, own]) => flattened(own, at === "" ? name : `${at}.${name}`));
}

/** What a machine's limits and features say is worth a line only where machines differ. */
const LONG = /^(limits|features|toggles|schema)\b/;
/** Measured anew each time. */
const MEASURED = /^roofline\b/;
/** More columns fit no page. */
const MOST_MACHINES = 6;

/** Each run has what it ran; what another did not run tells nothing of its machine. */
const OF_BACKENDS = /^backends\./;

/** Load and power change from run to run: they are shown, but make no other machine. */
const areOneMachine = (a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean =>
  [...new Set([...a.keys(), ...b.keys()])].every(
    (name) =>
      name.startsWith("conditions") ||
      a.get(name) === b.get(name) ||
      (OF_BACKENDS.test(name) && !(a.has(name) && b.has(name))),
  );

/** Environments side by side. */
export function environmentParts(runs: readonly Run[]): Part[] {
  const known = runs.filter(({ environment }) => environment !== null);
  const facts = (run: Run): [string, string][] =>
    flattened(run.environment, "").filter(([name]) => !MEASURED.test(name));
  const groups: { readonly runs: Run[]; readonly facts: Map<string, string> }[] = [];
  for (const run of known) {
    const own = new Map(facts(run));
    const home = groups.find((group) => areOneMachine(group.facts, own));
    if (!home) groups.push({ runs: [run], facts: own });
    else {
      home.runs.push(run);
      for (const [name, text] of own) if (!home.facts.has(name)) home.facts.set(name, text);
    }
  }
  if (groups.length === 0) return [];
  const shown = groups.slice(0, MOST_MACHINES);
  const names = [...new Set(shown.flatMap((one) => [...one.facts.keys()]))];
  const rows = names.flatMap((name): Entry[][] => {
    const values = shown.map((one) => one.facts.get(name) ?? "");
    const differ = new Set(values.filter((text) => text !== "" || !OF_BACKENDS.test(name))).size > 1;
    if (!differ && LONG.test(name)) return [];
    const mark = differ ? "differs" : undefined;
    return [[entry(differ ? `${name} ≠` : name, mark), ...values.map((text) => entry(text, mark))]];
  });
  const differing = rows.filter(([{ mark }]) => mark === "differs").length;
  const nameOf = ({ runs: own }: (typeof shown)[number], at: number): string =>
    `${shown.length > 1 ? `${"ABCDEF"[at]}: ` : ""}${own[0].name || own[0].given}${own.length > 1 ? ` and ${own.length - 1} more` : ""}`;
  const left = groups.length > shown.length ? `, ${MOST_MACHINES} of ${groups.length}` : "";
  return [
    {
      id: "environment",
      title: "Where it was measured",
      paragraphs: [
        shown.length > 1
          ? `${differing} facts differ, and are marked with ≠. Limits and features that are alike are left out.`
          : "Limits and features stand in environment.json.",
      ],
      figures: [],
      tables: [
        {
          name: "environment",
          title: `Environments${left}`,
          columns: [
            { head: "fact", name: "fact" },
            ...shown.map((one, at) => ({ head: nameOf(one, at), name: nameOf(one, at) })),
          ],
          // What differs goes before what does not.
          rows: [...rows].sort(([a], [b]) => Number(b.mark === "differs") - Number(a.mark === "differs")),
        },
      ],
    },
  ];
}

/** Times of others, with their sources. */
export function publishedParts(cells: readonly Cell[]): Part[] {
  if (cells.length === 0) return [];
  const drawn = (beside: (typeof published)[number]["beside"]): boolean =>
    beside !== undefined &&
    cells.some(({ component, preset }) => component === beside.component && preset === beside.preset);
  return [
    {
      id: "published",
      title: "What others have published",
      paragraphs: [
        "On their machines, by their clocks: points of orientation, no comparison. They stand in a figure only where the work is the same.",
      ],
      figures: [],
      tables: [
        {
          name: "published",
          title: "Published times",
          columns: [
            { head: "what", name: "what" },
            { head: "hardware", name: "hardware" },
            { head: "time by N", name: "time_by_tokens" },
            { head: "in a figure", name: "in_figure" },
            { head: "source", name: "source" },
          ],
          rows: published.map(({ what, hardware, seconds, source, beside }) => [
            entry(what),
            entry(hardware),
            entry(
              Object.entries(seconds)
                .map(([tokens, value]) => `${tokens}: ${timeText(1000 * value)}`)
                .join("; "),
            ),
            entry(drawn(beside) ? "yes" : "no"),
            entry(source),
          ]),
        },
      ],
    },
  ];
}
