/**
 * H.264 from the WebSocket, decoded by WebCodecs, drawn on a canvas.
 * Annex-B without a description; starts on a key picture; never keeps more than one decoded picture.
 */

import { t, told } from "../lang.js";
import * as socket from "../socket.js";
import { Figures } from "./stream_stats.js";
import { parseFrame } from "./frame_header.js";

const FIRST_PICTURE_MS = 8000;
const LONGEST_QUEUE = 12;
const MOST_FAILURES = 3;
const FAILURES_WITHIN_MS = 20_000;
const MOST_WAITING = 1000;
const OLD_MS = 1000; // captured before that: part of the group of pictures that a viewer begins with
const REFUSED_WAIT_MS = 1500;

/** Why this browser cannot do it; "" if it can. */
export function missingSupport() {
  if (!window.isSecureContext) return t("the page is not served securely");
  if (!("VideoDecoder" in window)) return t("this browser has no video decoder for pages (WebCodecs)");
  return "";
}

export class WebCodecsPlayer {
  /** `onGiveUp(reason)`: H.264 will not work here; `onPicture(width, height)`: a picture was drawn. */
  constructor(canvas, quality, { onGiveUp, onPicture }) {
    this.quality = quality;
    this.canvas = canvas;
    this.context = canvas.getContext("2d", { alpha: false, desynchronized: true });
    this.onGiveUp = onGiveUp;
    this.onPicture = onPicture;
    this.figures = new Figures();
    this.running = false;
    this.failures = [];
    this.ended = false;
    this.stopListening = [
      socket.on("h264_ack", (ack) => this.acknowledged(ack)),
      socket.on("state", (state) => state === "ready" && this.running && this.enable()),
      socket.on("error", (error) => this.running && error.inReplyTo === "enableH264" && this.refused(error)),
    ];
    socket.onFrame((buffer) => this.received(buffer));
  }

  start() {
    if (this.running || this.ended) return;
    this.running = true;
    this.enable();
  }

  stop() {
    if (!this.running) return;
    this.running = false;
    clearTimeout(this.patience);
    socket.send({ type: "enableH264", enable: false });
    this.close();
  }

  end() {
    this.stop();
    this.ended = true;
    this.stopListening.forEach((stop) => stop());
  }

  enable() {
    this.close();
    this.waiting = [];
    this.codec = "";
    this.catchingUp = false;
    clearTimeout(this.patience);
    if (socket.send({ type: "enableH264", enable: true, framing: "v1", tier: this.quality.tier })) this.armed = true;
  }

  refused(error) {
    if (error.code !== "RATE_LIMITED" || !this.quality.lineIsSlow()) this.giveUp(error.message);
  }

  async acknowledged(ack) {
    if (!this.running) return;
    if (ack.success === false) return setTimeout(() => this.failed(new Error(told(ack.error))), REFUSED_WAIT_MS);
    if (ack.enabled && ack.codec && (ack.codec !== this.codec || ack.generation !== this.generation)) await this.configure(ack);
  }

  async configure(ack) {
    this.close();
    this.waiting ??= [];
    this.codec = ack.codec;
    this.generation = ack.generation;
    const config = { codec: ack.codec, optimizeForLatency: true };
    const supported = await VideoDecoder.isConfigSupported(config).catch(() => ({ supported: false }));
    if (!this.running || this.generation !== ack.generation) return;
    if (!supported.supported) return this.giveUp(t("this browser does not decode {codec}", { codec: ack.codec }));
    this.decoder = new VideoDecoder({ output: (picture) => this.decoded(picture), error: (error) => this.failed(error) });
    this.decoder.configure(config);
    this.needsKey = true;
    this.captured = new Map();
    const early = this.waiting;
    this.waiting = [];
    early.forEach((buffer) => this.received(buffer));
  }

  received(buffer) {
    if (!this.running) return;
    if (this.armed) this.arm();
    const frame = parseFrame(buffer);
    if (!frame) return;
    if (!this.decoder || this.decoder.state !== "configured") return this.keepForLater(buffer);
    this.figures.take(frame, buffer.byteLength, performance.now());
    if (frame.discontinuity) {
      this.needsKey = true;
      this.quality.gap(performance.now());
    }
    const queued = this.decoder.decodeQueueSize;
    if (Date.now() + socket.clock.offset - frame.captured > OLD_MS) this.catchingUp = true;
    else if (queued <= LONGEST_QUEUE) this.catchingUp = false;
    if (queued > (this.catchingUp ? MOST_WAITING : LONGEST_QUEUE)) this.skipToKey();
    if (this.needsKey && !frame.key) return this.figures.drop(1);
    this.needsKey = false;
    this.decode(frame);
  }

  /** Pictures that come while the decoder is being made. Too many: begin again with the next key picture. */
  keepForLater(buffer) {
    this.waiting.push(buffer);
    if (this.waiting.length <= MOST_WAITING) return;
    this.waiting = [];
    socket.send({ type: "requestKeyframe" });
  }

  /** A picture is expected only once data flows: a camera that is stopped or in standby is not a failure. */
  arm() {
    this.armed = false;
    this.patience = setTimeout(() => this.giveUp(t("no picture could be decoded")), FIRST_PICTURE_MS);
  }

  decode(frame) {
    this.captured.set(frame.pts, frame.captured);
    if (this.captured.size > 64) this.captured.delete(this.captured.keys().next().value);
    const chunk = new EncodedVideoChunk({ type: frame.key ? "key" : "delta", timestamp: frame.pts, data: frame.data });
    try {
      this.decoder.decode(chunk);
    } catch (error) {
      this.failed(error);
    }
  }

  skipToKey() {
    this.needsKey = true;
    this.figures.drop(this.decoder.decodeQueueSize);
    this.decoder.reset();
    this.decoder.configure({ codec: this.codec, optimizeForLatency: true });
    socket.send({ type: "requestKeyframe" });
  }

  /** The newest picture wins; it is drawn with the next refresh of the screen. */
  decoded(picture) {
    clearTimeout(this.patience);
    if (this.pending) {
      this.pending.close();
      this.figures.drop(1);
    } else if (document.hidden) queueMicrotask(() => this.draw()); // picture-in-picture: a hidden page has no refresh
    else requestAnimationFrame(() => this.draw());
    this.pending = picture;
  }

  draw() {
    const picture = this.pending;
    this.pending = null;
    if (!picture) return;
    const { displayWidth: width, displayHeight: height } = picture;
    if (this.canvas.width !== width || this.canvas.height !== height) Object.assign(this.canvas, { width, height });
    this.context.drawImage(picture, 0, 0, width, height);
    const captured = this.captured.get(picture.timestamp);
    picture.close();
    const latency = captured ? Date.now() + socket.clock.offset - captured : NaN;
    this.figures.draw(performance.now(), latency);
    this.quality.drawn(latency, performance.now());
    this.onPicture(width, height, captured);
  }

  failed(error) {
    if (!this.running) return;
    const now = performance.now();
    this.failures = [...this.failures.filter((at) => now - at < FAILURES_WITHIN_MS), now];
    if (this.failures.length >= MOST_FAILURES) return this.giveUp(t("H.264 failed: {reason}", { reason: error.message }));
    this.enable();
  }

  giveUp(reason) {
    this.stop();
    this.onGiveUp(reason);
  }

  close() {
    this.pending?.close();
    this.pending = null;
    if (this.decoder && this.decoder.state !== "closed") this.decoder.close();
    this.decoder = null;
  }
}
