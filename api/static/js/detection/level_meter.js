/** The live meter: the last minute of a detector's value with its threshold drawn on it. */

import { h, setText } from "../dom.js";
import { quantity } from "../format.js";
import { t, told } from "../lang.js";
import * as theme from "../theme.js";

const SPAN_MS = 60_000;
const MOST_SAMPLES = 400;
const NUDGE = 0.04;

const UNITS = { confidence: "%" };

/** How a value becomes a height from 0 to 1: decibels and certainty evenly, motion by its logarithm. */
const SCALES = {
  dB: (value) => (value + 80) / 80,
  motion: (value) => Math.log1p(Math.max(0, value) / 0.1) / Math.log1p(40 / 0.1),
  "%": (value) => value / 100,
};

export function meterStrip(key) {
  const canvas = h("canvas", { role: "img", "aria-label": t("Value over the last minute and its threshold") });
  const reading = h("span.reading", "");
  const note = h("span.note", "");
  const element = h("div.strip", { hidden: true }, canvas, reading, note);
  const samples = [];
  let last = null;

  element.take = (message) => {
    const now = performance.now();
    samples.push({ at: now, value: message.value, over: message.value >= message.threshold });
    while (samples.length > MOST_SAMPLES || now - samples[0].at > SPAN_MS) samples.shift();
    last = message;
    element.hidden = false;
    const unit = UNITS[message.unit] ?? message.unit;
    setText(reading, `${inUnit(message.value, unit)} / ${inUnit(message.threshold, unit)}`);
    reading.classList.toggle("over", message.value >= message.threshold);
    setText(note, told(message.note) ?? "");
    if (canvas.offsetParent !== null && !document.hidden) draw(canvas, samples, message, key, now);
  };
  element.quiet = () => {
    element.hidden = true;
    samples.length = 0;
  };
  theme.onChange(() => last && !element.hidden && draw(canvas, samples, last, key, performance.now()));
  return element;
}

function inUnit(value, unit) {
  return quantity(value, unit, Math.abs(value) < 10 ? 1 : 0);
}

function heightOf(key, unit) {
  const scale = SCALES[key] ?? (unit.startsWith("dB") ? SCALES.dB : SCALES["%"]);
  return (value) => Math.min(1, Math.max(0, scale(value)));
}

function draw(canvas, samples, { threshold, unit }, key, now) {
  const ratio = window.devicePixelRatio || 1;
  const [w, h] = [canvas.clientWidth, canvas.clientHeight];
  if (canvas.width !== Math.round(w * ratio)) Object.assign(canvas, { width: Math.round(w * ratio), height: Math.round(h * ratio) });
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, w, h);
  const height = heightOf(key, unit);
  const y = (value) => h - 6 - height(value) * (h - 34);
  const x = (at) => w * (1 - (now - at) / SPAN_MS);
  area(context, samples, x, y, h);
  const line = y(threshold);
  context.strokeStyle = theme.color("--warn");
  context.setLineDash([5, 4]);
  context.beginPath();
  context.moveTo(0, line);
  context.lineTo(w, line);
  context.stroke();
  context.setLineDash([]);
}

function area(context, samples, x, y, bottom) {
  if (samples.length < 2) return;
  context.beginPath();
  samples.forEach((sample, index) => (index ? context.lineTo(x(sample.at), y(sample.value)) : context.moveTo(x(sample.at), y(sample.value))));
  context.strokeStyle = theme.color("--accent");
  context.lineWidth = 1.6;
  context.stroke();
  context.lineTo(x(samples.at(-1).at), bottom);
  context.lineTo(x(samples[0].at), bottom);
  context.closePath();
  context.globalAlpha = 0.16;
  context.fillStyle = theme.color("--accent");
  context.fill();
  context.globalAlpha = 1;
  context.fillStyle = theme.color("--warn");
  for (const sample of samples) if (sample.over) context.fillRect(x(sample.at) - 1, y(sample.value) - 1, 2.5, bottom * NUDGE);
}
