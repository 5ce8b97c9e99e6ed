/** ONVIF: whether it is served, where, and who is told what is detected. */

import { getJson } from "../http.js";
import { card, facts, h, setText } from "../dom.js";
import { duration } from "../format.js";
import { plural, t, told } from "../lang.js";
import { lockedBox } from "../pro_lock.js";
import * as store from "../store.js";
import { reason, resultLine } from "./form.js";

export function onvifCard() {
  const chip = h("span.chip", "–");
  const list = facts();
  const subscribers = h("ul.sessions", { "aria-label": t("Subscribers") });
  const result = resultLine();
  const off = h("p.muted.small", t("Recorders and Home Assistant find this camera by ONVIF. It is switched on in the settings, and needs RTSP."));
  const content = h("div.stack", off, list, subscribers, result);
  const locked = lockedBox("rtsp_streaming");
  const element = card("ONVIF", "cast", content, locked);
  element.id = "onvif";
  element.head.append(chip);

  element.load = async () => {
    if (!store.isPro()) return;
    try {
      show(await getJson("api/onvif/status"));
      result.say("");
    } catch (error) {
      result.say(reason(error), "bad");
    }
  };
  function show(status) {
    const [kind, text] = status.running ? ["good", t("Running")] : status.enabled ? ["bad", t("Not running")] : ["", t("Off")];
    chip.className = `chip ${kind}`;
    setText(chip, text);
    off.hidden = status.enabled;
    const address = status.running ? `http://${location.hostname}:${status.port}/onvif/device_service` : null;
    list.show({ [t("Address")]: address, [t("Subscribers")]: status.running ? status.subscribers.length : null, [t("Last problem")]: told(status.lastError) });
    subscribers.replaceChildren(...status.subscribers.map(row));
    subscribers.hidden = status.subscribers.length === 0;
  }

  store.watch("license", (license) => {
    const free = license !== undefined && !license.isPro;
    locked.hidden = !free;
    content.hidden = free;
    if (free) setText(chip, t("Locked"));
  });
  const seen = () => element.offsetParent !== null;
  store.watch("settings", () => seen() && element.load());
  store.watch("system", () => seen() && store.setting("onvifEnabled") === true && element.load());
  return element;
}

function row(one) {
  const lost = one.dropped ? plural(one.dropped, "{n} message lost", "{n} messages lost") : "";
  const about = [told(one.kind), t("for {time}", { time: duration(one.seconds) }), plural(one.delivered, "{n} message delivered", "{n} messages delivered"), lost].filter(Boolean).join(" · ");
  return h("li", h("div", h("b", one.client), h("p.muted.small", one.userAgent || t("A client without a name")), h("p.muted.small", about)));
}
