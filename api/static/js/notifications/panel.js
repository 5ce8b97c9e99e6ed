/** Settings, Notifications: this browser, other channels, and the rules that say when. */

import { deleteJson, getJson, postJson } from "../ask.js";
import { card, h, icon, setText } from "../dom.js";
import { ago } from "../format.js";
import { lockedBox } from "../locked.js";
import { confirmed, notice } from "../notice.js";
import { change } from "../settings/change.js";
import * as store from "../store.js";
import { reason, resultLine } from "../system/form.js";
import { channelForm } from "./channel_form.js";
import { allowed, obstacle, ownChannel, subscribe, unsubscribe } from "./device.js";
import { editRule, ruleWords } from "./rule_form.js";

const API = "api/notifications";
const STARTS_WITHIN_MS = 15_000;
const LOOK_MS = 200;
const KIND_ICONS = { push: "phone", webhook: "cast", apprise: "speaker" };

/** Which setting makes the camera notice what. */
const NOTICED_BY = {
  MOTION: "motionEnabled",
  ANY_SOUND: "soundEnabled",
  DOG_BARK: "dogBarkClassificationEnabled",
  BABY_CRY: "babyCryClassificationEnabled",
  OBJECT_PERSON: "objectPersonDetectionEnabled",
  OBJECT_DOG: "objectDogDetectionEnabled",
};

const OBSTACLES = {
  install: ["On an iPhone or iPad, install this page first: tap Share, then Add to Home Screen, and open it from there.", null],
  insecure: ["Browsers allow notifications only on pages that they trust: open this page with https, and trust this device.", ["#system/certificate", "Trust this device"]],
  untrusted: ["This browser does not trust the camera's certificate yet, so it allows no notifications.", ["#system/certificate", "Trust this device"]],
  denied: ["Notifications are blocked for this page: allow them in the browser's site settings, then come back.", null],
  unable: ["This browser does not support Web Push. Mail, Telegram, ntfy and other services work without it.", null],
};

