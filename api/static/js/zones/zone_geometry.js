/** Zones and mask between their settings and the picture as it is shown: fractions, turned by the rotation. */

import { t } from "../lang.js";

const DIGITS = 10_000;

export const COVERED = "covered";
export const MODES = { in: t("Detect only here"), out: t("Detect nothing here"), name: t("Only name this place in events"), [COVERED]: t("Privacy: nobody sees this") };

/** The same point in the picture turned clockwise. */
export function turn([x, y], rotation) {
  if (rotation === 90) return [1 - y, x];
  if (rotation === 180) return [1 - x, 1 - y];
  if (rotation === 270) return [y, 1 - x];
  return [x, y];
}

/** [{name, mode, kinds, points}] of both settings; null where the mask covers everything. */
export function readShapes(zones, mask, rotation) {
  if (mask === "closed") return null;
  const shown = (points) => points.map((point) => turn(point, rotation));
  const named = JSON.parse(zones || "[]").map((zone) => ({ name: zone.name, mode: zone.mode, kinds: zone.for, points: shown(zone.points) }));
  const covered = JSON.parse(mask || "[]").map((points, index) => ({ name: t("Mask {n}", { n: index + 1 }), mode: COVERED, kinds: [], points: shown(points) }));
  return [...named, ...covered];
}

/** The two settings' values. */
export function writeShapes(shapes, rotation) {
  const stored = (points) => points.map((point) => turn(point, (360 - rotation) % 360).map((value) => Math.round(value * DIGITS) / DIGITS));
  const zones = shapes.filter((shape) => shape.mode !== COVERED).map(({ name, mode, kinds, points }) => ({ name, mode, for: kinds, points: stored(points) }));
  const mask = shapes.filter((shape) => shape.mode === COVERED).map(({ points }) => stored(points));
  return { zones: zones.length ? JSON.stringify(zones) : "", privacyMask: mask.length ? JSON.stringify(mask) : "" };
}

/** A rectangle in the middle, with a name that is not taken. */
export function newShape(shapes) {
  let number = 1;
  while (shapes.some((shape) => shape.name === t("Zone {n}", { n: number }))) number += 1;
  return { name: t("Zone {n}", { n: number }), mode: "in", kinds: [], points: [[0.3, 0.3], [0.7, 0.3], [0.7, 0.7], [0.3, 0.7]] };
}
