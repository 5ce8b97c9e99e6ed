/** Making this device Pro: by the code that it printed when it started, or by a licence key. */

import { postJson } from "./http.js";
import { askInDialog } from "./dialog_form.js";
import { h } from "./dom.js";
import { t } from "./lang.js";
import { notice } from "./notices.js";
import { inputField } from "./system/form.js";

/** The code, as a field; and where it is to be found. */
export function codeField() {
  return inputField(t("Code of this device"), { inputmode: "numeric", placeholder: "1234-5678", maxlength: 20, required: true });
}

export function codeWhere() {
  return h("p.muted.small", t("The device printed a code of eight digits when it started: in the terminal where you started it, or where you installed it as a service. It shows that the device is yours. Each start makes a new one."));
}

export async function makePro() {
  const code = codeField();
  const done = await askInDialog(t("Make this device Pro"), h("div.stack.tight", h("p", t("Your own device becomes Pro with a licence that it signs itself. No server is contacted, and nothing is sold.")), codeWhere()), code, t("Make it Pro"), () => postJson("api/license/issue", { code: code.input.value }));
  if (done) notice(t("This device is Pro now"), "good");
  return done;
}

export async function enterKey() {
  const key = inputField(t("Licence key"), { placeholder: "IPC1…", required: true, spellcheck: "false", autocapitalize: "off" });
  const done = await askInDialog(t("Enter a licence key"), h("p.muted.small", t("For a key that the maker of this device, or whoever looks after it, has given you.")), key, t("Use this key"), () => postJson("api/license/activate", { key: key.input.value.trim() }));
  if (done) notice(t("The licence is in use"), "good");
  return done;
}

export function proButton(selector = "") {
  return h(`button${selector || ".primary.small"}`, { type: "button", onclick: makePro }, t("Make this device Pro"));
}
