// Mesa's drivers: how each calls its figures, and how its listings are read.
import { honeykrisp } from "./honeykrisp.mjs";
import { nvk } from "./nvk.mjs";
import { radv } from "./radv.mjs";
import { turnip } from "./turnip.mjs";

/**
 * @typedef {object} Driver
 * @property {string} name of its file in Vulkan's list of drivers, without `_icd.json`
 * @property {string} shim of its no-op DRM shim
 * @property {Readonly<Record<string, string>>} [environment] what else it needs to tell what it does
 * @property {string} says what its figures count
 * @property {readonly string[]} registers names of statistics; the first that there is
 * @property {readonly string[]} spills all that there are are added
 * @property {{ readonly name: string, readonly lanes: "one" | "subgroup" }} [memory] bytes of private memory, where arrays lie, too, that are indexed at run time; of how many lanes
 * @property {readonly string[]} waves
 * @property {readonly string[]} workgroupBytes
 * @property {(record: import("../records.mjs").Record, printed: string) => string | undefined} listing the final code
 * @property {(listing: string) => import("../hot.mjs").Instruction[][]} blocks
 */

export const drivers = { radv, nvk, turnip, honeykrisp };
