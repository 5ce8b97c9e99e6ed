/** The time line: the whole day above, a part of it in detail below. Wheel, drag, touch and keys move it. */

import { h, setText, squareButton } from "../dom.js";
import { hourMinute, timeOfDay } from "../format.js";
import { eventKind, eventWords } from "../labels.js";
import { t } from "../lang.js";
import { paintable } from "./canvas.js";
import { AXIS, GUTTER, drawDetail, drawOverview, firstAfter } from "./timeline_drawing.js";

const SHORTEST_MS = 120_000;
const FIRST_SPAN_MS = 3 * 3_600_000;
const NEAR_PX = 9;
const PAN = 0.2;
const STEP = 1.5;

export class Timeline {
  /** `onPick(event)`: a mark was clicked. `onVideo(time, clip)`: a place between marks where there is video. */
  constructor(history, onPick, onVideo) {
    this.history = history;
    this.onPick = onPick;
    this.onVideo = onVideo;
    this.hover = null;
    this.follow = true;
    this.overview = h("canvas.overview", { role: "img", "aria-label": t("The whole day") });
    this.detail = h("canvas.detail", { role: "img", tabindex: 0, "aria-label": t("Events in detail. Arrow keys move, plus and minus zoom, Home shows the whole day. The list below holds the same events.") });
    this.hint = h("span.hint-text");
    this.range = h("span.number");
    this.element = h("section.card.timeline", { "aria-label": t("Timeline") }, this.overview, this.detail, h("div.legend", this.zoomButtons(), this.range, this.hint));
    this.paintOverview = paintable(this.overview, (context, w, hh) => drawOverview(context, w, hh, this));
    this.paintDetail = paintable(this.detail, (context, w, hh) => drawDetail(context, w, hh, this));
    this.listen();
    this.reset();
  }

  zoomButtons() {
    const out = squareButton("zoom-out", t("Show more time"), () => this.zoom(1 / STEP), ".small.quiet");
    return h("div.row", out, squareButton("zoom-in", t("Show less time"), () => this.zoom(STEP), ".small.quiet"));
  }

  /** Shown types, in the order of the lanes. */
  get types() {
    const { chosen, types } = this.history;
    return types.filter((type) => !chosen.size || chosen.has(type));
  }

  /** A day was chosen: today ends now, another day is shown whole. */
  reset() {
    const { start, end, isToday } = this.history;
    this.follow = isToday;
    if (isToday) this.show(Date.now() - FIRST_SPAN_MS, Date.now() + FIRST_SPAN_MS / 20);
    else this.show(start, end);
  }

  update() {
    if (this.follow && this.history.isToday) {
      const span = this.to - this.from;
      const now = Date.now() + span / 20;
      if (now > this.to) return this.show(now - span, now);
    }
    this.paint();
  }

  show(from, to) {
    const { start, end } = this.history;
    const span = Math.min(end - start, Math.max(SHORTEST_MS, to - from));
    this.from = Math.min(end - span, Math.max(start, from));
    this.to = this.from + span;
    setText(this.range, `${hourMinute(this.from)} – ${hourMinute(this.to)}`);
    this.paint();
  }

  paint() {
    this.paintOverview();
    this.paintDetail();
  }

  zoom(factor, at = (this.from + this.to) / 2) {
    this.follow = false;
    this.show(at - (at - this.from) / factor, at + (this.to - at) / factor);
  }

  pan(share) {
    this.follow = false;
    const by = (this.to - this.from) * share;
    this.show(this.from + by, this.to + by);
  }

  listen() {
    this.detail.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    this.detail.addEventListener("keydown", (event) => this.key(event));
    this.detail.addEventListener("pointermove", (event) => this.point(event));
    this.detail.addEventListener("pointerleave", () => this.leave());
    this.detail.addEventListener("click", (event) => !this.moved && this.click(event));
    this.drag(this.detail, (dx, width) => this.pan(-dx / width));
    this.drag(this.overview, (dx, width) => {
      const { start, end } = this.history;
      const by = (dx / width) * (end - start);
      this.follow = false;
      this.show(this.from + by, this.to + by);
    });
    this.overview.addEventListener("pointerdown", (event) => this.jump(event));
  }

  drag(canvas, move) {
    let last = null;
    canvas.addEventListener("pointerdown", (event) => {
      last = event.clientX;
      this.moved = false;
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (last === null || Math.abs(event.clientX - last) < 2) return;
      this.moved = true;
      move(event.clientX - last, canvas.clientWidth);
      last = event.clientX;
    });
    for (const type of ["pointerup", "pointercancel"]) canvas.addEventListener(type, () => (last = null));
  }

  /** A press outside the window brings the window there. */
  jump(event) {
    const { start, end } = this.history;
    const at = start + (event.offsetX / this.overview.clientWidth) * (end - start);
    if (at >= this.from && at <= this.to) return;
    const half = (this.to - this.from) / 2;
    this.follow = false;
    this.show(at - half, at + half);
  }

  wheel(event) {
    event.preventDefault();
    if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) return this.pan(event.deltaX / this.detail.clientWidth);
    this.zoom(Math.exp(-event.deltaY * 0.0016), this.timeAt(event));
  }

  key(event) {
    const actions = {
      ArrowLeft: () => this.pan(-PAN),
      ArrowRight: () => this.pan(PAN),
      "+": () => this.zoom(STEP),
      "=": () => this.zoom(STEP),
      "-": () => this.zoom(1 / STEP),
      Home: () => this.show(this.history.start, this.history.end),
      End: () => this.reset(),
    };
    if (!actions[event.key]) return;
    event.preventDefault();
    actions[event.key]();
  }

  timeAt(event) {
    return this.from + ((event.offsetX - GUTTER) / (this.detail.clientWidth - GUTTER)) * (this.to - this.from);
  }

  click(event) {
    if (this.hover) return this.onPick(this.hover);
    const time = this.timeAt(event);
    const clip = this.history.clipAt(time);
    if (clip) this.onVideo(time, clip);
  }

  /** The event nearest to the pointer, if it is near. */
  point(event) {
    if (event.buttons) return;
    const lanes = this.types;
    const lane = lanes[Math.floor(((event.offsetY - AXIS) / (this.detail.clientHeight - AXIS)) * lanes.length)];
    const near = (NEAR_PX / (this.detail.clientWidth - GUTTER)) * (this.to - this.from);
    this.hover = nearest(this.history.events, this.timeAt(event), near, lane);
    const video = this.history.clipAt(this.timeAt(event));
    this.detail.style.cursor = this.hover || video ? "pointer" : "crosshair";
    setText(this.hint, this.hover ? `${timeOfDay(this.hover.timestamp)} · ${eventKind(this.hover.type).title} · ${eventWords(this.hover)}` : video ? `${timeOfDay(this.timeAt(event))} · ${t("Play the video from here")}` : "");
    this.paintDetail();
  }

  leave() {
    this.hover = null;
    setText(this.hint, "");
    this.paintDetail();
  }
}

function nearest(events, at, near, type) {
  let best = null;
  for (let i = firstAfter(events, at - near); i < events.length && events[i].timestamp <= at + near; i += 1) {
    if (events[i].type !== type) continue;
    if (!best || Math.abs(events[i].timestamp - at) < Math.abs(best.timestamp - at)) best = events[i];
  }
  return best;
}
