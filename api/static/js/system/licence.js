/** The licence: what it is, and how a free device becomes Pro. */

import { card, facts, h, setText } from "../dom.js";
import { t } from "../lang.js";
import { enterKey, proButton } from "../pro.js";
import * as store from "../store.js";

const STATES = { ACTIVE: ["accent", t("Pro")], INACTIVE: ["", t("Free")], UNKNOWN: ["warn", t("Being checked")] };
const ORIGINS = { local: t("a licence issued on this device"), issuer: t("a licence key of an issuer"), flag: t("a start-up flag, for testing") };
export const PRO = [t("Motion, sound, person and dog detection"), t("The history of events, export and storage statistics"), t("Talking through the camera and text-to-speech"), t("RTSP, MQTT and Home Assistant"), t("Direct API access and the certificate download")];

export function licenceCard() {
  const chip = h("span.chip.plain", "–");
  const list = facts();
  const buttons = h("div.row", proButton(), h("button.small", { type: "button", onclick: enterKey }, t("Enter a licence key")));
  const free = h("div.stack.tight", h("p.muted.small", t("Pro adds:")), h("ul.small.bullets", PRO.map((text) => h("li", text))), buttons);
  const element = card(t("Licence"), "star", h("div.stack", list, free));
  element.id = "licence";
  element.head.append(chip);
  store.watch(["license", "status"], (license, status) => {
    if (!license) return;
    const [kind, text] = STATES[license.state] ?? STATES.UNKNOWN;
    chip.className = `chip plain ${kind}`;
    setText(chip, text);
    free.hidden = license.isPro;
    list.show({
      [t("State")]: { ACTIVE: t("active"), INACTIVE: t("none"), UNKNOWN: t("being checked") }[license.state],
      [t("Granted by")]: license.isPro ? ORIGINS[status?.licenseOrigin] : null,
    });
  });
  return element;
}
