/** The last few events of this visit, below the picture: a click leads to the history. */

import { h, icon } from "../dom.js";
import { timeOfDay } from "../format.js";
import { onEvent } from "../events/feed.js";
import { t } from "../lang.js";
import * as router from "../router.js";
import { eventKind } from "../labels.js";

const MOST = 8;

export function recentEvents() {
  const list = h("ul.recent", { "aria-label": t("Latest events") });
  onEvent((event) => {
    if (event.eventType === "disappeared") return;
    const kind = eventKind(event.type);
    const drawing = icon(kind.icon);
    drawing.style.color = `var(${kind.color})`;
    const button = h("button", { type: "button", onclick: () => router.go("events", String(event.eventId)) }, drawing, kind.title, h("span.muted.number", timeOfDay(event.timestamp)));
    list.prepend(h("li", button));
    while (list.children.length > MOST) list.lastChild.remove();
  });
  return list;
}
