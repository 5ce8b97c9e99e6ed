/** This browser: the button that makes it a recipient, and what stands in its way. */

import { getJson, postJson } from "../http.js";
import { h, icon } from "../dom.js";
import { t } from "../lang.js";
import { notice } from "../notices.js";
import { change } from "../settings/change.js";
import * as store from "../store.js";
import { reason, resultLine } from "../system/form.js";
import { allowed, obstacle, ownChannel, subscribe, unsubscribe } from "./push_subscription.js";
import { freshRule, noticedBy } from "./rule_form.js";

export const API = "api/notifications";
const STARTS_WITHIN_MS = 15_000;
const LOOK_MS = 200;

const OBSTACLES = {
  install: [t("On an iPhone or iPad, install this page first: tap Share, then Add to Home Screen, and open it from there."), null],
  insecure: [t("Browsers allow notifications only on pages that they trust: open this page with https, and trust this device."), ["#system/certificate", t("Trust this device")]],
  untrusted: [t("This browser does not trust the camera's certificate yet, so it allows no notifications."), ["#system/certificate", t("Trust this device")]],
  denied: [t("Notifications are blocked for this page: allow them in the browser's site settings, then come back."), null],
  unable: [t("This browser does not support Web Push. Mail, Telegram, ntfy and other services work without it."), null],
};

/** `element.show(about)` with the answer of GET api/notifications; `changed()` when that is another one now. */
export function thisDevice(changed) {
  const content = h("div.stack.tight");
  const result = resultLine();
  const element = h("div.stack.tight", content, result);
  const act = acting(result, changed);
  let found = ""; // an obstacle that shows only when one tries
  let about = { enabled: false, channels: [], types: [], freeTypes: [] };

  element.show = (given) => {
    about = given;
    const own = ownChannel(about.channels);
    content.replaceChildren(...(own ? [subscribed(own)] : offer()));
  };

  function subscribed(own) {
    return h("div.row", h("span.chip.good", t("Notifications are on for this device")), h("button.small", { type: "button", onclick: () => act(() => unsubscribe(own)) }, t("Stop")));
  }

  function offer() {
    const other = about.enabled ? [] : [h("button", { type: "button", onclick: () => act(switchOn) }, t("Use another service instead"))];
    const known = OBSTACLES[found || obstacle()];
    if (known) return [obstacleWords(known), ...other];
    return [h("div.row", h("button.primary", { type: "button", onclick: () => act(begin) }, icon("phone"), t("Notify me on this device")), other)];
  }

  async function begin() {
    if (!(await allowed())) throw new Error(OBSTACLES.denied[0]);
    await switchOn();
    let id;
    try {
      id = await subscribe(about.publicKey);
    } catch (error) {
      if (!OBSTACLES[error.code]) throw error;
      found = error.code;
      return;
    }
    const types = store.isPro() ? about.types.filter((type) => store.setting(noticedBy(type))) : [];
    await postJson(`${API}/rules`, { ...freshRule(about, [id]), types: types.length ? types : about.freeTypes, name: t("This device") });
    notice(t("Notifications are on for this device"), "good");
  }

  /** The part of the server that does it has to start. */
  async function switchOn() {
    if (about.enabled) return;
    const wrong = await change({ notificationsEnabled: true });
    if (wrong) throw new Error(wrong);
    const until = Date.now() + STARTS_WITHIN_MS;
    do {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      about = await getJson(API);
    } while (!about.enabled && Date.now() < until);
    if (!about.enabled) throw new Error(t("The camera could not start its notifications; see System"));
  }

  return element;
}

/** Gives act(work): does it, says in `result` what went wrong, and calls `done` if nothing did. */
export function acting(result, done) {
  return async (work) => {
    result.say(t("One moment…"));
    try {
      await work();
    } catch (error) {
      result.say(reason(error), "bad");
      return;
    }
    result.say("");
    done();
  };
}

function obstacleWords([text, link]) {
  return h("p", text, link ? [" ", h("a", { href: link[0] }, link[1])] : null);
}