export function notificationsCard() {
  const device = h("div.stack.tight");
  const channels = h("ul.sessions", { "aria-label": "Recipients" });
  const rules = h("ul.sessions", { "aria-label": "Rules" });
  const result = resultLine();
  const hint = h("p.small", { hidden: true });
  const add = h("button", { type: "button", onclick: () => edit(fresh([])) }, "Add a rule");
  const more = h("details", h("summary", "Add a service or a webhook"), channelForm(() => load()));
  const locked = lockedBox("notifications");
  const setUp = h("div.stack", { hidden: true }, h("div.stack.tight", h("h3", "Recipients"), channels), more, locked, h("div.stack.tight", h("h3", "Rules"), rules, hint, h("div.row.end", add)));
  const element = card("Notifications", "bell", h("div.stack", h("p.muted", "Be notified of what the camera notices, with a picture. Nothing leaves the camera until you set it up here."), device, result, setUp));
  element.id = "notifications";
  let about = { enabled: false, rules: [], channels: [], types: [], freeTypes: [] };

  async function load() {
    try {
      about = await getJson(API);
      show();
    } catch (error) {
      result.say(reason(error), "bad");
    }
  }

  function show() {
    const own = ownChannel(about.channels);
    device.replaceChildren(...thisDevice(own));
    channels.replaceChildren(...about.channels.map((channel) => channelRow(channel, own)));
    rules.replaceChildren(...about.rules.map(ruleRow));
    setUp.hidden = !about.enabled;
    add.hidden = about.channels.length === 0;
    more.hidden = !store.isPro();
    locked.hidden = store.isPro();
    const blind = about.rules.length > 0 && about.rules.flatMap((rule) => rule.types).every((type) => NOTICED_BY[type] && !store.setting(NOTICED_BY[type]));
    hint.hidden = !blind;
    hint.replaceChildren("The camera notices nothing of this at the moment: its detection is off. ", h("a", { href: "#detection" }, "Turn it on"));
  }

  /* ------------------------------------------------------------ this browser */
  function thisDevice(own) {
    if (own) return [h("div.row", h("span.chip.good", "Notifications are on for this device"), h("button.small", { type: "button", onclick: () => act(() => unsubscribe(own)) }, "Stop"))];
    const known = OBSTACLES[obstacle()];
    const begin = about.enabled ? [] : [h("button", { type: "button", onclick: () => act(switchOn) }, "Use another service instead")];
    if (known) return [obstacleWords(known), ...begin];
    return [h("div.row", h("button.primary", { type: "button", onclick: () => act(tellThisDevice) }, icon("phone"), "Notify me on this device"), begin)];
  }

  async function tellThisDevice() {
    if (!(await allowed())) throw new Error(OBSTACLES.denied[0]);
    await switchOn();
    let id;
    try {
      id = await subscribe(about.publicKey);
    } catch (error) {
      if (!OBSTACLES[error.code]) throw error;
      device.replaceChildren(obstacleWords(OBSTACLES[error.code]));
      return;
    }
    const types = store.isPro() ? about.types.filter((type) => store.setting(NOTICED_BY[type])) : [];
    await postJson(`${API}/rules`, { ...fresh([id]), types: types.length ? types : about.freeTypes, name: "This device", everyMin: 5 });
    notice("Notifications are on for this device", "good");
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
    if (!about.enabled) throw new Error("The camera could not start its notifications; see System");
  }

  /* ------------------------------------------------------------ rows */
  function channelRow(channel, own) {
    const name = h("b", channel.name);
    const state = channel.lastError ? h("p.small.bad", channel.lastError) : h("p.muted.small", channel.lastDelivered ? `Delivered ${ago(channel.lastDelivered)}` : "Nothing delivered yet");
    const chip = channel.id === own ? h("span.chip.accent", "This device") : null;
    const said = h("p.small", { role: "status", hidden: true });
    const test = h("button.small", { type: "button", "aria-label": `Test: ${channel.name}`, onclick: () => tryOut(channel, test, said) }, "Test");
    const remove = h("button.small", { type: "button", "aria-label": `Remove: ${channel.name}`, onclick: () => removeChannel(channel, own) }, "Remove");
    return h("li", { "data-channel": channel.id }, h("div", h("div.row", icon(KIND_ICONS[channel.kind]), name, chip), h("p.muted.small", channel.target), state, said), h("div.row", test, remove));
  }

  /** What the other side says, in its words. */
  async function tryOut(channel, button, said) {
    button.disabled = true;
    said.hidden = false;
    said.className = "small";
    setText(said, "One moment…");
    try {
      const tested = await postJson(`${API}/test`, { channel: channel.id });
      said.className = `small ${tested.success ? "good" : "bad"}`;
      setText(said, `${tested.success ? `Taken after ${tested.latencyMs} ms` : "Not taken"}: ${tested.answer}`);
    } catch (error) {
      said.className = "small bad";
      setText(said, reason(error));
    }
    button.disabled = false;
  }

  async function removeChannel(channel, own) {
    if (!(await confirmed(`Remove ${channel.name}?`, "It gets no more notifications, and is taken out of every rule.", "Remove"))) return;
    act(() => (channel.id === own ? unsubscribe(own) : deleteJson(`${API}/channels/${encodeURIComponent(channel.id)}`)));
  }

  function ruleRow(rule) {
    const names = rule.channels.map((id) => about.channels.find((channel) => channel.id === id)?.name ?? id).join(", ");
    const active = h("input", { type: "checkbox", role: "switch", checked: rule.enabled, "aria-label": `Rule ${rule.name}`, onchange: () => act(() => postJson(`${API}/rules`, { ...rule, enabled: active.checked })) });
    const buttons = h("div.row", active, h("button.small", { type: "button", "aria-label": `Change: ${rule.name}`, onclick: () => edit(rule) }, "Change"), h("button.small", { type: "button", "aria-label": `Delete: ${rule.name}`, onclick: () => act(() => deleteJson(`${API}/rules/${encodeURIComponent(rule.id)}`)) }, "Delete"));
    return h("li", { "data-rule": rule.id }, h("div", h("b", rule.name), h("p.muted.small", ruleWords(rule)), h("p.small", names ? `To ${names}` : "To nobody: choose a recipient")), buttons);
  }

  function fresh(ids) {
    return { name: "", enabled: true, types: about.freeTypes, channels: ids, days: ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], from: "00:00", to: "00:00", everyMin: 5, unwatched: false };
  }

  async function edit(rule) {
    if (await editRule(rule, about, store.isPro())) load();
  }

  async function act(work) {
    result.say("One moment…");
    try {
      await work();
      result.say("");
    } catch (error) {
      result.say(reason(error), "bad");
      return;
    }
    load();
  }

  store.watch(["license", "settings"], () => about.enabled && show());
  element.load = load;
  return element;
}

function obstacleWords([text, link]) {
  return h("p", text, link ? [" ", h("a", { href: link[0] }, link[1])] : null);
}
