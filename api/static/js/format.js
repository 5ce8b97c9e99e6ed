/** Numbers, units, times and dates for people, as the page's language writes them. */

import { locale, t, told } from "./lang.js";

const clockFormat = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const shortFormat = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit" });
const fullFormat = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "medium" });
const dayFormat = new Intl.DateTimeFormat(locale, { weekday: "long", day: "numeric", month: "long" });
const dateFormat = new Intl.DateTimeFormat(locale, { dateStyle: "medium" });
const weekdayFormat = new Intl.DateTimeFormat(locale, { weekday: "short", timeZone: "UTC" });
const numberFormat = new Intl.NumberFormat(locale);
const relativeFormat = new Intl.RelativeTimeFormat(locale, { style: "short" });

export const timeOfDay = (ms) => clockFormat.format(ms);
export const hourMinute = (ms) => shortFormat.format(ms);
export const dateAndTime = (ms) => fullFormat.format(ms);
export const longDay = (ms) => dayFormat.format(ms);
export const shortDate = (ms) => dateFormat.format(ms);

export const number = (value) => numberFormat.format(value);

/** 0: Monday */
export const weekday = (index) => weekdayFormat.format(Date.UTC(2024, 0, 1 + index));

/** Units that have a name in every language; all others are written behind the number as they are. */
const UNITS = { "%": "percent", "°C": "celsius", ms: "millisecond", s: "second", min: "minute", h: "hour", d: "day", days: "day", B: "byte", kB: "kilobyte", MB: "megabyte", GB: "gigabyte", TB: "terabyte" };
const formats = new Map();

/** −35 dB, 60%: the number with its unit, with a real minus. */
export function quantity(value, unit = "", digits = 0) {
  const key = `${digits} ${unit}`;
  if (!formats.has(key)) {
    const style = UNITS[unit] ? { style: "unit", unit: UNITS[unit], unitDisplay: UNITS[unit] === "day" ? "long" : "short" } : {};
    formats.set(key, new Intl.NumberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits, ...style }));
  }
  const text = formats.get(key).format(value).replace("-", "−");
  if (unit === "" || UNITS[unit]) return text;
  return unit === "°" ? `${text}°` : `${text}\u00a0${told(unit)}`;
}

/** "–" for what is no number. */
export function fixed(value, digits = 0, unit = "") {
  return Number.isFinite(value) ? quantity(value, unit, digits) : "–";
}

const STEPS = [["d", 86_400], ["h", 3600], ["min", 60], ["s", 1]];

/** 90061 s: "1 day 1 hr". The second unit is left out below an hour, and where there is none of it. */
export function duration(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const found = STEPS.findIndex(([, length]) => whole >= length);
  const at = found < 0 ? STEPS.length - 1 : found;
  const [unit, length] = STEPS[at];
  const parts = [quantity(Math.floor(whole / length), unit)];
  if (length >= 3600) parts.push(quantity(Math.floor((whole % length) / STEPS[at + 1][1]), STEPS[at + 1][0]));
  return parts.join(" ");
}

const RELATIVE = { d: "day", h: "hour", min: "minute", s: "second" };

/** "just now", "12 sec. ago", "5 min. ago" */
export function ago(ms, now = Date.now()) {
  const seconds = Math.floor((now - ms) / 1000);
  if (seconds < 3) return t("just now");
  const [unit, length] = STEPS.find(([, length]) => seconds >= length);
  return relativeFormat.format(-Math.floor(seconds / length), RELATIVE[unit]);
}

/** 1024-based, one decimal, as the server's own sizes. */
export function bytes(count) {
  if (count === null || count === undefined) return "–";
  const units = ["B", "kB", "MB", "GB", "TB"];
  let index = 0;
  let value = count;
  while (value >= 1024 && index < units.length - 1) {
    value /= 1024;
    index += 1;
  }
  return quantity(value, units[index], index === 0 ? 0 : 1);
}

/** A size as the server writes it: "2.5 MB". */
export function storedSize(text) {
  const [number, unit] = text.split(" ");
  return quantity(Number(number), unit === "KB" ? "kB" : unit, 1);
}

export function kilobits(kbps) {
  if (!Number.isFinite(kbps)) return "–";
  return kbps >= 1000 ? quantity(kbps / 1000, "Mbit/s", 1) : quantity(kbps, "kbit/s");
}

export const decibels = (value, digits = 0) => quantity(value, "dB", digits);

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
  const said = told(text);
  const begun = said[0].toUpperCase() + said.slice(1);
  return /[.!?…]$/.test(begun) ? begun : `${begun}.`;
}

/** A position in a clip: 83456 → "1:23.4" */
export function clipTime(ms) {
  const tenths = Math.floor(Math.max(0, ms) / 100);
  const seconds = (tenths % 600) / 10;
  return `${Math.floor(tenths / 600)}:${seconds < 10 ? "0" : ""}${quantity(seconds, "", 1)}`;
}
