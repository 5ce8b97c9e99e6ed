/**
 * The control of one setting, made from its registry entry: switch, slider, choice or text.
 * It follows the settings by itself and never overwrites what the user is just changing.
 */

import { h, icon, newId, setText } from "../dom.js";
import { t } from "../lang.js";
import { confirmed } from "../notices.js";
import * as store from "../store.js";
import { lockedReason } from "../labels.js";
import { change } from "./change.js";
import { choiceLabel, choicesOf, plainWords, valueLabel } from "./schema.js";

/** Switches that concern everybody ask before they are switched off. */
const ASKS = {
  streaming: [t("Switch streaming off?"), t("Every live picture ends, for everybody, until it is switched on again. Detection and recording go on."), t("Switch off")],
};
const SLIDER_WAIT_MS = 220;
const WIDEST_SLIDER = 300;

/** `options`: title, help (false: none). */
export function settingField(entry, options = {}) {
  const id = newId(entry.key);
  const field = h("div.field", { "data-key": entry.key });
  const problem = h("p.problem", { role: "alert", hidden: true });
  const words = h("p.words", { id: `${id}-words` });
  const output = h("output", { for: id });
  const lock = h("span.pro", { hidden: true }, icon("lock"), t("Pro"));
  const control = makeControl(entry, id);
  let busy = 0;

  const label = h("label", { for: id }, options.title ?? entry.title);
  const inline = entry.type === "boolean" && !entry.readOnly;
  field.append(h("div.field-head", label, lock, inline ? control.element : output));
  if (!inline) field.append(control.row ?? control.element);
  field.append(words, problem);
  control.element.setAttribute("aria-describedby", words.id);

  const show = () => {
    const value = store.setting(entry.key);
    if (value === undefined || busy || control.dirty?.()) return;
    control.show(value);
    describe(value);
  };
  const describe = (value) => {
    setText(output, control.saysValue ? "" : valueLabel(entry, value));
    const plain = typeof value === "number" ? plainWords(entry.key, value) : "";
    const help = options.help === false ? "" : entry.help;
    setText(words, isLocked(entry) ? lockedReason(entry.pro) : plain || help);
    words.hidden = words.textContent === "";
  };
  control.onPreview = describe;
  control.onChange = async (value) => {
    if (value === false && ASKS[entry.key] && !(await confirmed(...ASKS[entry.key]))) return show();
    busy += 1;
    field.classList.add("saving");
    const wrong = await change({ [entry.key]: value });
    busy -= 1;
    field.classList.toggle("saving", busy > 0);
    problem.hidden = wrong === "";
    setText(problem, wrong);
    control.element.setAttribute("aria-invalid", String(wrong !== ""));
    if (wrong) control.clean?.();
    else if (!busy) store.set("settings", { ...store.get("settings"), [entry.key]: value });
    show();
  };
  store.watch(["settings", "license", "capabilities"], () => {
    const locked = isLocked(entry);
    lock.hidden = !entry.pro || store.isPro();
    control.enable(!locked && !entry.readOnly);
    control.refreshChoices?.();
    show();
  });
  return field;
}

/** A Pro switch on a free licence can be switched off, but not on. */
function isLocked(entry) {
  return Boolean(entry.pro) && !store.isPro() && store.setting(entry.key) !== true;
}

function makeControl(entry, id) {
  if (entry.readOnly) return valueOnly(id);
  if (entry.type === "boolean") return switchControl(id);
  if (entry.choices || entry.optionsFrom) return choiceControl(entry, id);
  if (entry.type === "int") return entry.max - entry.min <= WIDEST_SLIDER ? sliderControl(entry, id) : textControl(entry, id);
  return textControl(entry, id);
}

function valueOnly(id) {
  return { element: h("span", { id, hidden: true }), show: () => {}, enable: () => {} };
}

function switchControl(id) {
  const element = h("input", { id, type: "checkbox", role: "switch" });
  const control = { element, show: (value) => (element.checked = value === true), enable: (on) => (element.disabled = !on) };
  element.addEventListener("change", () => control.onChange(element.checked));
  return control;
}

function choiceControl(entry, id) {
  const element = h("select", { id });
  let shownChoices = "";
  const control = {
    element,
    saysValue: true,
    enable: (on) => (element.disabled = !on),
    refreshChoices: () => {
      const value = store.setting(entry.key);
      const choices = [...(choicesOf(entry) ?? [])];
      if (value !== undefined && !choices.includes(value)) choices.push(value);
      const text = JSON.stringify(choices.map((choice) => [choice, choiceLabel(entry, choice)]));
      if (text === shownChoices) return;
      shownChoices = text;
      element.replaceChildren(...choices.map((choice) => h("option", { value: String(choice) }, choiceLabel(entry, choice))));
    },
    show: (value) => (element.value = String(value)),
  };
  element.addEventListener("change", () => control.onChange(entry.type === "int" ? Number(element.value) : element.value));
  return control;
}

function sliderControl(entry, id) {
  const element = h("input", { id, type: "range", min: entry.min, max: entry.max, step: 1 });
  let waiting = 0;
  const control = {
    element,
    dirty: () => waiting !== 0,
    clean: () => (waiting = 0),
    enable: (on) => (element.disabled = !on),
    show: (value) => (element.value = value),
  };
  element.addEventListener("input", () => {
    control.onPreview(Number(element.value));
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      waiting = 0;
      control.onChange(Number(element.value));
    }, SLIDER_WAIT_MS);
  });
  return control;
}

function textControl(entry, id) {
  const number = entry.type === "int";
  const limits = number ? { type: "number", min: entry.min, max: entry.max } : { type: "text", maxlength: entry.maxLength };
  const element = h("input", { id, ...limits, autocomplete: "off", spellcheck: "false", autocapitalize: "off" });
  let edited = false;
  const control = {
    element,
    saysValue: true,
    dirty: () => edited,
    clean: () => (edited = false),
    enable: (on) => (element.disabled = !on),
    show: (value) => (element.value = value),
  };
  element.addEventListener("input", () => (edited = true));
  element.addEventListener("change", () => {
    edited = false;
    control.onChange(number ? Number(element.value) : element.value);
  });
  element.addEventListener("keydown", (event) => event.key === "Escape" && ((edited = false), control.show(store.setting(entry.key))));
  return control;
}
