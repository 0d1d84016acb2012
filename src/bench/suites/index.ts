/** The suites by name. */
import { attention } from "./attention.ts";
import type { Suite } from "./suite.ts";
import { trimul } from "./trimul.ts";

export const suites: readonly Suite[] = [trimul, attention];
