/** The first steps, one after the other. Each is a title, why one would take it, and what stands in it. */

import { h } from "../dom.js";
import { t } from "../lang.js";
import { passwordContent } from "../system/password.js";
import { cameraStep } from "./camera.js";
import { detectorsStep } from "./detectors.js";
import { deviceStep } from "./device.js";
import { nameStep } from "./name.js";
import { proStep } from "./pro.js";

/** `build()` gives the element once; it may have `shown()`, and `left()` for when it is no longer seen. */
export const STEPS = [
  { id: "name", title: t("Name and place"), words: t("So that you know which camera is calling."), build: nameStep },
  { id: "camera", title: t("Camera"), words: t("Which camera this device shows, and which way up."), build: cameraStep },
  { id: "password", title: t("Password"), words: t("Choose your own. Until then, the printed one works."), build: passwordContent },
  { id: "pro", title: t("Free or Pro"), words: t("Live picture, sound and snapshots are free."), build: proStep },
  { id: "detectors", title: t("What to watch for"), words: t("Detection runs on this device; nothing is sent anywhere."), build: detectorsStep },
  { id: "device", title: t("This phone or computer"), words: t("Have the camera at hand, without warnings."), build: deviceStep },
];

export function intro(step, number) {
  return h("header", h("p.muted.small", t("Step {n} of {total}", { n: number, total: STEPS.length })), h("h2", { id: "setup-title" }, step.title), h("p.muted", step.words));
}
