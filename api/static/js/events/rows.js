/** Rows of the lists. */

import { h, icon } from "../dom.js";
import { timeOfDay } from "../format.js";
import { eventKind, eventWords, systemWords } from "../labels.js";
import { openEvent } from "./event_dialog.js";

export const ROW_HEIGHT = 72;
export const SYSTEM_ROW_HEIGHT = 76;

/** `around()`: the events between which the dialog leads on, ascending. */
export function eventRow(event, around) {
  const kind = eventKind(event.type);
  const what = h("span.what", h("b", kind.title), h("span", eventWords(event)));
  const button = h("button", { type: "button", onclick: () => openEvent(event, around) }, thumbnail(event, kind), what, when(event));
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
