/** The password of this page: changing it, or setting one where protection is off. Other sessions end; this one goes on. */

import { card, h } from "../dom.js";
import { plural, t } from "../lang.js";
import { codeField, codeWhere } from "../pro.js";
import { changePassword, startProtection } from "../session.js";
import * as store from "../store.js";
import { inputField, reason, resultLine } from "./form.js";

const SHORTEST = 8;

export function passwordCard() {
  const element = card(t("Password"), "key", passwordContent());
  element.id = "password";
  return element;
}

/** The form that fits: one of the two, whichever way protection is. */
export function passwordContent() {
  const current = inputField(t("Current password"), { type: "password", autocomplete: "current-password", required: true }, t("The one that the device printed may be typed without its dashes."));
  const change = passwordForm(current, t("Change password"), (next) => changePassword(current.input.value, next), t("Changed. Everybody else has to sign in again."));
  const code = codeField();
  const set = passwordForm(code, t("Set the password"), (next) => startProtection(code.input.value, next), t("Set. From now on this page asks for it."));
  const off = h("div.stack", h("p.muted.small", t("Password protection is off: everybody in this network can open this page. Set a password to switch it on.")), codeWhere(), set);
  const content = h("div");
  store.watch("auth", (auth) => {
    const wanted = auth?.enabled === false ? off : change;
    if (content.firstChild !== wanted) content.replaceChildren(wanted);
  });
  return content;
}

/** `proof`: the field that shows who asks; `send(next)` may throw. */
function passwordForm(proof, label, send, done) {
  const next = inputField(t("New password"), { type: "password", autocomplete: "new-password", required: true, minlength: SHORTEST }, plural(SHORTEST, "At least {n} character.", "At least {n} characters."));
  const again = inputField(t("New password again"), { type: "password", autocomplete: "new-password", required: true });
  const result = resultLine();
  const button = h("button.primary", { type: "submit" }, label);
  const form = h("form.stack", {
    onsubmit: async (event) => {
      event.preventDefault();
      if (next.input.value !== again.input.value) return result.say(t("The two new passwords differ."), "bad");
      button.disabled = true;
      try {
        await send(next.input.value);
        form.reset();
        result.say(done, "good");
      } catch (error) {
        result.say(reason(error), "bad");
      }
      button.disabled = false;
    },
  }, h("input", { type: "text", autocomplete: "username", value: "camera", hidden: true, "aria-hidden": "true", tabindex: -1 }), proof, next, again, h("div.row.end", button), result);
  return form;
}
