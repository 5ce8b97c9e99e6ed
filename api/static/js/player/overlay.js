/** Boxes around tracked objects, drawn over the picture. */

import { quantity } from "../format.js";
import { eventKind } from "../labels.js";

const STALE_MS = 1500;
const COLORS = { person: "#6ccf92", dog: "#b39af2" };

export class Overlay {
  /** `live`: boxes go where there is no more news of them. */
  constructor(canvas, live = true) {
    this.canvas = canvas;
    this.live = live;
    this.context = canvas.getContext("2d");
    this.on = true;
    this.objects = 0;
  }

  /** `message`: detection_frame. Boxes are fractions of the picture. */
  show(message, shape) {
    clearTimeout(this.timer);
    this.objects = message.objects.length;
    this.fit(shape);
    if (this.on) for (const object of message.objects) this.box(object);
    if (this.live && message.objects.length) this.timer = setTimeout(() => this.clear(), STALE_MS);
  }

  clear() {
    this.objects = 0;
    this.context.clearRect(0, 0, this.canvas.width, this.canvas.height);
  }

  /** The canvas has the shape of the picture, so that object-fit puts both in the same place. */
  fit({ width, height }) {
    const scale = Math.min(1, 1280 / Math.max(width, height));
    const [w, h] = [Math.round(width * scale), Math.round(height * scale)];
    if (this.canvas.width !== w || this.canvas.height !== h) Object.assign(this.canvas, { width: w, height: h });
    else this.clear();
    this.objects = 0;
  }

  box(object) {
    const { context, canvas } = this;
    const line = Math.max(2, canvas.width / 480);
    const size = Math.max(13, canvas.width / 55);
    const [x, y] = [object.box.x * canvas.width, object.box.y * canvas.height];
    const [w, h] = [object.box.w * canvas.width, object.box.h * canvas.height];
    const color = COLORS[object.objectClass] ?? "#6db9ee";
    const label = `${eventKind(`OBJECT_${object.objectClass.toUpperCase()}`).title} ${quantity(object.confidence, "%")}`;
    context.lineWidth = line;
    context.strokeStyle = color;
    context.beginPath();
    context.roundRect(x, y, w, h, line * 2);
    context.stroke();
    context.font = `600 ${size}px system-ui, sans-serif`;
    const wide = context.measureText(label).width + size;
    const top = y > size * 1.7 ? y - size * 1.6 : y;
    context.fillStyle = color;
    context.beginPath();
    context.roundRect(x - line / 2, top, wide, size * 1.6, line * 2);
    context.fill();
    context.fillStyle = "#08131c";
    context.fillText(label, x + size / 2, top + size * 1.15);
  }
}
