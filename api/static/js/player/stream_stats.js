/** What a viewer wants to know of the stream that he gets: rates over a sliding window, drops, latency. */

const WINDOW_MS = 2000;
const MOST_SAMPLES = 400;

export class Figures {
  constructor() {
    this.reset();
  }

  reset() {
    this.received = [];
    this.drawn = [];
    this.dropped = 0;
    this.latency = null;
    this.lastSequence = null;
    this.lastGeneration = null;
  }

  /** An access unit has come. Gaps in the sequence are pictures that never arrived. */
  take(frame, bytes, now) {
    push(this.received, { at: now, bytes }, now);
    if (frame.generation === this.lastGeneration && frame.sequence > this.lastSequence + 1) {
      this.dropped += frame.sequence - this.lastSequence - 1;
    }
    this.lastGeneration = frame.generation;
    this.lastSequence = frame.sequence;
  }

  drop(count) {
    this.dropped += count;
  }

  /** A picture is on the screen; `latency` in ms since its capture, smoothed. */
  draw(now, latency) {
    push(this.drawn, { at: now, bytes: 0 }, now);
    if (!Number.isFinite(latency)) return;
    latency = Math.max(0, latency); // the two clocks agree to within a round trip only
    this.latency = this.latency === null ? latency : this.latency * 0.9 + latency * 0.1;
  }

  fps(now) {
    return rate(this.drawn, now, () => 1);
  }

  kbps(now) {
    return rate(this.received, now, (sample) => (sample.bytes * 8) / 1000);
  }
}

function push(list, sample, now) {
  list.push(sample);
  while (list.length > MOST_SAMPLES || (list.length && now - list[0].at > WINDOW_MS)) list.shift();
}

function rate(list, now, weight) {
  const recent = list.filter((sample) => now - sample.at <= WINDOW_MS);
  return (recent.reduce((sum, sample) => sum + weight(sample), 0) * 1000) / WINDOW_MS;
}
