/** One detector: its switch, how it is, its live meter, its settings, its last events. */

import { h, icon, newId, setText } from "../dom.js";
import { ago, sentence, timeOfDay } from "../format.js";
import { t, told } from "../lang.js";
import { lockedBox } from "../pro_lock.js";
import { settingField } from "../settings/field.js";
import * as store from "../store.js";
import { DETECTORS, eventWords, otherDetector } from "../labels.js";
import { modelBox } from "./model_box.js";
import { meterStrip } from "./level_meter.js";

const MOST_EVENTS = 3;
const WHERE = {
  pool: (pool) => t("Its model runs on the pool {pool}.", { pool }),
  device: (why) => t("Its model runs on this device. The pool {reason}.", { reason: told(why) }),
};

export function detectorCard({ key, entry, fields }) {
  const known = DETECTORS[key] ?? otherDetector(key, entry);
  const id = newId("detector");
  const toggle = settingField(entry, { title: entry.title, help: false });
  const drawing = icon(known.icon);
  const state = h("p.state", { role: "status" });
  const remedy = h("p.remedy", { hidden: true });
  const models = modelBox(key);
  const where = h("p.muted.small", { hidden: true });
  const strip = meterStrip(key);
  const locked = h("div", { hidden: true }, lockedBox(entry.pro));
  const help = h("p.muted.small", entry.help);
  const settings = h("div.stack", fields.map((field) => settingField(field)));
  const last = h("ol.last-events", { "aria-label": t("Last events"), hidden: true });
  const heading = toggle.querySelector("label");
  heading.id = id;
  const element = h("section.card.detector", { "aria-labelledby": id, "data-detector": key }, h("header", drawing, toggle), state, remedy, models, where, locked, strip, help, settings, last);
  toggle.classList.add("grow");
  element.style.setProperty("--kind", `var(${known.color})`);
  heading.classList.add("card-title");
  const events = [];

  element.level = strip.take;
  element.eventType = known.type;
  element.addEvent = (event) => {
    events.unshift(event);
    events.length = Math.min(events.length, MOST_EVENTS);
    showEvents();
  };
  element.setEvents = (list) => {
    events.splice(0, events.length, ...list.slice(-MOST_EVENTS).reverse());
    showEvents();
  };
  const showEvents = () => {
    last.hidden = events.length === 0;
    last.replaceChildren(...events.map((event) => h("li", h("time", { title: ago(event.timestamp) }, timeOfDay(event.timestamp)), h("span", eventWords(event)))));
  };
  store.watch(["status", "license", "settings"], (status) => {
    const view = status?.detection?.[key];
    const free = store.get("license") !== undefined && !store.isPro();
    locked.hidden = !free;
    help.hidden = free;
    describe(state, view, entry, free);
    if (view?.degraded && models.hidden) models.load();
    remedy.hidden = !view?.degraded || !models.hidden;
    setText(remedy, sentence(view?.degraded));
    where.hidden = !view?.where;
    setText(where, WHERE[view?.where]?.(view.whereNote) ?? "");
    if (!view?.enabled) strip.quiet();
  });
  return element;
}

function describe(state, view, entry, free) {
  const [kind, text] = stateOf(view, entry, free);
  state.replaceChildren(h(`span.chip${kind && `.${kind}`}`, text));
}

function stateOf(view, entry, free) {
  if (free) return ["", t("Locked")];
  if (view?.degraded) return ["bad", t("Not working")];
  if (!store.setting(entry.key)) return ["", t("Off")];
  if (entry.needs && !store.setting(entry.needs)) return ["warn", t("Waits for the microphone to be switched on")];
  if (view?.active) return ["warn", t("Detecting now")];
  return view?.enabled ? ["good", t("Watching")] : ["", t("Starting")];
}
