/** A button per event type: its count, its day as a sparkline. What is tapped is shown alone; with none tapped, all is shown. */

import { h, icon, setText } from "../dom.js";
import { number } from "../format.js";
import { t } from "../lang.js";
import * as theme from "../theme.js";
import { eventKind } from "../labels.js";
import { paintable, sparkline } from "./canvas.js";
import { BUCKET_MS } from "./history.js";

export function typeFilters(history, onToggle) {
  let buttons = new Map();
  const element = h("div.filters", { role: "group", "aria-label": t("Types of events") });
  element.update = () => {
    const types = history.types;
    if (String(types) !== String([...buttons.keys()])) {
      buttons = new Map(types.map((type) => [type, buttons.get(type) ?? filterButton(type, eventKind(type), history, onToggle)]));
      element.replaceChildren(...buttons.values());
    }
    for (const button of buttons.values()) button.update();
  };
  element.update();
  return element;
}

function filterButton(type, kind, history, onToggle) {
  const count = h("b", "0");
  const canvas = h("canvas", { "aria-hidden": "true" });
  const button = h("button", { type: "button", "data-type": type, onclick: () => toggle() }, icon(kind.icon), kind.title, count, canvas);
  button.style.setProperty("--kind", `var(${kind.color})`);
  const paint = paintable(canvas, (context, w, h) => sparkline(context, w, h, perBucket(history, type), theme.color(kind.color)));
  const toggle = () => {
    if (!history.chosen.delete(type)) history.chosen.add(type);
    onToggle();
  };
  button.update = () => {
    setText(count, number(history.counts[type] ?? 0));
    button.setAttribute("aria-pressed", String(history.chosen.has(type)));
    paint();
  };
  return button;
}

function perBucket(history, type) {
  const count = Math.ceil((history.end - history.start) / BUCKET_MS);
  const first = Math.floor(history.start / BUCKET_MS);
  return Array.from({ length: count }, (_, index) => history.buckets.get((first + index) * BUCKET_MS)?.[type] ?? 0);
}
