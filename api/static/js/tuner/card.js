/** A day's alarms as they were told, and as they would have been with other thresholds, with the zones as drawn. */

import { getJson, postJson } from "../http.js";
import { card, h, iconButton, newId, setText } from "../dom.js";
import { hourMinute } from "../format.js";
import { t } from "../lang.js";
import { change } from "../settings/change.js";
import * as store from "../store.js";
import { DETECTORS, eventKind, otherDetector } from "../labels.js";

const WAIT_MS = 250;
const DAY_MS = 86_400_000;
const LIMIT = 10_000;

/** `detectors`: as `readDetectors` gives them; `drawn()`: the zones on the page, saved or not. */
export function tunerCard(detectors, drawn) {
  const id = newId("tuner-day");
  const day = h("select", { id }, h("option", { value: "yesterday" }, t("Yesterday")), h("option", { value: "today" }, t("Today")));
  const rows = h("div.tuner");
  const note = h("p.words", { role: "status" });
  const save = iconButton("primary", "chip", t("Use these thresholds"), () => keep());
  const look = iconButton("", "events", t("Show"), () => load());
  const element = card(t("The same day, with other settings"), "events", h("p.muted.small", t("What would have been reported with other thresholds, and with the zones as they are drawn above.")), h("div.row", h("label", { for: id }, t("Day")), day, look, save), note, rows);
  element.classList.add("wide");
  let wishes = {};
  let told = {};
  let lines = [];
  let waiting = 0;
  let asked = 0;

  const threshold = ({ fields }) => fields.find((field) => field.type === "int" && /(Sensitivity|Threshold|Confidence)$/.test(field.key));
  const load = async () => {
    wishes = {};
    lines = detectors.filter((one) => store.setting(one.entry.key) && threshold(one)).map((one) => line(one));
    rows.replaceChildren(...lines.map((one) => one.element));
    setText(note, lines.length ? "" : t("No detector is switched on."));
    if (lines.length) await replay();
  };
  const line = (detector) => {
    const field = threshold(detector);
    const slider = h("input", { type: "range", min: field.min, max: field.max, step: 1, value: store.setting(field.key), "aria-label": field.title });
    const output = h("output", String(slider.value));
    const count = h("span.count", "");
    const strip = h("div.ticks", { "aria-hidden": "true" });
    slider.addEventListener("input", () => {
      setText(output, slider.value);
      wishes[field.key] = Number(slider.value);
      save.disabled = false;
      clearTimeout(waiting);
      waiting = setTimeout(replay, WAIT_MS);
    });
    const known = DETECTORS[detector.key] ?? otherDetector(detector.key, detector.entry);
    return { type: known.type, count, strip, element: h("div.line", h("strong", eventKind(known.type).title), slider, output, count, strip) };
  };
  const replay = async () => {
    const mine = ++asked;
    setText(note, t("Calculating…"));
    try {
      const answer = await postJson("api/detection/replay", { day: day.value, settings: { ...wishes, zones: drawn() } });
      if (mine !== asked) return;
      if (!answer.start) return setText(note, t("Nothing has been recorded for this day yet."));
      const page = await getJson(`events?since=${answer.start}&limit=${LIMIT}`);
      told = {};
      for (const event of page.events) if (event.timestamp <= answer.end) (told[event.type] ??= []).push(event.timestamp);
      if (mine === asked) show(answer);
    } catch (error) {
      setText(note, error.message);
    }
  };
  const show = (answer) => {
    setText(note, t("Recorded from {from} to {to}.", { from: hourMinute(answer.start), to: hourMinute(answer.end) }));
    const midnight = new Date(answer.start).setHours(0, 0, 0, 0);
    for (const { type, count, strip } of lines) {
      const before = told[type] ?? [];
      const after = answer.alarms.filter((alarm) => alarm.type === type).map((alarm) => alarm.timestamp);
      setText(count, t("{before} reported, {after} with this", { before: before.length, after: answer.counts[type] ?? 0 }));
      strip.replaceChildren(...before.map((at) => tick(at, midnight, "was")), ...after.map((at) => tick(at, midnight, "would")));
    }
  };
  const keep = async () => {
    const wrong = await change(wishes);
    setText(note, wrong || t("Saved."));
    save.disabled = wrong === "";
  };
  save.disabled = true;
  return element;
}

function tick(at, midnight, kind) {
  const mark = h(`i.${kind}`);
  mark.style.left = `${((at - midnight) / DAY_MS) * 100}%`;
  return mark;
}
