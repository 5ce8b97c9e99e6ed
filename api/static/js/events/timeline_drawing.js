/** How the time line looks. All sizes in CSS pixels. */

import { hourMinute } from "../format.js";
import * as theme from "../theme.js";
import { eventKind } from "../labels.js";
import { BUCKET_MS } from "./history.js";

export const AXIS = 18;
export const GUTTER = 84; // left of the lanes, for their names
const LABEL_PX = 76;
const STEPS_MS = [60, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600].map((seconds) => seconds * 1000);
const FONT = "11px system-ui, sans-serif";

/** The day as stacked bars, the window of the detail bright in it. */
export function drawOverview(context, w, h, line) {
  const { start, end, buckets } = line.history;
  const x = (time) => ((time - start) / (end - start)) * w;
  const types = line.types;
  const totals = [...buckets.values()].map((counts) => types.reduce((sum, type) => sum + (counts[type] ?? 0), 0));
  const most = Math.max(4, ...totals);
  context.fillStyle = theme.color("--sunken");
  context.fillRect(0, 0, w, h);
  context.fillStyle = theme.color("--accent-soft");
  context.fillRect(x(line.from), 0, Math.max(3, x(line.to) - x(line.from)), h);
  const wide = Math.max(1.5, (BUCKET_MS / (end - start)) * w - 1);
  for (const [time, counts] of buckets) bar(context, x(time), wide, h, counts, types, most);
  axis(context, w, h, start, end, x, h - 3);
  context.strokeStyle = theme.color("--accent");
  context.lineWidth = 1.5;
  context.strokeRect(x(line.from) + 0.75, 0.75, Math.max(3, x(line.to) - x(line.from) - 1.5), h - 1.5);
  video(context, x, h - AXIS - 1, line.history.clips, start, end);
  now(context, x, h, start, end);
}

/** A thin line where there is video. */
function video(context, x, y, clips, from, to) {
  context.fillStyle = theme.color("--accent");
  for (const clip of clips) {
    if (clip.end < from || clip.start > to) continue;
    const left = x(Math.max(from, clip.start));
    context.fillRect(left, y, Math.max(2, x(Math.min(to, clip.end)) - left), 3);
  }
}

function bar(context, left, wide, h, counts, types, most) {
  let bottom = h - AXIS + 2;
  const total = types.reduce((sum, type) => sum + (counts[type] ?? 0), 0);
  const whole = Math.max(3, Math.sqrt(total / most) * (h - AXIS - 4)); // the root keeps quiet hours visible
  for (const type of types) {
    if (!counts[type]) continue;
    const tall = (counts[type] / total) * whole;
    context.fillStyle = theme.color(eventKind(type).color);
    context.fillRect(left, bottom - tall, wide, tall);
    bottom -= tall;
  }
}

/** A lane per type, a mark per event; marks that fall on the same pixel are drawn once. */
export function drawDetail(context, w, h, line) {
  const { events } = line.history;
  const types = line.types;
  const x = (time) => GUTTER + ((time - line.from) / (line.to - line.from)) * (w - GUTTER);
  const tall = (h - AXIS) / Math.max(1, types.length);
  const middle = (type) => AXIS + tall * (types.indexOf(type) + 0.5);
  lanes(context, w, types, tall);
  axis(context, w, h, line.from, line.to, x, 12, GUTTER);
  const colors = Object.fromEntries(types.map((type) => [type, theme.color(eventKind(type).color)]));
  const drawn = {};
  for (let i = firstAfter(events, line.from); i < events.length && events[i].timestamp <= line.to; i += 1) {
    const { type, timestamp } = events[i];
    const left = Math.round(x(timestamp));
    if (!colors[type] || drawn[type] === left) continue;
    drawn[type] = left;
    mark(context, left, middle(type), Math.min(22, tall - 6), colors[type]);
  }
  video(context, x, AXIS - 4, line.history.clips, line.from, line.to);
  if (line.hover && colors[line.hover.type]) ring(context, x(line.hover.timestamp), middle(line.hover.type));
  now(context, x, h, line.from, line.to);
}

function lanes(context, w, types, tall) {
  context.font = FONT;
  types.forEach((type, index) => {
    const top = AXIS + tall * index;
    context.fillStyle = index % 2 ? "transparent" : theme.color("--sunken");
    context.fillRect(0, top, w, tall);
    context.fillStyle = theme.color("--muted");
    context.fillText(eventKind(type).title, 9, top + tall / 2 + 4);
  });
}

function mark(context, x, y, tall, color) {
  context.fillStyle = color;
  context.beginPath();
  context.roundRect(x - 1.5, y - tall / 2, 3.5, tall, 1.5);
  context.fill();
}

function ring(context, x, y) {
  context.strokeStyle = theme.color("--text");
  context.lineWidth = 1.5;
  context.beginPath();
  context.arc(x, y, 8, 0, Math.PI * 2);
  context.stroke();
}

function axis(context, w, h, from, to, x, baseline, left = 0) {
  const step = STEPS_MS.find((ms) => (ms / (to - from)) * (w - left) >= LABEL_PX) ?? STEPS_MS.at(-1);
  const zone = new Date(from).getTimezoneOffset() * 60_000;
  context.font = FONT;
  context.textAlign = "center";
  for (let time = Math.ceil((from - zone) / step) * step + zone; time < to; time += step) {
    if (x(time) < left + 24 || x(time) > w - 24) continue;
    context.fillStyle = theme.color("--line");
    context.fillRect(x(time), baseline < h / 2 ? AXIS : 0, 1, h - AXIS);
    context.fillStyle = theme.color("--muted");
    context.fillText(hourMinute(time), x(time), baseline);
  }
  context.textAlign = "start";
}

function now(context, x, h, from, to) {
  const time = Date.now();
  if (time < from || time > to) return;
  context.fillStyle = theme.color("--bad");
  context.fillRect(x(time), 0, 1.5, h);
}

/** Binary search: index of the first event at or after `time`. */
export function firstAfter(events, time) {
  let [low, high] = [0, events.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (events[middle].timestamp < time) low = middle + 1;
    else high = middle;
  }
  return low;
}
