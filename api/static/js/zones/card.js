/** The card in which zones and the privacy mask are drawn, named, and saved. */

import { getBlob } from "../http.js";
import { card, h, iconButton, newId, setText, squareButton } from "../dom.js";
import { t } from "../lang.js";
import { change } from "../settings/change.js";
import * as store from "../store.js";
import { COVERED, MODES, newShape, readShapes, writeShapes } from "./zone_geometry.js";
import { plan } from "./zone_editor.js";

const NAME_MAX = 32;
const MOST = 16;

/** `kinds`: [{key, title}] of the detections that look at the picture. */
export function zonesCard(kinds) {
  const board = plan((shape) => choose(shape), () => touched());
  const list = h("ul.zones", { "aria-label": t("Zones") });
  const note = h("p.words", { role: "status" });
  const problem = h("p.problem", { role: "alert", hidden: true });
  const save = iconButton("primary", "chip", t("Save"), () => keep());
  const undo = iconButton("", "reset", t("Undo"), () => load());
  const add = iconButton("", "boxes", t("New zone"), () => addShape());
  const look = iconButton("", "snapshot", t("New picture"), () => picture());
  const element = card(t("Zones and privacy mask"), "boxes", h("p.muted.small", t("Where detection counts, and what nobody may see. Drag corners, or move them with the arrow keys.")), board, h("div.row", add, look, undo, save), note, problem, list);
  element.classList.add("wide");
  let shapes = [];
  let chosen = null;
  let edited = false;
  let url = "";

  const choose = (shape) => {
    chosen = shape;
    board.show(shapes, chosen);
    for (const row of list.children) row.classList.toggle("chosen", row.shape === shape);
  };
  const touched = () => {
    edited = true;
    setText(note, "");
    buttons();
  };
  const buttons = () => {
    save.disabled = undo.disabled = !edited;
    add.disabled = shapes.length >= MOST;
  };
  const draw = () => {
    list.replaceChildren(...shapes.map((shape) => row(shape)));
    choose(chosen && shapes.includes(chosen) ? chosen : null);
    buttons();
  };
  const load = () => {
    edited = false;
    problem.hidden = true;
    const read = readShapes(store.setting("zones"), store.setting("privacyMask"), store.setting("rotation") ?? 0);
    if (!read) setText(note, t("The privacy mask covers everything. Whatever is saved here takes its place."));
    shapes = read ?? [];
    chosen = null;
    draw();
  };
  const addShape = () => {
    const shape = newShape(shapes);
    shapes.push(shape);
    touched();
    draw();
    choose(shape);
    board.querySelector(".corner").focus();
  };
  const row = (shape) => {
    const name = h("input", { type: "text", value: shape.name, maxlength: NAME_MAX, "aria-label": t("Name"), onchange: () => ((shape.name = name.value.trim()), touched(), choose(shape)) });
    const mode = h("select", { "aria-label": t("Purpose of {name}", { name: shape.name }), onchange: () => ((shape.mode = mode.value), touched(), draw(), choose(shape)) }, Object.entries(MODES).map(([key, text]) => h("option", { value: key }, text)));
    mode.value = shape.mode;
    const remove = squareButton("trash", t("Remove {name}", { name: shape.name }), () => (shapes.splice(shapes.indexOf(shape), 1), touched(), draw()));
    const element = h("li", { onfocusin: () => chosen !== shape && choose(shape) }, h("div.row.nowrap", name, remove), mode, shape.mode === COVERED ? null : kindBoxes(shape));
    if (shape.mode === COVERED) name.hidden = true;
    element.shape = shape;
    return element;
  };
  const kindBoxes = (shape) => {
    const boxes = kinds.map(({ key, title }) => {
      const id = newId("zone-kind");
      const box = h("input", { id, type: "checkbox", checked: !shape.kinds.length || shape.kinds.includes(key) });
      box.kind = key;
      box.addEventListener("change", () => {
        const on = boxes.map((one) => one.firstChild).filter((one) => one.checked).map((one) => one.kind);
        if (!on.length) return (box.checked = true); // none would mean all
        shape.kinds = on.length === kinds.length ? [] : on;
        touched();
      });
      return h("label", { for: id }, box, title);
    });
    return h("fieldset.kinds", h("legend", t("Applies to")), boxes);
  };
  const keep = async () => {
    save.disabled = true;
    const wrong = await change(writeShapes(shapes, store.setting("rotation") ?? 0));
    setText(problem, wrong);
    problem.hidden = wrong === "";
    if (wrong) return buttons();
    edited = false;
    buttons();
    setText(note, t("Saved."));
    picture();
  };
  const picture = async () => {
    const blob = await getBlob("snapshot").catch((error) => setText(note, t("No picture: {reason}", { reason: error.message })));
    if (!blob) return;
    URL.revokeObjectURL(url);
    url = URL.createObjectURL(blob);
    board.picture(url);
  };

  store.watch("settings", (settings) => settings && !edited && load());
  element.picture = picture;
  element.zones = () => writeShapes(shapes, store.setting("rotation") ?? 0).zones;
  return element;
}
