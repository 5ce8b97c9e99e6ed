/** Every setting of the registry, by group, with search. */

import { h, icon, newId, setText } from "../dom.js";
import { plural, t } from "../lang.js";
import { languageField } from "../language.js";
import { notificationsCard } from "../notifications/panel.js";
import { settingField } from "../settings/field.js";
import { valueLabel } from "../settings/schema.js";
import * as store from "../store.js";

/** Where a value can be changed that this form must not change. */
const ELSEWHERE = {
  rtspHasPassword: ["#system/rtsp", t("Set the password")],
  rtspOpen: ["#system/rtsp", t("Choose who can watch")],
  mqttHasUsername: ["#system/mqtt", t("Set the login")],
  mqttHasPassword: ["#system/mqtt", t("Set the login")],
  authEnabled: ["#system/password", t("Change the password")],
};

/** What finds the card that is no setting. */
const NOTIFICATIONS = t("notifications push rules recipients webhook telegram ntfy mail apprise phone");

/** What most people want to set; the rest is one tap away. */
const BASIC = new Set([
  ...["deviceName", "devicePlace", "cameraId", "resolution", "frameRate", "rotation", "streaming", "keepScreenOn", "cameraStandbyMode", "audioEnabled"],
  ...["motionEnabled", "motionSensitivity", "soundEnabled", "soundThreshold", "dogBarkClassificationEnabled", "babyCryClassificationEnabled"],
  ...["objectPersonDetectionEnabled", "objectDogDetectionEnabled", "eventHistoryEnabled", "eventRetentionDays", "clipsEnabled", "clipRetentionDays"],
  ...["recordContinuously", "notificationsEnabled", "rtspEnabled", "mqttEnabled", "onvifEnabled", "authEnabled"],
]);
const KEY = "ipcamera.settings";

export function buildSettings(host) {
  const id = newId("search");
  const search = h("input", { id, type: "search", placeholder: t("Search settings"), autocomplete: "off", "aria-label": t("Search settings") });
  const found = h("output", { for: id, role: "status" });
  const groups = h("div");
  const browser = groupSection(t("This browser"), [languageRow()]);
  const notifications = notificationsCard();
  const levels = ["basic", "advanced"].map((level) => h("button", { type: "button", "data-level": level, onclick: () => choose(level) }, level === "basic" ? t("Basic") : t("Advanced")));
  let level = localStorage.getItem(KEY) === "advanced" ? "advanced" : "basic";
  let rows = [];

  host.append(h("div.page-head", h("h2", t("Settings")), h("a.button.small", { href: "#setup" }, t("First steps again")), h("p.lead", t("Changes are saved immediately and apply to everybody who uses this camera."))), h("div.settings-search", h("div.find", icon("search"), search), h("div.segments", { role: "group", "aria-label": t("How much is shown") }, levels), found), browser, notifications, groups);

  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const row of rows) {
      row.element.hidden = words.length ? !words.every((word) => row.text.includes(word)) : level === "basic" && !row.basic;
      count += row.element.hidden ? 0 : 1;
    }
    notifications.hidden = !words.every((word) => NOTIFICATIONS.includes(word));
    browser.hidden = !words.every((word) => browser.textContent.toLowerCase().includes(word));
    for (const group of groups.children) group.hidden = !group.querySelector(".setting-row:not([hidden])");
    groups.classList.toggle("basic", level === "basic");
    for (const button of levels) button.setAttribute("aria-pressed", String(button.dataset.level === level));
    setText(found, count < rows.length ? t("{n} of {total}", { n: count, total: rows.length }) : plural(rows.length, "{n} setting", "{n} settings"));
  };
  const choose = (wanted) => {
    level = wanted;
    localStorage.setItem(KEY, level);
    filter();
  };
  search.addEventListener("input", filter);

  store.watch("schema", (schema) => {
    if (!schema) return;
    rows = schema.map(settingRow);
    const byGroup = new Map();
    schema.forEach((entry, index) => byGroup.set(entry.group, [...(byGroup.get(entry.group) ?? []), rows[index].element]));
    groups.replaceChildren(...[...byGroup].map(([name, elements]) => groupSection(name, elements)));
    filter();
  });
  return {
    shown(argument) {
      if (argument) search.value = argument;
      filter();
      notifications.load();
    },
  };
}

function groupSection(name, elements) {
  const id = newId("group");
  return h("section.group", { "aria-labelledby": id }, h("h2", { id }, name), h("div.card", elements));
}

function languageRow() {
  const row = h("div.setting-row", h("div", h("h3", t("Language of this page"))), languageField());
  row.querySelector(".field label").classList.add("visually-hidden");
  return row;
}

function settingRow(entry) {
  const under = h("div.under", h("code", entry.key));
  if (entry.live === false) under.append(h("span", t("takes effect at the next start of its service")));
  const normal = defaultLabel(entry);
  if (normal) under.append(h("span", t("default: {value}", { value: normal })));
  if (ELSEWHERE[entry.key]) under.append(h("a", { href: ELSEWHERE[entry.key][0] }, ELSEWHERE[entry.key][1]));
  const about = h("div", h("h3", entry.title), h("p.muted.small", entry.help), under);
  const element = h("div.setting-row", { "data-setting": entry.key }, about, settingField({ ...entry, readOnly: entry.readOnly || entry.key in ELSEWHERE }, { title: entry.title, help: false }));
  element.querySelector(".field label").classList.add("visually-hidden");
  const text = [entry.key, entry.title, entry.help, entry.group, entry.unit ?? "", entry.pro ?? ""].join(" ").toLowerCase();
  return { element, text, basic: BASIC.has(entry.key) };
}

function defaultLabel(entry) {
  if (entry.readOnly || entry.default === undefined || entry.default === "") return "";
  return valueLabel(entry, entry.default);
}
