/** A rule: in words, and as a form. */

import { postJson } from "../http.js";
import { askInDialog } from "../dialog_form.js";
import { h } from "../dom.js";
import * as store from "../store.js";
import { inputField, switchField } from "../system/form.js";
import { eventKind } from "../labels.js";

export const DAYS = { mon: "Mon", tue: "Tue", wed: "Wed", thu: "Thu", fri: "Fri", sat: "Sat", sun: "Sun" };

/** The setting that makes the camera notice it; "" for what the server notices by itself. */
export function noticedBy(type) {
  if (type.startsWith("SYSTEM_")) return "";
  const plain = { MOTION: "motionEnabled", ANY_SOUND: "soundEnabled" }[type];
  const name = type.toLowerCase().replaceAll(/_(.)/g, (_, letter) => letter.toUpperCase());
  return plain ?? `${name}${type.startsWith("OBJECT_") ? "Detection" : "Classification"}Enabled`;
}

const OWN = {
  SYSTEM_SOURCE_LOST: "The camera is gone",
  SYSTEM_SOURCE_BACK: "The camera is back",
  SYSTEM_DEGRADED: "A part of the server has failed",
  SYSTEM_STORAGE: "The disk needs attention",
  SYSTEM_LOCKED_OUT: "Somebody was locked out after wrong passwords",
  SYSTEM_NEW_ADDRESS: "A login from a new address",
};

export function typeName(type) {
  const name = OWN[type] ?? eventKind(type).title;
  return name[0].toUpperCase() + name.slice(1);
}

/** "Motion, Person · 22:00–06:30 · Mon, Tue · at most every 5 min" */
export function ruleWords(rule) {
  const parts = [rule.types.map(typeName).join(", ")];
  if (rule.from !== rule.to) parts.push(`${rule.from}–${rule.to}`);
  if (rule.days.length < 7) parts.push(rule.days.map((day) => DAYS[day]).join(", "));
  if (rule.everyMin) parts.push(`at most every ${rule.everyMin} min`);
  if (rule.zones.length) parts.push(`in ${rule.zones.join(", ")}`);
  if (rule.unwatched) parts.push("only while nobody is watching");
  return parts.join(" · ");
}

/** A rule that tells `channels` of what needs no licence, at any time. */
export function freshRule(about, channels) {
  return { name: "", enabled: true, types: about.freeTypes, channels, days: Object.keys(DAYS), from: "00:00", to: "00:00", everyMin: 5, unwatched: false, zones: [] };
}

/** Resolves with whether it was saved. `about`: the answer of GET api/notifications. */
export function editRule(rule, about, pro) {
  const name = inputField("Name", { type: "text", maxlength: 64, value: rule.name ?? "", placeholder: "At night" });
  const types = ticks("When the camera notices", about.types.map((type) => [type, typeName(type), pro || about.freeTypes.includes(type)]), rule.types);
  const channels = ticks("Notify", about.channels.map((channel) => [channel.id, channel.name, true]), rule.channels);
  const from = inputField("From", { type: "time", value: rule.from, required: true });
  const to = inputField("To", { type: "time", value: rule.to, required: true });
  const days = ticks("On", Object.entries(DAYS).map(([day, label]) => [day, label, true]), rule.days);
  const every = inputField("Minutes between two notifications", { type: "number", min: 0, max: 1440, value: rule.everyMin, required: true }, "0: no limit.");
  const zones = ticks("Only in these zones (none: anywhere)", zoneNames(rule.zones).map((zone) => [zone, zone, true]), rule.zones);
  zones.hidden = !zones.querySelector("input");
  const unwatched = switchField("Only while nobody is watching", "Not while somebody has the live picture open.");
  unwatched.input.checked = rule.unwatched;
  const span = h("div.pair", from, to);
  const hours = h("p.words", "The same time in both means all day. A night belongs to the day on which it begins.");
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
  return askInDialog(rule.id ? "Change the rule" : "A new rule", [], [types, channels, span, hours, days, every, zones, unwatched, name], "Save", () => postJson("api/notifications/rules", values()));
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
