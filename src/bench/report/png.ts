/** Figures as PNG, by resvg, which is installed by whoever wants them. */
import type { ResvgRenderOptions } from "@resvg/resvg-js";
import { WIDTH } from "./figures/svg.ts";

/** The package, and the version that was tested. */
export const RESVG = "@resvg/resvg-js@2";

/** Points of a picture for each unit of a figure: sharp on dense screens and in print. */
const SCALE = 2;

const options: ResvgRenderOptions = {
  fitTo: { mode: "width", value: SCALE * WIDTH.wide },
  font: { loadSystemFonts: true, defaultFontFamily: "DejaVu Sans" },
};

export type Paint = (svg: string) => Uint8Array;

/**
 * How SVG becomes PNG here.
 * @returns why it does not, where it does not: the package is missing, or no font is there to write with
 */
export async function painter(): Promise<Paint | { readonly missing: string }> {
  let resvg: typeof import("@resvg/resvg-js");
  try {
    resvg = await import("@resvg/resvg-js");
  } catch {
    return { missing: `PNG needs a package that is not here: npm install ${RESVG}` };
  }
  const paint = (svg: string): Uint8Array => new resvg.Resvg(svg, options).render().asPng();
  // A text without a font has no outline at all, and nobody would be told.
  const letter = '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20"><text y="16">M</text></svg>';
  if (new resvg.Resvg(letter, options).getBBox() === undefined)
    return {
      missing: "PNG needs a font, and this system has none: on Debian and Ubuntu, apt install fonts-dejavu-core",
    };
  return paint;
}
