/** A rule: in words, and as a form. */

import { postJson } from "../http.js";
import { askInDialog } from "../dialog_form.js";
import { h } from "../dom.js";
import { quantity, weekday } from "../format.js";
import { t } from "../lang.js";
import * as store from "../store.js";
import { inputField, switchField } from "../system/form.js";
import { eventKind } from "../labels.js";

const DAYS = Object.fromEntries(["mon", "tue", "wed", "thu", "fri", "sat", "sun"].map((day, index) => [day, weekday(index)]));

/** The setting that makes the camera notice it; "" for what the server notices by itself. */
export function noticedBy(type) {
  if (type.startsWith("SYSTEM_")) return "";
  const plain = { MOTION: "motionEnabled", ANY_SOUND: "soundEnabled" }[type];
  const name = type.toLowerCase().replaceAll(/_(.)/g, (_, letter) => letter.toUpperCase());
  return plain ?? `${name}${type.startsWith("OBJECT_") ? "Detection" : "Classification"}Enabled`;
}

const OWN = {
  SYSTEM_SOURCE_LOST: t("The camera is gone"),
  SYSTEM_SOURCE_BACK: t("The camera is back"),
  SYSTEM_DEGRADED: t("A part of the server has failed"),
  SYSTEM_STORAGE: t("The disk needs attention"),
  SYSTEM_LOCKED_OUT: t("Somebody was locked out after wrong passwords"),
  SYSTEM_NEW_ADDRESS: t("A login from a new address"),
};

export function typeName(type) {
  return OWN[type] ?? eventKind(type).title;
}

/** "Motion, Person · 22:00–06:30 · Mon, Tue · at most every 5 min" */
export function ruleWords(rule) {
  const parts = [rule.types.map(typeName).join(", ")];
  if (rule.from !== rule.to) parts.push(`${rule.from}–${rule.to}`);
  if (rule.days.length < 7) parts.push(rule.days.map((day) => DAYS[day]).join(", "));
  if (rule.everyMin) parts.push(t("at most every {minutes}", { minutes: quantity(rule.everyMin, "min") }));
  if (rule.zones.length) parts.push(t("in {zones}", { zones: rule.zones.join(", ") }));
  if (rule.unwatched) parts.push(t("only while nobody is watching"));
  return parts.join(" · ");
}

/** A rule that tells `channels` of what needs no licence, at any time. */
export function freshRule(about, channels) {
  return { name: "", enabled: true, types: about.freeTypes, channels, days: Object.keys(DAYS), from: "00:00", to: "00:00", everyMin: 5, unwatched: false, zones: [] };
}

/** Resolves with whether it was saved. `about`: the answer of GET api/notifications. */
export function editRule(rule, about, pro) {
  const name = inputField(t("Name"), { type: "text", maxlength: 64, value: rule.name ?? "", placeholder: t("At night") });
  const types = ticks(t("When the camera notices"), about.types.map((type) => [type, typeName(type), pro || about.freeTypes.includes(type)]), rule.types);
  const channels = ticks(t("Notify"), about.channels.map((channel) => [channel.id, channel.name, true]), rule.channels);
  const from = inputField(t("From"), { type: "time", value: rule.from, required: true });
  const to = inputField(t("To"), { type: "time", value: rule.to, required: true });
  const days = ticks(t("Days"), Object.entries(DAYS).map(([day, label]) => [day, label, true]), rule.days);
  const every = inputField(t("Minutes between two notifications"), { type: "number", min: 0, max: 1440, value: rule.everyMin, required: true }, t("0: no limit."));
  const zones = ticks(t("Only in these zones (none: anywhere)"), zoneNames(rule.zones).map((zone) => [zone, zone, true]), rule.zones);
  zones.hidden = !zones.querySelector("input");
  const unwatched = switchField(t("Only while nobody is watching"), t("Not while somebody has the live picture open."));
  unwatched.input.checked = rule.unwatched;
  const span = h("div.pair", from, to);
  const hours = h("p.words", t("The same time in both means all day. A night belongs to the day on which it begins."));
  const values = () => ({
    ...(rule.id ? { id: rule.id } : {}),
    name: name.input.value,
    enabled: rule.enabled,
    types: types.chosen(),
    channels: channels.chosen(),
    days: days.chosen(),
    from: from.input.value,
    to: to.input.value,
    everyMin: Number(every.input.value),
    unwatched: unwatched.input.checked,
    zones: zones.chosen(),
  });
  return askInDialog(rule.id ? t("Change the rule") : t("A new rule"), [], [types, channels, span, hours, days, every, zones, unwatched, name], t("Save"), () => postJson("api/notifications/rules", values()));
}

/** Those that are drawn, and those that the rule names. */
function zoneNames(named) {
  const drawn = JSON.parse(store.setting("zones") || "[]").map((zone) => zone.name);
  return [...new Set([...drawn, ...named])];
}

/** A group of boxes to tick: [value, label, whether it can be]; what is ticked can be unticked. */
function ticks(legend, choices, chosen) {
  const boxes = choices.map(([value, label, possible]) => {
    const input = h("input", { type: "checkbox", value, checked: chosen.includes(value), disabled: !possible && !chosen.includes(value) });
    return h("label.tick", input, h("span", possible ? label : `${label} (Pro)`));
  });
  const element = h("fieldset.ticks", h("legend", legend), boxes);
  element.chosen = () => [...element.querySelectorAll("input:checked")].map((input) => input.value);
  return element;
}
