/** A canvas that is as sharp as the screen, and drawn again when its size or the theme change. */

import * as theme from "../theme.js";

/** `draw(context, width, height)` in CSS pixels. Gives the function that asks for a new drawing. */
export function paintable(canvas, draw) {
  let asked = false;
  const paint = () => {
    asked = false;
    const [w, h] = [canvas.clientWidth, canvas.clientHeight];
    if (!w || !h) return;
    const ratio = window.devicePixelRatio || 1;
    const [pw, ph] = [Math.round(w * ratio), Math.round(h * ratio)];
    if (canvas.width !== pw || canvas.height !== ph) Object.assign(canvas, { width: pw, height: ph });
    const context = canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, w, h);
    draw(context, w, h);
  };
  const ask = () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(paint);
  };
  new ResizeObserver(ask).observe(canvas);
  theme.onChange(ask);
  return ask;
}

/** A tiny bar chart of `values`; `most` fills the height. */
export function sparkline(context, w, h, values, color, most = Math.max(1, ...values)) {
  const step = w / values.length;
  context.fillStyle = color;
  values.forEach((value, index) => {
    if (!value) return;
    const tall = Math.max(1.5, (value / most) * h);
    context.fillRect(index * step, h - tall, Math.max(1, step - 0.5), tall);
  });
}
