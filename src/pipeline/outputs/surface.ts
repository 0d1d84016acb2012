/**
 * Accessible areas of residues as DSSP computes them (Kabsch & Sander 1983; mkdssp 4), and the part of a structure's residues that seems
 * disordered by them (AlphaFold-RSA, Piovesan et al. 2022; `fraction_disordered` in AlphaFold 3's confidences.py).
 */
import { fixed } from "../../formats/decimal.ts";
import { Cells } from "../cells.ts";
import type { Chain } from "../complex.ts";
import type { Structure } from "./structure.ts";

/** Ångström. Side chains have one radius, whatever their elements. */
const RADII: Readonly<Record<string, number>> = { N: 1.65, CA: 1.87, C: 1.76, O: 1.4 };
const SIDE_CHAIN = 1.8;
const WATER = 1.4;
const LARGEST = 1.87 + WATER;

/** Points on a sphere, on a spiral from pole to pole. */
const HALF_POINTS = 200;
const POINTS = 2 * HALF_POINTS + 1;
const SPHERE = spherePoints();

function spherePoints(): Float32Array {
  // DSSP has it in single precision.
  const golden = Math.fround((1 + Math.fround(Math.sqrt(5))) / 2);
  const points = new Float32Array(3 * POINTS);
  for (let at = 0; at < POINTS; at++) {
    const i = at - HALF_POINTS;
    const latitude = Math.asin((2 * i) / POINTS);
    const longitude = ((i % golden) * 2 * Math.PI) / golden;
    points.set(
      [Math.sin(longitude) * Math.cos(latitude), Math.cos(longitude) * Math.cos(latitude), Math.sin(latitude)],
      3 * at,
    );
  }
  return points;
}

/** The largest areas in square ångström (Sander & Rost 1994). What has no letter counts as alanine. */
const MOST_AREA: Readonly<Record<string, number>> = {
  ALA: 106,
  ARG: 248,
  ASN: 157,
  ASP: 163,
  CYS: 135,
  GLN: 198,
  GLU: 194,
  GLY: 84,
  HIS: 184,
  ILE: 169,
  LEU: 164,
  LYS: 205,
  MET: 188,
  PHE: 197,
  PRO: 136,
  SER: 130,
  THR: 142,
  TRP: 227,
  TYR: 222,
  VAL: 142,
};
const OTHER_AREA = MOST_AREA.ALA;

/** Residues over which areas are averaged, and from which average on one counts as disordered. */
const WINDOW = 25;
const DISORDERED = 0.581;
/** Digits of coordinates in the file that DSSP reads. */
const DIGITS = 3;

export interface ResidueArea {
  /** The component. */
  readonly name: string;
  /** Square ångström, whole as in DSSP's files. */
  readonly area: number;
}

/** The areas of a chain's residues that have all of their backbone, as if nothing were there but the chain. */
export function residueAreas({ atoms, positions }: Structure, chain: Chain): ResidueArea[] {
  const places = new Map(chain.residues.map((residue) => [residue, [] as number[]]));
  atoms.forEach(({ residue, chain: own }, at) => {
    if (own === chain) places.get(residue)?.push(at);
  });
  const complete = [...places].filter(([, own]) =>
    Object.keys(RADII).every((name) => own.some((at) => atoms[at].atom.name === name)),
  );
  const all = complete.flatMap(([, own]) => own);
  const points = all.flatMap((at) => [0, 1, 2].map((axis) => Number(fixed(positions[3 * at + axis], DIGITS))));
  const radii = all.map((at) => (RADII[atoms[at].atom.name] ?? SIDE_CHAIN) + WATER);
  const cells = new Cells(points, 2 * LARGEST);
  let next = 0;
  return complete.map(([{ name }, own]) => {
    let sum = 0;
    for (let atom = 0; atom < own.length; atom++) sum += atomArea(next++, points, radii, cells);
    return { name, area: Math.floor(sum + 0.5) };
  });
}

/** The part of a sphere around an atom that no other atom's sphere covers. */
function atomArea(atom: number, points: readonly number[], radii: readonly number[], cells: Cells): number {
  const [x, y, z] = [points[3 * atom], points[3 * atom + 1], points[3 * atom + 2]];
  const radius = radii[atom];
  const others: number[] = [];
  for (const other of cells.near(atom)) {
    const [dx, dy, dz] = [points[3 * other] - x, points[3 * other + 1] - y, points[3 * other + 2] - z];
    const reach = radius + radii[other];
    if (other !== atom && dx * dx + dy * dy + dz * dz < reach * reach) others.push(dx, dy, dz, radii[other] ** 2);
  }
  let free = 0;
  // Points next to each other are mostly covered by the same atom: it is asked first.
  let last = 0;
  for (let point = 0; point < POINTS; point++) {
    const px = SPHERE[3 * point] * radius;
    const py = SPHERE[3 * point + 1] * radius;
    const pz = SPHERE[3 * point + 2] * radius;
    // From the last one on, and around.
    let at = last;
    let left = others.length;
    for (; left > 0; left -= 4) {
      const dx = px - others[at];
      const dy = py - others[at + 1];
      const dz = pz - others[at + 2];
      if (dx * dx + dy * dy + dz * dz <= others[at + 3]) break;
      at += 4;
      if (at === others.length) at = 0;
    }
    if (left === 0) free++;
    else last = at;
  }
  return ((4 * Math.PI) / POINTS) * free * radius * radius;
}

/** Means over windows, the list continued beyond its ends by its mirror image. */
export function windowed(values: readonly number[]): number[] {
  const half = (WINDOW - 1) / 2;
  const period = 2 * (values.length - 1);
  const mirrored = (at: number): number => {
    if (period === 0) return values[0];
    const place = ((at % period) + period) % period;
    return values[place < values.length ? place : period - place];
  };
  return values.map((_, at) => {
    let sum = 0;
    for (let other = at - half; other <= at + half; other++) sum += mirrored(other);
    return sum / WINDOW;
  });
}

/** The relative areas of a chain's residues, averaged over windows. */
export const relativeAreas = (areas: readonly ResidueArea[]): number[] =>
  windowed(areas.map(({ name, area }) => Math.min(1, area / (MOST_AREA[name] ?? OTHER_AREA))));

/** The part of the residues of all proteins that seems disordered; 0 where there is no protein. Chains of one sequence have the areas of the first. */
export function fractionDisordered(structure: Structure): number {
  const known = new Map<string, readonly number[]>();
  const all: number[] = [];
  for (const chain of structure.complex.chains) {
    if (chain.entity.kind !== "protein") continue;
    const sequence = chain.residues.map(({ name, component }) => component.parent ?? name).join(" ");
    const values = known.get(sequence) ?? relativeAreas(residueAreas(structure, chain));
    known.set(sequence, values);
    for (const value of values) all.push(value);
  }
  return all.length === 0 ? 0 : all.filter((value) => value > DISORDERED).length / all.length;
}
