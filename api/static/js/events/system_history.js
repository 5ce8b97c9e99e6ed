/** The server's own history: what was restarted, lost, found again, slowed down — and why. */

import { getJson } from "../http.js";
import { card, h } from "../dom.js";
import { t } from "../lang.js";
import * as socket from "../socket.js";
import { SYSTEM_ROW_HEIGHT, systemRow } from "./rows.js";
import { VirtualList } from "./virtual_list.js";

const MOST = 1000;
const SETTLE_MS = 1200;

export function whyCard(history) {
  const list = new VirtualList(t("The server's own events"), SYSTEM_ROW_HEIGHT, systemRow);
  const empty = h("p.empty", t("Nothing went wrong on this day."));
  const element = card(t("Why?"), "why", h("p.muted.small", t("What the server did by itself, in plain words.")), list.element, empty);
  element.classList.add("why");
  let timer = 0;

  element.load = async () => {
    const page = await getJson(`events?type=SYSTEM&system=1&since=${Math.max(1, history.start)}&until=${history.end - 1}&limit=${MOST}`).catch(() => ({ events: [] }));
    const events = page.events.filter((event) => event.type.startsWith("SYSTEM")).reverse();
    list.element.hidden = events.length === 0;
    empty.hidden = events.length > 0;
    list.show(events);
  };
  socket.on("actor_event", () => {
    clearTimeout(timer);
    timer = setTimeout(() => history.isToday && !element.closest("[hidden]") && element.load(), SETTLE_MS);
  });
  return element;
}
