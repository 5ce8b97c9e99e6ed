/** Settings, Notifications: this browser, other channels, and the rules that say when. */

import { deleteJson, getJson, postJson } from "../http.js";
import { card, h, icon, setText } from "../dom.js";
import { ago, quantity } from "../format.js";
import { t, told } from "../lang.js";
import { lockedBox } from "../pro_lock.js";
import { confirmed } from "../notices.js";
import * as store from "../store.js";
import { reason, resultLine } from "../system/form.js";
import { channelForm } from "./channel_form.js";
import { ownChannel, unsubscribe } from "./push_subscription.js";
import { editRule, freshRule, noticedBy, ruleWords } from "./rule_form.js";
import { acting, API, thisDevice } from "./push_card.js";

const KIND_ICONS = { push: "phone", webhook: "cast", apprise: "speaker" };

export function notificationsCard() {
  const device = thisDevice(() => load());
  const channels = h("ul.sessions", { "aria-label": t("Recipients") });
  const rules = h("ul.sessions", { "aria-label": t("Rules") });
  const result = resultLine();
  const hint = h("p.small", { hidden: true });
  const add = h("button", { type: "button", onclick: () => edit(freshRule(about, [])) }, t("Add a rule"));
  const more = h("details", h("summary", t("Add a service or a webhook")), channelForm(() => load()));
  const locked = lockedBox("notifications");
  const setUp = h("div.stack", { hidden: true }, h("div.stack.tight", h("h3", t("Recipients")), channels), more, locked, h("div.stack.tight", h("h3", t("Rules")), rules, hint, h("div.row.end", add)));
  const element = card(t("Notifications"), "bell", h("div.stack", h("p.muted", t("Be notified of what the camera notices, with a picture. Nothing leaves the camera until you set it up here.")), device, result, setUp));
  element.id = "notifications";
  const act = acting(result, () => load());
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
    device.show(about);
    channels.replaceChildren(...about.channels.map((channel) => channelRow(channel, own)));
    rules.replaceChildren(...about.rules.map(ruleRow));
    setUp.hidden = !about.enabled;
    add.hidden = about.channels.length === 0;
    more.hidden = !store.isPro();
    locked.hidden = store.isPro();
    const blind = about.rules.length > 0 && about.rules.flatMap((rule) => rule.types).every((type) => noticedBy(type) && !store.setting(noticedBy(type)));
    hint.hidden = !blind;
    hint.replaceChildren(t("The camera notices nothing of this at the moment: its detection is off."), " ", h("a", { href: "#detection" }, t("Turn it on")));
  }

  /* ------------------------------------------------------------ rows */
  function channelRow(channel, own) {
    const name = h("b", channel.name);
    const state = channel.lastError ? h("p.small.bad", told(channel.lastError)) : h("p.muted.small", channel.lastDelivered ? t("Delivered {when}", { when: ago(channel.lastDelivered) }) : t("Nothing delivered yet"));
    const chip = channel.id === own ? h("span.chip.accent", t("This device")) : null;
    const said = h("p.small", { role: "status", hidden: true });
    const test = h("button.small", { type: "button", "aria-label": `${t("Test")}: ${channel.name}`, onclick: () => tryOut(channel, test, said) }, t("Test"));
    const remove = h("button.small", { type: "button", "aria-label": `${t("Remove")}: ${channel.name}`, onclick: () => removeChannel(channel, own) }, t("Remove"));
    return h("li", { "data-channel": channel.id }, h("div", h("div.row", icon(KIND_ICONS[channel.kind]), name, chip), h("p.muted.small", channel.target), state, said), h("div.row", test, remove));
  }

  /** What the other side says, in its words. */
  async function tryOut(channel, button, said) {
    button.disabled = true;
    said.hidden = false;
    said.className = "small";
    setText(said, t("One moment…"));
    try {
      const tested = await postJson(`${API}/test`, { channel: channel.id });
      said.className = `small ${tested.success ? "good" : "bad"}`;
      setText(said, tested.success ? t("Accepted after {time}: {answer}", { time: quantity(tested.latencyMs, "ms"), answer: told(tested.answer) }) : t("Not accepted: {answer}", { answer: told(tested.answer) }));
    } catch (error) {
      said.className = "small bad";
      setText(said, reason(error));
    }
    button.disabled = false;
  }

  async function removeChannel(channel, own) {
    if (!(await confirmed(t("Remove {name}?", { name: channel.name }), t("It gets no more notifications, and is taken out of every rule."), t("Remove")))) return;
    act(() => (channel.id === own ? unsubscribe(own) : deleteJson(`${API}/channels/${encodeURIComponent(channel.id)}`)));
  }

  function ruleRow(rule) {
    const names = rule.channels.map((id) => about.channels.find((channel) => channel.id === id)?.name ?? id).join(", ");
    const active = h("input", { type: "checkbox", role: "switch", checked: rule.enabled, "aria-label": t("Rule {name}", { name: rule.name }), onchange: () => act(() => postJson(`${API}/rules`, { ...rule, enabled: active.checked })) });
    const buttons = h("div.row", active, h("button.small", { type: "button", "aria-label": `${t("Change")}: ${rule.name}`, onclick: () => edit(rule) }, t("Change")), h("button.small", { type: "button", "aria-label": `${t("Delete")}: ${rule.name}`, onclick: () => act(() => deleteJson(`${API}/rules/${encodeURIComponent(rule.id)}`)) }, t("Delete")));
    return h("li", { "data-rule": rule.id }, h("div", h("b", rule.name), h("p.muted.small", ruleWords(rule)), h("p.small", names ? t("To {names}", { names }) : t("To nobody: choose a recipient"))), buttons);
  }

  async function edit(rule) {
    if (await editRule(rule, about, store.isPro())) load();
  }

  store.watch(["license", "settings"], () => about.enabled && show());
  element.load = load;
  return element;
}
