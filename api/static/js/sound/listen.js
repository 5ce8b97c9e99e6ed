/**
 * Listening: base64 PCM (s16le, mono, 16 kHz) from the socket, played with a small jitter buffer.
 * It ends in an audio element with a media session, so that a phone goes on playing with its screen off.
 */

import { sentence } from "../format.js";
import { t } from "../lang.js";
import * as socket from "../socket.js";
import * as store from "../store.js";

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
      this.open();
      await Promise.all([this.context.resume(), this.output.play()]);
      this.next = 0;
    } else {
      this.output.pause();
      await this.context.suspend();
    }
    this.tellSystem();
    this.subscribe(this.on);
    this.onChange();
  }

  open() {
    if (this.context) return;
    this.context = new AudioContext({ sampleRate: RATE, latencyHint: "interactive" });
    this.sink = this.context.createMediaStreamDestination();
    this.output = new Audio();
    this.output.srcObject = this.sink.stream;
  }

  /** What the lock screen shows, with a button that ends it. */
  tellSystem() {
    const session = navigator.mediaSession;
    if (!session) return;
    session.playbackState = this.on ? "playing" : "paused";
    session.metadata = new MediaMetadata({ title: t("Listening"), artist: store.setting("deviceName", "IP Camera") });
    const toggle = () => this.toggle();
    for (const action of ["play", "pause", "stop"]) session.setActionHandler(action, (action === "play") === this.on ? null : toggle);
  }

  subscribe(enabled) {
    socket.send({ type: "audio_subscribe", enabled });
  }

  acknowledged(ack) {
    if (ack.success !== false) return;
    this.on = false;
    this.problem = ack.code === "AUDIO_DISABLED" ? t("The microphone is switched off in the settings.") : (sentence(ack.error) || t("There is no sound."));
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
    source.connect(this.sink);
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
