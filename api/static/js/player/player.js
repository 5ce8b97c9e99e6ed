/** One player for the page: H.264 where it works, MJPEG where it does not, and the reason why. */

import * as socket from "../socket.js";
import * as store from "../store.js";
import { MjpegPlayer } from "./mjpeg.js";
import { Quality } from "./quality.js";
import { WebCodecsPlayer, missingSupport } from "./webcodecs.js";

const KEY = "ipcamera.player";
const HIDDEN_PAUSE_MS = 8000;

export class Player {
  /** `onChange()` is called when mode, reason or the shape of the picture change. */
  constructor(canvas, image, onChange, onPicture) {
    this.canvas = canvas;
    this.image = image;
    this.onChange = onChange;
    this.onPicture = onPicture;
    this.choice = localStorage.getItem(KEY) ?? "auto";
    this.reason = "";
    this.mode = "";
    this.shape = { width: 16, height: 9 };
    this.wanted = false;
    this.paused = false; // by whoever looks at this page, for this page alone
    this.pictures = 0;
    this.mirror = null; // a second place that shows each picture
    const seen = (width, height, captured) => this.seen(width, height, captured);
    this.quality = new Quality(() => this.qualityChanged());
    this.h264 = new WebCodecsPlayer(canvas, this.quality, { onGiveUp: (reason) => this.fallBack(reason), onPicture: seen });
    this.mjpeg = new MjpegPlayer(image, this.quality, { onPicture: seen, onLost: () => this.lost() });
    document.addEventListener("visibilitychange", () => this.visibility());
    socket.on("state", (state) => state === "ready" && this.connected());
    store.watch("status", () => this.apply());
  }

  /** Show pictures from now on. */
  start() {
    this.wanted = true;
    this.apply();
  }

  stop() {
    this.wanted = false;
    this.apply();
  }

  /** This view alone; nobody else notices. */
  pause(paused) {
    this.paused = paused;
    this.apply();
    this.onChange();
  }

  /** auto, h264, mjpeg */
  choose(choice) {
    this.choice = choice;
    localStorage.setItem(KEY, choice);
    this.reason = choice === "mjpeg" ? "" : missingSupport();
    this.halt();
    this.apply();
  }

  /** Another connection, perhaps a better server: what failed is tried once more. */
  connected() {
    if (this.reason) this.choose(this.choice);
    else this.apply();
  }

  /** The element that shows the picture now. */
  get surface() {
    return this.mode === "mjpeg" ? this.image : this.canvas;
  }

  get figures() {
    return this.h264.figures;
  }

  apply() {
    const status = store.get("status");
    const on = this.wanted && !this.paused && socket.isReady() && status?.streaming !== false && !this.asleep;
    if (!on) return this.halt();
    const mode = this.wantedMode();
    if (mode === this.mode) return;
    this.halt();
    this.mode = mode;
    (mode === "h264" ? this.h264 : this.mjpeg).start();
    this.canvas.hidden = mode !== "h264";
    this.image.hidden = mode !== "mjpeg";
    this.onChange();
  }

  /** The server changes over within the socket; an image has to be opened anew. */
  qualityChanged() {
    if (this.mode === "h264") this.h264.enable();
    if (this.mode === "mjpeg") this.mjpeg.open();
    this.onChange();
  }

  wantedMode() {
    if (this.choice === "mjpeg") return "mjpeg";
    this.reason ||= missingSupport();
    return this.reason ? "mjpeg" : "h264";
  }

  halt() {
    if (!this.mode) return;
    this.mode = "";
    this.pictures = 0;
    this.h264.stop();
    this.mjpeg.stop();
    this.figures.reset();
    this.onChange();
  }

  fallBack(reason) {
    this.reason = reason;
    this.mode = "";
    this.apply();
  }

  seen(width, height, captured) {
    this.pictures += 1;
    if (width !== this.shape.width || height !== this.shape.height) {
      this.shape = { width, height };
      this.onChange();
    } else if (this.pictures === 1) this.onChange();
    this.mirror?.();
    this.onPicture(captured);
  }

  lost() {
    this.pictures = 0;
    this.onChange();
  }

  /** A hidden tab needs no pictures, unless they are shown in a window of their own. */
  visibility() {
    clearTimeout(this.sleepTimer);
    if (!document.hidden) {
      this.asleep = false;
      return this.apply();
    }
    this.sleepTimer = setTimeout(() => {
      this.asleep = document.pictureInPictureElement === null;
      this.apply();
    }, HIDDEN_PAUSE_MS);
  }
}
