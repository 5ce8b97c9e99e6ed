/** The events of one day: loaded from the server, continued by the socket, bounded. */

import { getJson } from "../http.js";
import { addDays, startOfDay } from "../format.js";
import { EVENT_TYPES, isSystem } from "../labels.js";

const MOST_EVENTS = 10_000;
const PICTURES_AFTER_MS = 2500; // a thumbnail is there a little later than its event
const NEWEST = 100;
const MOST_CLIPS = 500; // as many as the server gives at once
export const BUCKET_MS = 900_000;

/** All of a span, ascending: a day of continuous recording has 1440, and more than one answer. */
async function clipsOf(since, until, type = "") {
  const found = [];
  for (;;) {
    const { clips } = await getJson(`clips?since=${Math.max(1, since)}&until=${until}&limit=${MOST_CLIPS}${type}`);
    found.unshift(...clips);
    if (clips.length < MOST_CLIPS) return found;
    until = clips[0].start - 1;
  }
}

export class History {
  /** `onChange(reason)`: "loaded", "added" or "pictures". */
  constructor(onChange) {
    this.onChange = onChange;
    this.day = startOfDay(Date.now());
    this.chosen = new Set(); // types; none: all
    this.clear();
  }

  clear() {
    this.events = []; // ascending by time
    this.counts = {};
    this.buckets = new Map(); // start of a quarter of an hour → {type: count}
    this.problem = null;
    this.clips = []; // where there is video, ascending by time
  }

  get start() {
    return this.day;
  }

  get end() {
    return addDays(this.day, 1);
  }

  /** The six that every camera has, then what else there was on this day. */
  get types() {
    const more = Object.keys(this.counts).filter((type) => !EVENT_TYPES[type] && !isSystem(type));
    return [...Object.keys(EVENT_TYPES), ...more.sort()];
  }

  get isToday() {
    return this.day === startOfDay(Date.now());
  }

  async load(day = this.day) {
    this.day = day;
    const span = `since=${Math.max(1, this.start)}&until=${this.end - 1}`;
    this.loading = span;
    try {
      const [page, overview, clips, recordings] = await Promise.all([
        getJson(`events?${span}&limit=${MOST_EVENTS}`),
        getJson(`events?${span}&bucketMs=${BUCKET_MS}`),
        clipsOf(this.start, this.end - 1),
        clipsOf(this.start, this.end - 1, "&type=CONTINUOUS"),
      ]);
      if (this.loading !== span) return; // another day was chosen meanwhile
      this.clear();
      this.events = page.events;
      this.clips = [...clips, ...recordings].sort((a, b) => a.start - b.start);
      for (const { type, count } of page.summary) this.counts[type] = count;
      for (const { timestamp, counts } of overview.buckets) this.buckets.set(timestamp, counts);
    } catch (error) {
      if (this.loading !== span) return;
      this.clear();
      this.problem = error;
    }
    this.onChange("loaded");
  }

  /** A new event of the shown day; the same one twice counts once. */
  add(event) {
    if (event.timestamp < this.start || event.timestamp >= this.end || this.problem) return;
    const known = this.events.slice(-50).some((other) => other.eventId === event.eventId);
    if (known) return;
    this.events.push(event);
    if (this.events.length > 1 && this.events.at(-2).timestamp > event.timestamp) this.events.sort((a, b) => a.timestamp - b.timestamp);
    if (this.events.length > MOST_EVENTS) this.events.splice(0, this.events.length - MOST_EVENTS);
    this.counts[event.type] = (this.counts[event.type] ?? 0) + 1;
    const start = Math.floor(event.timestamp / BUCKET_MS) * BUCKET_MS;
    const bucket = { ...this.buckets.get(start) };
    bucket[event.type] = (bucket[event.type] ?? 0) + 1;
    this.buckets.set(start, bucket);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.lookForPictures(), PICTURES_AFTER_MS);
    this.onChange("added");
  }

  /** `message`: clip_ready. Its events lead to it from now on. */
  async addClip(message) {
    for (const event of this.events) if (message.events?.includes(event.eventId)) event.clipId = message.clipId;
    if (message.start < this.start || message.start >= this.end) return;
    const clip = await getJson(`clips/${message.clipId}`).catch(() => null);
    if (!clip || this.clips.some((other) => other.id === clip.id)) return;
    this.clips = [...this.clips, clip].sort((a, b) => a.start - b.start);
    this.onChange("clip");
  }

  /** The video of this moment: of an event rather than a continuous recording; undefined where there is none. */
  clipAt(time) {
    const here = this.clips.filter((clip) => clip.start <= time && time < clip.end);
    return here.find((clip) => clip.kind !== "continuous") ?? here[0];
  }

  /** The socket does not say which events have a thumbnail; the history does. */
  async lookForPictures() {
    if (!this.isToday) return;
    const newest = this.events.slice(-NEWEST);
    const page = await getJson(`events?since=${newest[0]?.timestamp ?? this.start}&limit=${NEWEST}`).catch(() => null);
    const pictured = new Set((page?.events ?? []).filter((event) => event.thumbnail).map((event) => event.eventId));
    const found = newest.filter((event) => !event.thumbnail && pictured.has(event.eventId));
    for (const event of found) event.thumbnail = true;
    if (found.length) this.onChange("pictures");
  }

  /** What the filters let through, ascending. */
  visible() {
    return this.chosen.size ? this.events.filter((event) => this.chosen.has(event.type)) : this.events;
  }
}
