/** Numbers and times for people, in the language of the browser. */

const clockFormat = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const shortFormat = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const fullFormat = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const dayFormat = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const dateFormat = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });

export const timeOfDay = (ms) => clockFormat.format(ms);
export const hourMinute = (ms) => shortFormat.format(ms);
export const dateAndTime = (ms) => fullFormat.format(ms);
export const longDay = (ms) => dayFormat.format(ms);
export const shortDate = (ms) => dateFormat.format(ms);

/** 90061 s: "1 d 1 h" */
export function duration(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min`;
  if (s < 86_400) return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
  return `${Math.floor(s / 86_400)} d ${Math.floor((s % 86_400) / 3600)} h`;
}

/** "just now", "12 s ago", "5 min ago" */
export function ago(ms, now = Date.now()) {
  const seconds = (now - ms) / 1000;
  return seconds < 3 ? "just now" : `${duration(seconds)} ago`;
}

/** 1024-based, one decimal, as the server's own sizes. */
export function bytes(count) {
  if (count === null || count === undefined) return "–";
  const units = ["B", "KB", "MB", "GB", "TB"];
  let index = 0;
  let value = count;
  while (value >= 1024 && index < units.length - 1) {
    value /= 1024;
    index += 1;
  }
  return `${index === 0 ? value : value.toFixed(1)} ${units[index]}`;
}

export function kilobits(kbps) {
  if (!Number.isFinite(kbps)) return "–";
  return kbps >= 1000 ? `${(kbps / 1000).toFixed(1)} Mbit/s` : `${Math.round(kbps)} kbit/s`;
}

/** −35 dB, with a real minus */
export function decibels(value, digits = 0) {
  return `${value.toFixed(digits).replace("-", "−")} dB`;
}

export function fixed(value, digits = 0, unit = "") {
  return Number.isFinite(value) ? `${value.toFixed(digits)}${unit && ` ${unit}`}` : "–";
}

/** Midnight, local time, of the day that holds `ms`. */
export function startOfDay(ms) {
  const date = new Date(ms);
  date.setHours(0, 0, 0, 0);
  return date.getTime();
}

/** Midnight `days` later (or earlier), right on days with a clock change too. */
export function addDays(ms, days) {
  const date = new Date(ms);
  date.setDate(date.getDate() + days);
  return startOfDay(date.getTime());
}

/** 2026-03-01, as <input type=date> wants it */
export function isoDay(ms) {
  const date = new Date(ms);
  const two = (value) => String(value).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** A fingerprint as browsers show it. */
export function pairs(hex) {
  return (hex?.match(/../g) ?? []).join(":").toUpperCase() || "–";
}

/** A reason of the server, which may stand in the middle of a sentence of others, as a sentence of its own. */
export function sentence(text) {
  if (!text) return "";
  const begun = text[0].toUpperCase() + text.slice(1);
  return /[.!?…]$/.test(begun) ? begun : `${begun}.`;
}

/** A position in a clip: 83456 → "1:23.4" */
export function clipTime(ms) {
  const tenths = Math.floor(Math.max(0, ms) / 100);
  const seconds = String(Math.floor(tenths / 10) % 60).padStart(2, "0");
  return `${Math.floor(tenths / 600)}:${seconds}.${tenths % 10}`;
}
