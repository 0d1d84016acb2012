/** MSAs from files of their own: `--msa A=a.a3m`. */
import { BadInputError } from "../../errors.ts";
import type { Files } from "../../formats/files.ts";
import { isColabFold } from "../../pipeline/input/colabfold.ts";
import type { Entity, Job, Polymer } from "../../pipeline/input/job.ts";
import { decodeText } from "../../pipeline/input/texts.ts";

/** A chain and the file of its MSA. */
export interface ChainFile {
  readonly chain: string;
  readonly file: string;
}

/** Reads one more of an option that may be given several times. @throws {BadInputError} */
export const chainFile =
  (name: string) =>
  (text: string, before: readonly ChainFile[] | false = []): readonly ChainFile[] => {
    if (before === false) throw new BadInputError(`--no-msa and ${name} contradict each other: leave out one of them`);
    const parsed = /^([A-Z]+)=(.+)$/.exec(text);
    if (!parsed) throw new BadInputError(`${name} should be a chain and a file such as A=a.a3m, not "${text}"`);
    const [, chain, file] = parsed;
    if (before.some((each) => each.chain === chain)) throw new BadInputError(`${name} names the chain ${chain} twice`);
    return [...before, { chain, file }];
  };

type Kind = "unpairedMsa" | "pairedMsa";
const OPTIONS: Readonly<Record<Kind, string>> = { unpairedMsa: "--msa", pairedMsa: "--paired-msa" };

/**
 * A job with MSAs of its chains. An MSA is that of all copies of the chain.
 * @throws {BadInputError} if there is no such chain, it can have none, has one already, or the file holds something else
 */
export async function withMsas(
  job: Job,
  given: { readonly [kind in Kind]?: readonly ChainFile[] | undefined },
  files: Files,
): Promise<Job> {
  let entities = job.entities;
  for (const kind of ["unpairedMsa", "pairedMsa"] as const) {
    const used = new Map<Entity, string>();
    for (const { chain, file } of given[kind] ?? []) {
      const option = `${OPTIONS[kind]} ${chain}`;
      const at = entities.findIndex(({ ids }) => ids.includes(chain));
      const own = entities[at];
      if (!own) {
        const known = entities.flatMap(({ ids }) => ids).join(", ");
        throw new BadInputError(`${option}: ${job.name} has no chain ${chain}; it has ${known}`);
      }
      const twin = used.get(job.entities[at]);
      if (twin) throw new BadInputError(`${option}: the chains ${twin} and ${chain} are copies, which share one MSA`);
      used.set(job.entities[at], chain);
      checkTakes(own, kind, option);
      const text = await decodeText(await files.read(file), file);
      checkA3m(text, file);
      entities = entities.map((entity, index) => (index === at ? { ...own, [kind]: text } : entity));
    }
  }
  return { ...job, entities };
}

function checkTakes(entity: Entity, kind: Kind, option: string): asserts entity is Polymer {
  const takes = kind === "pairedMsa" ? ["protein"] : ["protein", "rna"];
  if (!takes.includes(entity.kind))
    throw new BadInputError(`${option}: the chain is ${WORDS[entity.kind]}, which takes no such MSA`);
  if ((entity as Polymer)[kind])
    throw new BadInputError(`${option}: the input has an MSA of this chain already: leave one of them out`);
}

const WORDS: Readonly<Record<Entity["kind"], string>> = {
  protein: "a protein",
  rna: "RNA",
  dna: "DNA",
  ligand: "a ligand",
};

function checkA3m(text: string, file: string): void {
  if (isColabFold(text) && /^#\d+,/.test(text))
    throw new BadInputError(
      `${file} has MSAs of several chains, as ColabFold writes them: give it as the input itself`,
    );
  if (!/^\s*[>#]/.test(text)) throw new BadInputError(`${file} is no a3m: it should begin with ">"`);
}
