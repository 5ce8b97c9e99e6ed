/** One event in full: its clip in a player, else its picture; what is known of it; the ones before and after it. */

import { deleteJson, getJson, postJson } from "../http.js";
import { facts, h, iconButton, squareButton } from "../dom.js";
import { dateAndTime, decibels, number, quantity, timeOfDay } from "../format.js";
import { t, told } from "../lang.js";
import { confirmed, notice } from "../notices.js";
import { isViewer } from "../session.js";
import { change } from "../settings/change.js";
import * as store from "../store.js";
import { eventKind, systemWords } from "../labels.js";
import { clipActions, clipPlayer } from "./clip_player.js";

const SHOWN_ELSEWHERE = new Set(["type", "timestamp", "text", "thumbnail", "id", "clipId", "clipGone"]);
const FIELDS = {
  eventId: t("Event number"),
  changedPercent: t("Changed part of the picture"),
  width: t("Width"),
  height: t("Height"),
  db: t("Sound level"),
  rms: t("Effective value"),
  className: t("Recognised as"),
  objectClass: t("Recognised as"),
  confidence: t("Confidence"),
  eventType: t("What happened"),
  zones: t("Zones"),
  durationMs: t("Duration"),
  endTimestamp: t("Ended"),
  actor: t("Part"),
};
/** The values that need more than their number. */
const VALUES = {
  changedPercent: (value) => quantity(value, "%", 1),
  confidence: (value) => quantity(value, "%"),
  db: (value) => decibels(value, 1),
  durationMs: (value) => quantity(value / 1000, "s", 1),
  endTimestamp: dateAndTime,
  zones: (value) => value.join(", "),
};

/** `around()`: the events that "previous" and "next" lead to, ascending by time. Resolves when the dialog is closed. */
export function openEvent(event, around = () => [event]) {
  const title = h("h2");
  const body = h("div.stack");
  const before = squareButton("left", t("Previous event"), () => move(-1), ".small");
  const after = squareButton("right", t("Next event"), () => move(1), ".small");
  const close = squareButton("close", t("Close"), () => dialog.close(), ".small.quiet");
  const dialog = h("dialog.event", { onkeydown: onKey, tabindex: -1 }, h("header.row", title, before, after, close), body);
  let player = null;
  let shown = event;
  document.body.append(dialog);
  dialog.showModal();
  show(event);

  function move(by) {
    const events = around();
    const next = events[events.findIndex((one) => one.eventId === shown.eventId) + by];
    if (next) show(next);
  }

  function onKey(pressed) {
    if (pressed.key === "PageUp") move(-1);
    else if (pressed.key === "PageDown") move(1);
    else if (!player || pressed.target !== dialog || player.dispatchEvent(new KeyboardEvent("keydown", pressed))) return;
    pressed.preventDefault();
  }

  async function show(next) {
    shown = next;
    player?.stop();
    player = null;
    const events = around();
    const index = events.findIndex((one) => one.eventId === next.eventId);
    before.disabled = index <= 0;
    after.disabled = index < 0 || index >= events.length - 1;
    dialog.focus(); // a button would take the keys away
    title.textContent = `${eventKind(next.type).title} · ${timeOfDay(next.timestamp)}`;
    dialog.setAttribute("aria-label", title.textContent);
    body.replaceChildren(picture(next), details(next));
    const clip = await clipOf(next);
    if (shown !== next || !dialog.open) return;
    if (!clip) return body.insertBefore(without(next), body.lastChild);
    player = clipPlayer(clip);
    const link = new URL(`#events/${next.eventId}-${next.timestamp}`, location.href).href;
    const actions = clipActions(clip, { confirmed, postJson, deleteJson, link, onDeleted: () => { next.clipId = null; next.clipGone = true; show(next); } });
    body.replaceChildren(player, actions, details(next));
    player.start();
  }

  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      player?.stop();
      dialog.remove();
      resolve();
    });
  });
}

/** Null where there is none, or none yet. */
async function clipOf(event) {
  if (event.type.startsWith("SYSTEM")) return null;
  try {
    if (!event.clipId) event.clipId = (await getJson(`events/${event.eventId}`)).clipId;
    return event.clipId ? await getJson(`clips/${event.clipId}`) : null;
  } catch {
    return null; // an older event, or one that has been deleted meanwhile: the words below say that there is no clip
  }
}

function picture(event) {
  if (!event.thumbnail) return h("div.no-picture", { hidden: true });
  return h("img", { src: `events/${event.eventId}/thumbnail`, alt: t("{event} at {time}", { event: eventKind(event.type).title, time: timeOfDay(event.timestamp) }) });
}

/** Why there is no video, and what can be done about it. */
function without(event) {
  if (event.type.startsWith("SYSTEM")) return h("p", systemWords(event));
  const lately = Date.now() - event.timestamp < 60_000;
  if (event.clipGone) return h("p.muted", t("Its clip was deleted."));
  if (store.setting("clipsEnabled")) return h("p.muted", lately ? t("Its clip is still being recorded.") : t("There is no clip of this event."));
  const line = h("p.muted", t("Clips are off, so there is only a picture."), " ");
  if (isViewer() || !store.isPro()) return line;
  const turnOn = iconButton("small", "play", t("Record clips from now on"), async () => {
    const problem = await change({ clipsEnabled: true });
    if (problem) notice(problem, "bad");
    else line.textContent = t("From the next event on there is a clip, which begins before it happens.");
  });
  return h("div.row", line, turnOn);
}

function details(event) {
  const list = facts();
  const rows = { [t("Time")]: dateAndTime(event.timestamp) };
  for (const [key, value] of Object.entries(event)) {
    if (!SHOWN_ELSEWHERE.has(key) && value !== null) rows[label(key)] = (VALUES[key] ?? valueWords)(value);
  }
  list.show(rows);
  return list;
}

function valueWords(value) {
  if (typeof value === "number") return Number.isInteger(value) ? String(value) : number(value);
  return typeof value === "object" ? JSON.stringify(value) : told(value);
}

/** "changedPercent" → "Changed percent", where no table names it. */
function label(key) {
  if (FIELDS[key]) return FIELDS[key];
  const words = key.replaceAll(/([A-Z])/g, " $1").toLowerCase();
  return words[0].toUpperCase() + words.slice(1);
}
