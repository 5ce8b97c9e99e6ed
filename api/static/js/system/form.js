/** Small forms whose values are sent together. */

import { h, newId } from "../dom.js";
import { sentence } from "../format.js";
import { entryOf } from "../settings/schema.js";

/** A labelled input; `attributes` as for <input>. `field.input` is the input itself. */
export function inputField(label, attributes, words = "") {
  const id = newId("input");
  const input = h("input", { id, autocomplete: "off", ...attributes });
  const field = h("div.field", h("label", { for: id }, label), input, words ? h("p.words", words) : null);
  field.input = input;
  return field;
}

export function switchField(label, words = "") {
  const id = newId("switch");
  const input = h("input", { id, type: "checkbox", role: "switch" });
  const field = h("div.field", h("div.field-head", h("label", { for: id }, label), input), words ? h("p.words", words) : null);
  field.input = input;
  return field;
}

/** Text below a form: what happened, in words. */
export function resultLine() {
  const line = h("p.small", { role: "status", hidden: true });
  line.say = (text, kind = "") => {
    line.hidden = text === "";
    line.className = `small ${kind}`;
    line.textContent = text;
  };
  return line;
}

/** Errors of the server, in sentences. */
export function reason(error) {
  return error.errors?.length ? error.errors.map(problem).join(" ") : error.message;
}

/** "rtspPort: Port already in use", with the setting as the page calls it. */
function problem(text) {
  const [key, ...said] = text.split(": ");
  const entry = entryOf(key);
  return entry ? `${entry.title}: ${sentence(said.join(": "))}` : sentence(text);
}
