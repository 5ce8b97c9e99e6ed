/** The history: a day as a time line and as a list, the server's own events, and what can be done with it all. */

import { getJson } from "../http.js";
import { card, h } from "../dom.js";
import { dayPicker } from "../events/day_picker.js";
import { openEvent } from "../events/event_dialog.js";
import { onEvent } from "../events/feed.js";
import { typeFilters } from "../events/filters.js";
import { History } from "../events/history.js";
import { openRecording } from "../events/recording_dialog.js";
import { ROW_HEIGHT, eventRow } from "../events/rows.js";
import { storageCard } from "../events/storage.js";
import { Timeline } from "../events/timeline.js";
import { VirtualList } from "../events/virtual_list.js";
import { whyCard } from "../events/system_history.js";
import { longDay, startOfDay } from "../format.js";
import { plural, t } from "../lang.js";
import { lockedBox } from "../pro_lock.js";
import * as socket from "../socket.js";
import * as store from "../store.js";

const DAY_MS = 86_400_000;

export function buildEvents(host) {
  const history = new History((reason) => update(reason));
  const pick = (day) => load(day);
  const picker = dayPicker(history, pick);
  const lead = h("p.lead");
  const filters = typeFilters(history, () => update("filtered"));
  const timeline = new Timeline(history, (event) => reveal(event), (time, clip) => openRecording(clip, time, (moment) => history.clipAt(moment)));
  const list = new VirtualList(t("Events"), ROW_HEIGHT, (event) => eventRow(event, () => history.visible()));
  const empty = h("p.empty");
  const why = whyCard(history);
  const storage = storageCard(() => load(history.day));
  const locked = h("div", { hidden: true }, card(t("Events"), "events", lockedBox("event_history")));
  const listCard = card(t("Events of the day"), "events", list.element, empty);
  const content = h("div", filters, timeline.element, h("div.history", listCard, h("aside.stack", { "aria-label": t("History") }, why, storage)));
  host.append(h("div.page-head", h("h2", t("Events")), picker, lead), locked, content);
  let visible = false;
  let wanted = "";

  async function load(day) {
    history.day = day;
    if (store.get("license") === undefined) return; // it comes with the snapshot, and then this is called again
    const free = !store.isPro();
    locked.hidden = !free;
    content.hidden = picker.hidden = free;
    if (free) return;
    await Promise.all([history.load(day), why.load(), storage.load(), loadRange()]);
    timeline.reset();
    revealWanted();
  }

  async function loadRange() {
    const range = await getJson("events/range").catch(() => null);
    picker.setOldest(range?.minTimestamp);
  }

  function update(reason) {
    if (!visible) return;
    const events = history.visible();
    const shown = history.chosen.size && t("{n} shown", { n: events.length });
    lead.textContent = [longDay(history.day), plural(total(), "{n} event", "{n} events"), shown].filter(Boolean).join(" · ");
    picker.update();
    filters.update();
    timeline.update();
    list.show([...events].reverse(), reason === "added");
    empty.hidden = events.length > 0;
    list.element.hidden = events.length === 0;
    empty.textContent = history.problem ? history.problem.message : history.chosen.size ? t("Nothing of the chosen types.") : t("No events on this day.");
  }

  const total = () => Object.values(history.counts).reduce((sum, count) => sum + count, 0);

  function reveal(event) {
    const index = list.items.indexOf(event);
    if (index >= 0) list.scrollTo(index);
    openEvent(event, () => history.visible());
  }

  /** `argument`: the number of an event; and when it was, if that is not today: "1412-1770156641250". */
  async function shown(argument) {
    visible = true;
    const [number, moment] = (argument ?? "").split("-");
    wanted = number;
    await load(startOfDay(Number(moment) || Date.now()));
  }

  /** Once the day is there, which may be only when the licence is known. */
  function revealWanted() {
    const event = wanted && history.events.find((one) => String(one.eventId) === wanted);
    wanted = "";
    if (event) reveal(event);
  }

  onEvent((event) => {
    if (event.eventType === "disappeared") return;
    const midnightPassed = event.timestamp >= history.end && startOfDay(event.timestamp - DAY_MS / 2) === history.day;
    if (midnightPassed && visible) load(startOfDay(event.timestamp));
    else history.add(event);
  });
  socket.on("clip_ready", (clip) => history.addClip(clip));
  socket.on("state", (state) => state === "ready" && visible && load(history.day));
  store.watch("license", () => visible && load(history.day));
  return { shown, hidden: () => (visible = false) };
}
