/** The licence: what it is, and how a free device becomes Pro. */

import { card, facts, h, setText } from "../dom.js";
import { enterKey, proButton } from "../pro.js";
import * as store from "../store.js";

const STATES = { ACTIVE: ["accent", "Pro"], INACTIVE: ["", "Free"], UNKNOWN: ["warn", "Being checked"] };
const ORIGINS = { local: "a licence issued on this device", issuer: "a licence key of an issuer", flag: "a start-up flag, for testing" };
export const PRO = ["Motion, sound, person and dog detection", "The history of events, export and storage statistics", "Talking through the camera and text-to-speech", "RTSP, MQTT and Home Assistant", "Direct API access and the certificate download"];

export function licenceCard() {
  const chip = h("span.chip.plain", "–");
  const list = facts();
  const buttons = h("div.row", proButton(), h("button.small", { type: "button", onclick: enterKey }, "Enter a licence key"));
  const free = h("div.stack.tight", h("p.muted.small", "Pro adds:"), h("ul.small.bullets", PRO.map((text) => h("li", text))), buttons);
  const element = card("Licence", "star", h("div.stack", list, free));
  element.id = "licence";
  element.head.append(chip);
  store.watch(["license", "status"], (license, status) => {
    if (!license) return;
    const [kind, text] = STATES[license.state] ?? STATES.UNKNOWN;
    chip.className = `chip plain ${kind}`;
    setText(chip, text);
    free.hidden = license.isPro;
    list.show({
      "State": { ACTIVE: "active", INACTIVE: "none", UNKNOWN: "being checked" }[license.state],
      "By": license.isPro ? ORIGINS[status?.licenseOrigin] : null,
    });
  });
  return element;
}
