/** Listening: base64 PCM (s16le, mono, 16 kHz) from the socket, played with a small jitter buffer. */

import * as socket from "../socket.js";

const RATE = 16_000;
const AHEAD_S = 0.1;
const MOST_AHEAD_S = 0.45;

export class Listener {
  /** `onChange()` when `on` or `problem` change; `onLevel(db)` with each block. */
  constructor({ onChange, onLevel }) {
    this.onChange = onChange;
    this.onLevel = onLevel;
    this.on = false;
    this.problem = "";
    socket.on("audio", (message) => this.on && this.play(message));
    socket.on("audio_ack", (ack) => this.acknowledged(ack));
    socket.on("state", (state) => state === "ready" && this.on && this.subscribe(true));
  }

  /** Must be called from a click: browsers start sound only then. */
  async toggle() {
    this.on = !this.on;
    this.problem = "";
    if (this.on) {
      this.context ??= new AudioContext({ sampleRate: RATE, latencyHint: "interactive" });
      await this.context.resume();
      this.next = 0;
    } else await this.context.suspend();
    this.subscribe(this.on);
    this.onChange();
  }

  subscribe(enabled) {
    socket.send({ type: "audio_subscribe", enabled });
  }

  acknowledged(ack) {
    if (ack.success !== false) return;
    this.on = false;
    this.problem = ack.code === "AUDIO_DISABLED" ? "The microphone is switched off in the settings." : (ack.error ?? "No sound");
    this.onChange();
  }

  play(message) {
    const samples = decodePcm(message.data);
    this.onLevel(message.level ?? levelOf(samples));
    if (!samples.length) return;
    const { context } = this;
    const now = context.currentTime;
    if (this.next < now + 0.01) this.next = now + AHEAD_S;
    if (this.next > now + MOST_AHEAD_S) return;
    const buffer = context.createBuffer(1, samples.length, RATE);
    buffer.copyToChannel(samples, 0);
    const source = context.createBufferSource();
    source.buffer = buffer;
    source.connect(context.destination);
    source.start(this.next);
    this.next += buffer.duration;
  }
}

/** base64 → samples from -1 to 1 */
export function decodePcm(text) {
  const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  const samples = new Float32Array(bytes.length >> 1);
  for (let i = 0; i < samples.length; i += 1) samples[i] = view.getInt16(i * 2, true) / 32_768;
  return samples;
}

function levelOf(samples) {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return Math.max(-100, 10 * Math.log10(sum / Math.max(1, samples.length) + 1e-10));
}
