/** The registry: one line per kernel. */
import type { AnyKernel } from "../gpu/kernel.ts";
import { attention } from "./attention.ts";
import { attentionProject } from "./attention_project.ts";
import { copy } from "./copy.ts";
import { matmul } from "./matmul.ts";
import { projectResidual } from "./project_residual.ts";
import { swiglu } from "./swiglu.ts";
import { triangleCombine } from "./triangle_combine.ts";
import { triangleOutput } from "./triangle_output.ts";
import { triangleProject } from "./triangle_project.ts";

export const kernels: readonly AnyKernel[] = [
  attention,
  attentionProject,
  copy,
  matmul,
  projectResidual,
  swiglu,
  triangleCombine,
  triangleOutput,
  triangleProject,
];
