/**
 * Shapes over a still picture: corners are dragged by mouse or finger, or moved by the arrow keys; the small handle in
 * the middle of an edge makes a new corner, and the shape itself moves the whole.
 */

import { h } from "../dom.js";
import { t } from "../lang.js";

const SVG = "http://www.w3.org/2000/svg";
const STEP = 0.01;
const FAR = 0.05;
const FEWEST = 3;
const MOST = 24;

/** `onPick(shape)` when another shape is chosen, `onChange()` after each change. */
export function plan(onPick, onChange) {
  const image = h("img", { alt: t("The picture that zones are drawn on"), draggable: "false" });
  const areas = document.createElementNS(SVG, "svg");
  areas.setAttribute("viewBox", "0 0 1 1");
  areas.setAttribute("preserveAspectRatio", "none");
  areas.setAttribute("aria-hidden", "true");
  const handles = h("div.handles");
  const element = h("div.plan", { role: "group", "aria-label": t("Zones on the picture") }, image, areas, handles);
  let shapes = [];
  let chosen = null;

  const place = (event) => {
    const box = element.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  };
  const drag = (event, target, move) => {
    event.preventDefault();
    let last = place(event);
    target.setPointerCapture(event.pointerId);
    const moved = (next) => {
      const now = place(next);
      move(now[0] - last[0], now[1] - last[1]);
      last = now;
      position();
    };
    const ended = () => {
      target.removeEventListener("pointermove", moved);
      onChange();
    };
    target.addEventListener("pointermove", moved);
    for (const type of ["pointerup", "pointercancel"]) target.addEventListener(type, ended, { once: true });
  };

  const corner = (index) => {
    const knob = h("button.corner", { type: "button", "aria-label": t("Corner {n} of {name}. Arrow keys move it, Delete removes it, Insert adds one.", { n: index + 1, name: chosen.name }) });
    knob.addEventListener("pointerdown", (event) => {
      knob.focus();
      drag(event, knob, (dx, dy) => shift([chosen.points[index]], dx, dy));
    });
    knob.addEventListener("keydown", (event) => key(event, index));
    return knob;
  };
  const middle = (index) => {
    const knob = h("button.middle", { type: "button", tabindex: -1, "aria-hidden": "true" });
    knob.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      if (!insert(index)) return;
      const fresh = handles.querySelectorAll(".corner")[index + 1];
      fresh.focus();
      drag(event, fresh, (dx, dy) => shift([chosen.points[index + 1]], dx, dy));
    });
    return knob;
  };
  const insert = (index) => {
    const { points } = chosen;
    if (points.length >= MOST) return false;
    const next = points[(index + 1) % points.length];
    points.splice(index + 1, 0, points[index].map((value, axis) => (value + next[axis]) / 2));
    draw();
    return true;
  };
  const remove = (index) => {
    if (chosen.points.length <= FEWEST) return;
    chosen.points.splice(index, 1);
    draw();
    handles.querySelectorAll(".corner")[Math.min(index, chosen.points.length - 1)].focus();
    onChange();
  };
  const key = (event, index) => {
    const far = event.shiftKey ? FAR : STEP;
    const steps = { ArrowLeft: [-far, 0], ArrowRight: [far, 0], ArrowUp: [0, -far], ArrowDown: [0, far] };
    const step = steps[event.key];
    if (step) {
      shift([chosen.points[index]], ...step);
      position();
      onChange();
    } else if (event.key === "Delete" || event.key === "Backspace") remove(index);
    else if (event.key === "Insert" || event.key === "+") {
      if (insert(index)) handles.querySelectorAll(".corner")[index + 1].focus();
      onChange();
    } else return;
    event.preventDefault();
  };

  const draw = () => {
    areas.replaceChildren(...shapes.map(area));
    const { length } = chosen?.points ?? [];
    handles.replaceChildren(...Array.from({ length }, (_, index) => corner(index)), ...Array.from({ length }, (_, index) => middle(index)));
    position();
  };
  const area = (shape) => {
    const polygon = document.createElementNS(SVG, "polygon");
    polygon.setAttribute("class", `area ${shape.mode}${shape === chosen ? " chosen" : ""}`);
    polygon.addEventListener("pointerdown", (event) => {
      if (shape !== chosen) onPick(shape);
      else drag(event, polygon, (dx, dy) => shift(shape.points, dx, dy));
    });
    return polygon;
  };
  const position = () => {
    shapes.forEach((shape, index) => areas.children[index].setAttribute("points", shape.points.map((point) => point.join(",")).join(" ")));
    if (!chosen) return;
    const { points } = chosen;
    points.forEach((point, index) => {
      const next = points[(index + 1) % points.length];
      put(handles.children[index], point);
      put(handles.children[points.length + index], point.map((value, axis) => (value + next[axis]) / 2));
    });
  };

  element.show = (all, one) => {
    shapes = all;
    chosen = one;
    draw();
  };
  element.picture = (url) => (image.src = url);
  return element;
}

/** Move points together, none of them out of the picture. */
function shift(points, dx, dy) {
  [dx, dy].forEach((step, axis) => {
    const values = points.map((point) => point[axis]);
    const allowed = Math.min(1 - Math.max(...values), Math.max(-Math.min(...values), step));
    for (const point of points) point[axis] = Math.min(1, Math.max(0, point[axis] + allowed));
  });
}

function put(knob, [x, y]) {
  knob.style.left = `${x * 100}%`;
  knob.style.top = `${y * 100}%`;
}
