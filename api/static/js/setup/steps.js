/** The first steps, one after the other. Each is a title, why one would take it, and what stands in it. */

import { h } from "../dom.js";
import { passwordContent } from "../system/password.js";
import { cameraStep } from "./camera.js";
import { detectorsStep } from "./detectors.js";
import { deviceStep } from "./device.js";
import { nameStep } from "./name.js";
import { proStep } from "./pro.js";

/** `build()` gives the element once; it may have `shown()`, and `left()` for when it is no longer seen. */
export const STEPS = [
  { id: "name", title: "Name and place", words: "So that you know which camera is calling.", build: nameStep },
  { id: "camera", title: "Camera", words: "Which camera this device shows, and which way up.", build: cameraStep },
  { id: "password", title: "Password", words: "Choose your own. Until then, the printed one works.", build: passwordContent },
  { id: "pro", title: "Free or Pro", words: "Live picture, sound and snapshots are free.", build: proStep },
  { id: "detectors", title: "What to watch for", words: "Everything is found on this device; nothing is sent anywhere.", build: detectorsStep },
  { id: "device", title: "This phone or computer", words: "Have the camera at hand, without warnings.", build: deviceStep },
];

export function intro(step, number) {
  return h("header", h("p.muted.small", `Step ${number} of ${STEPS.length}`), h("h2", { id: "setup-title" }, step.title), h("p.muted", step.words));
}
