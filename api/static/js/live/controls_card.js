/** What the camera itself can be set to (V4L2): each change is seen in the picture beside it, and kept for this camera. */

import { getJson, postJson } from "../http.js";
import { card, h, newId, setText } from "../dom.js";
import { t, told } from "../lang.js";
import { reason, resultLine } from "../system/form.js";
import { confirmed } from "../notices.js";
import { isViewer } from "../session.js";
import * as store from "../store.js";

const WAIT_MS = 150;
const PATH = "api/camera/controls";

export function controlsCard() {
  const fields = h("div.stack");
  const result = resultLine();
  const reset = h("button.small", { type: "button", onclick: toDefaults }, t("Back to defaults"));
  const details = h("details", { ontoggle: tune }, h("summary", t("Exposure, focus, white balance, brightness…")), h("div.stack", fields, result, h("div.row.end", reset)));
  const element = card(t("Camera"), "lens", details);
  element.classList.add("changes");
  element.hidden = true;
  let rows = new Map();

  /** While it is open on a phone, the picture stays in sight. */
  function tune() {
    element.closest(".live")?.classList.toggle("tuning", details.open);
    if (details.open) element.load();
  }
  element.load = async () => {
    if (isViewer()) return;
    const answer = await getJson(PATH).catch(() => null);
    if (answer) show(answer.controls);
  };
  function show(controls) {
    element.hidden = controls.length === 0;
    if (controls.map(({ name }) => name).join() !== [...rows.keys()].join()) {
      rows = new Map(controls.map((control) => [control.name, controlRow(control, set)]));
      fields.replaceChildren(...rows.values());
    }
    for (const control of controls) rows.get(control.name).show(control);
  }
  async function set(name, value) {
    try {
      show((await postJson(PATH, { name, value })).controls);
      result.say("");
    } catch (error) {
      result.say(reason(error), "bad");
      element.load();
    }
  }
  async function toDefaults() {
    if (await confirmed(t("Back to defaults?"), t("Everything here is set to what the camera calls normal."), t("Back to defaults"), "primary")) set("", 0);
  }
  let source = "";
  store.watch("status", (status) => {
    if (status?.source === source || !status?.cameraRunning) return;
    source = status.source;
    element.load();
  });
  return element;
}

function controlRow(control, set) {
  const id = newId(control.name);
  const output = h("output", { for: id });
  const input = makeInput(control, id, (value) => set(control.name, value), (value) => setText(output, String(value)));
  const element = h("div.field", { "data-control": control.name }, h("div.field-head", h("label", { for: id }, told(control.title)), control.kind === "boolean" ? input : output), control.kind === "boolean" ? null : input);
  element.show = ({ value, active }) => {
    input.disabled = !active;
    if (input.waiting) return;
    if (control.kind === "boolean") input.checked = value !== 0;
    else input.value = value;
    setText(output, control.kind === "int" ? String(value) : "");
  };
  return element;
}

function makeInput(control, id, send, preview) {
  if (control.kind === "boolean") return h("input", { id, type: "checkbox", role: "switch", onchange: (event) => send(event.target.checked ? 1 : 0) });
  if (control.kind === "menu") return h("select", { id, onchange: (event) => send(Number(event.target.value)) }, control.choices.map(({ value, title }) => h("option", { value: String(value) }, told(title))));
  const slider = h("input", { id, type: "range", min: control.min, max: control.max, step: control.step });
  let timer = 0;
  slider.addEventListener("input", () => {
    preview(slider.value);
    slider.waiting = true;
    clearTimeout(timer);
    timer = setTimeout(() => {
      slider.waiting = false;
      send(Number(slider.value));
    }, WAIT_MS);
  });
  return slider;
}
