/** The MJPEG stream in an <img>: works everywhere, needs more bandwidth. Connects again by itself. */

const FIRST_RETRY_MS = 800;
const LONGEST_RETRY_MS = 8000;
const NOTHING = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==";

export class MjpegPlayer {
  /** `onPicture(width, height)`: the first picture of a connection; `onLost()`: the stream broke off. */
  constructor(image, quality, { onPicture, onLost }) {
    this.quality = quality;
    this.image = image;
    this.onPicture = onPicture;
    this.onLost = onLost;
    this.running = false;
    this.retryMs = FIRST_RETRY_MS;
    image.addEventListener("load", () => this.loaded());
    image.addEventListener("error", () => this.lost());
  }

  start() {
    if (this.running) return;
    this.running = true;
    this.open();
  }

  stop() {
    if (!this.running) return;
    this.running = false;
    clearTimeout(this.timer);
    this.image.src = NOTHING;
  }

  open() {
    if (this.running) this.image.src = `stream?tier=${this.quality.tier}&t=${Date.now()}`;
  }

  loaded() {
    if (!this.running) return;
    this.retryMs = FIRST_RETRY_MS;
    this.onPicture(this.image.naturalWidth, this.image.naturalHeight);
  }

  lost() {
    if (!this.running) return;
    this.onLost();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.open(), this.retryMs);
    this.retryMs = Math.min(LONGEST_RETRY_MS, this.retryMs * 2);
  }
}
