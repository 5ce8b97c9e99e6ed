/** Digital zoom and pan of the picture: wheel, pinch, drag, double click, keys. */

const MOST = 8;
const STEP = 1.4;
const PAN_STEP = 0.12;

export class Zoom {
  /** `onChange(scale)` after each change. */
  constructor(stage, plane, onChange) {
    this.stage = stage;
    this.plane = plane;
    this.onChange = onChange;
    this.pointers = new Map();
    this.reset();
    stage.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    stage.addEventListener("pointerdown", (event) => this.down(event));
    stage.addEventListener("pointermove", (event) => this.move(event));
    for (const type of ["pointerup", "pointercancel", "lostpointercapture"]) {
      stage.addEventListener(type, (event) => this.up(event));
    }
    stage.addEventListener("dblclick", (event) => this.toggle(event));
    stage.addEventListener("keydown", (event) => this.key(event));
  }

  reset() {
    this.scale = 1;
    this.x = 0;
    this.y = 0;
    this.draw();
  }

  in() {
    this.zoomAt(0.5, 0.5, STEP);
  }

  out() {
    this.zoomAt(0.5, 0.5, 1 / STEP);
  }

  /** Zoom by `factor` and keep the point (fractions of the stage) where it is. */
  zoomAt(fx, fy, factor) {
    const before = this.scale;
    this.scale = Math.min(MOST, Math.max(1, before * factor));
    const ratio = this.scale / before;
    this.x = fx - (fx - this.x) * ratio;
    this.y = fy - (fy - this.y) * ratio;
    this.draw();
  }

  pan(dx, dy) {
    this.x += dx;
    this.y += dy;
    this.draw();
  }

  draw() {
    this.x = Math.min(0, Math.max(1 - this.scale, this.x));
    this.y = Math.min(0, Math.max(1 - this.scale, this.y));
    this.plane.style.transform = `translate(${this.x * 100}%, ${this.y * 100}%) scale(${this.scale})`;
    this.stage.classList.toggle("zoomed", this.scale > 1);
    this.onChange(this.scale);
  }

  wheel(event) {
    if (this.scale === 1 && !event.ctrlKey && event.deltaY > 0) return;
    event.preventDefault();
    const [fx, fy] = this.place(event);
    this.zoomAt(fx, fy, Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0018)));
  }

  down(event) {
    if (event.target.closest("button")) return;
    this.pointers.set(event.pointerId, this.place(event));
    if (this.scale > 1 || this.pointers.size === 2) this.stage.setPointerCapture(event.pointerId);
    this.stage.classList.toggle("dragging", this.scale > 1);
  }

  move(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    const now = this.place(event);
    if (this.pointers.size === 2) this.pinch(event.pointerId, before, now);
    else if (this.scale > 1) this.pan(now[0] - before[0], now[1] - before[1]);
    this.pointers.set(event.pointerId, now);
  }

  pinch(id, before, now) {
    const [, other] = [...this.pointers].find(([key]) => key !== id);
    const far = (point) => Math.hypot(point[0] - other[0], point[1] - other[1]);
    this.zoomAt((now[0] + other[0]) / 2, (now[1] + other[1]) / 2, far(now) / Math.max(0.01, far(before)));
  }

  up(event) {
    this.pointers.delete(event.pointerId);
    if (!this.pointers.size) this.stage.classList.remove("dragging");
  }

  toggle(event) {
    if (event.target.closest("button")) return;
    if (this.scale > 1) return this.reset();
    const [fx, fy] = this.place(event);
    this.zoomAt(fx, fy, 2.5);
  }

  key(event) {
    const keys = {
      "+": () => this.in(),
      "=": () => this.in(),
      "-": () => this.out(),
      0: () => this.reset(),
      ArrowLeft: () => this.pan(PAN_STEP, 0),
      ArrowRight: () => this.pan(-PAN_STEP, 0),
      ArrowUp: () => this.pan(0, PAN_STEP),
      ArrowDown: () => this.pan(0, -PAN_STEP),
    };
    const action = event.target === this.stage && !event.ctrlKey && keys[event.key];
    if (!action || (event.key.startsWith("Arrow") && this.scale === 1)) return;
    event.preventDefault();
    action();
  }

  place(event) {
    const box = this.stage.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  }
}
