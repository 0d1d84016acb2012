/** What runs in a job's page. */
import type * as Viewer from "3dmol";

/** Atoms whose pLDDT is above a bound have a colour; bands are tried in order. */
export interface Band {
  readonly above: number;
  readonly colour: string;
}

/**
 * Draws the page's structure. Its text is copied into the page: it must name nothing that is not its own or the browser's.
 * Where it cannot draw, the sentence that says so stays as it is.
 */
export function showStructure(library: typeof Viewer | undefined, bands: readonly Band[]): void {
  const part = (id: string): HTMLElement => document.getElementById(id) as HTMLElement;
  const box = part("view");
  const data = JSON.parse(part("view-structure").textContent ?? "");
  const ground = (): string => {
    const [red, green, blue] = getComputedStyle(document.body).backgroundColor.match(/\d+/g) ?? ["255", "255", "255"];
    return `#${[red, green, blue].map((each) => Number(each).toString(16).padStart(2, "0")).join("")}`;
  };
  const show = (drawn: boolean): void => {
    box.hidden = !drawn;
    part("view-help").hidden = !drawn;
    part("view-missing").hidden = drawn;
  };
  if (!library || !document.createElement("canvas").getContext("webgl2")) return;
  show(true); // what is hidden has no size
  try {
    const view = library.createViewer(box, { backgroundColor: ground() });
    const atoms = view.addModel(data.text, data.format).selectedAtoms({});
    if (atoms.length === 0) throw new Error("no atoms");
    // A ribbon goes through residues that are bound to each other: in a structure of no sense they are not, and it would be empty.
    const run = ({ chain, reschain }: Viewer.AtomSpec): string => `${chain} ${reschain}`;
    const residues = new Map<string, Set<unknown>>();
    for (const atom of atoms) residues.set(run(atom), (residues.get(run(atom)) ?? new Set()).add(atom.resi));
    const apart = (atom: Viewer.AtomSpec): boolean => atom.hetflag === true || (residues.get(run(atom))?.size ?? 0) < 3;
    const colorfunc = ({ b = 0 }: Viewer.AtomSpec): string =>
      (bands.find(({ above }) => b > above) ?? bands[bands.length - 1]).colour;
    view.setStyle({}, { cartoon: { colorfunc } });
    view.addStyle({ predicate: apart }, { stick: { radius: 0.2, colorfunc } });
    const alone = (atom: Viewer.AtomSpec): boolean => apart(atom) && (atom.bonds ?? []).length === 0;
    view.addStyle({ predicate: alone }, { sphere: { scale: 0.6, colorfunc } });
    const whole = (): void => {
      view.zoomTo(); // what fits the height
      view.zoom(Math.min(1, box.clientWidth / box.clientHeight));
      view.render();
    };
    // What is long lies across: seen from its end it would be a dot.
    const places = atoms.map(({ x = 0, y = 0, z = 0 }) => [x, y, z]);
    const middle = [0, 1, 2].map((axis) => places.reduce((sum, place) => sum + place[axis] / places.length, 0));
    let [x, y, z] = [1, 0.1, 0.1];
    for (let step = 0; step < 20; step++) {
      const sum = [0, 0, 0];
      for (const place of places) {
        const [a, b, c] = place.map((value, axis) => value - middle[axis]);
        const along = a * x + b * y + c * z;
        sum[0] += a * along;
        sum[1] += b * along;
        sum[2] += c * along;
      }
      const length = Math.hypot(...sum) || 1;
      [x, y, z] = sum.map((value) => value / length);
    }
    const sine = Math.hypot(y, z);
    if (sine > 1e-6) view.rotate((Math.atan2(sine, x) * 180) / Math.PI, { x: 0, y: z / sine, z: -y / sine });
    whole();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => view.setBackgroundColor(ground(), 1));
    const keys: Readonly<Record<string, () => void>> = {
      ArrowLeft: () => view.rotate(-10, "vy"),
      ArrowRight: () => view.rotate(10, "vy"),
      ArrowUp: () => view.rotate(-10, "vx"),
      ArrowDown: () => view.rotate(10, "vx"),
      "+": () => view.zoom(1.2),
      "=": () => view.zoom(1.2),
      "-": () => view.zoom(1 / 1.2),
      "0": whole,
    };
    box.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.altKey || event.metaKey || !Object.hasOwn(keys, event.key)) return;
      event.preventDefault();
      keys[event.key]();
    });
    box.addEventListener("mousedown", () => box.focus({ preventScroll: true }), true);
    // Whoever scrolls the page past the view means the page.
    const pass = (event: Event): void => {
      if (document.activeElement !== box) event.stopPropagation();
    };
    for (const type of ["wheel", "touchstart", "touchmove"]) box.addEventListener(type, pass, { capture: true });
  } catch {
    box.replaceChildren();
    show(false);
  }
}
