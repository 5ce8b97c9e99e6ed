/** Rows of the lists, and one event in full. */

import { facts, h, icon } from "../dom.js";
import { dateAndTime, timeOfDay } from "../format.js";
import { openDialog } from "../notice.js";
import { eventKind, eventWords, systemWords } from "../words.js";

export const ROW_HEIGHT = 72;
export const SYSTEM_ROW_HEIGHT = 76;

const SHOWN_ELSEWHERE = new Set(["type", "timestamp", "text", "thumbnail", "id"]);

export function eventRow(event) {
  const kind = eventKind(event.type);
  const what = h("span.what", h("b", kind.title), h("span", eventWords(event)));
  const button = h("button", { type: "button", onclick: () => openEvent(event) }, thumbnail(event, kind), what, when(event));
  button.style.setProperty("--kind", `var(${kind.color})`);
  return h("li.event-row", { "data-event": event.eventId }, button);
}

export function systemRow(event) {
  const kind = eventKind(event.type);
  const words = systemWords(event);
  const what = h("span.what", h("b", { title: words }, words));
  const button = h("button", { type: "button", onclick: () => openEvent(event) }, icon(kind.icon), what, when(event));
  button.style.setProperty("--kind", `var(${kind.color})`);
  return h("li.event-row.system", button);
}

function when(event) {
  return h("time", { datetime: new Date(event.timestamp).toISOString() }, timeOfDay(event.timestamp));
}

/** Only where the server says that there is one: a picture that is asked for in vain is an error in the log. */
function thumbnail(event, kind) {
  if (!event.thumbnail) return h("span.thumb", icon(kind.icon));
  const picture = h("img", { src: `events/${event.eventId}/thumbnail`, alt: "", decoding: "async" });
  return h("span.thumb.seen", picture, icon(kind.icon));
}

export function openEvent(event) {
  const system = event.type.startsWith("SYSTEM");
  const list = facts();
  const rows = { Time: dateAndTime(event.timestamp) };
  for (const [key, value] of Object.entries(event)) {
    if (!SHOWN_ELSEWHERE.has(key) && value !== null) rows[label(key)] = typeof value === "object" ? JSON.stringify(value) : value;
  }
  list.show(rows);
  const picture = event.thumbnail ? h("img", { src: `events/${event.eventId}/thumbnail`, alt: `${eventKind(event.type).title} at ${timeOfDay(event.timestamp)}` }) : null;
  const text = system ? h("p", systemWords(event)) : null;
  return openDialog(eventKind(event.type).title, h("div.stack", picture, text, list), [["Close", "", "primary"]]);
}

/** "changedPercent" → "Changed percent" */
function label(key) {
  const words = key.replaceAll(/([A-Z])/g, " $1").toLowerCase();
  return words[0].toUpperCase() + words.slice(1);
}
