/** Changing the password of this page. All other sessions end; this one goes on. */

import { card, h } from "../dom.js";
import { changePassword } from "../session.js";
import * as store from "../store.js";
import { inputField, reason, resultLine } from "./form.js";

const SHORTEST = 8;

export function passwordCard() {
  const current = inputField("Current password", { type: "password", autocomplete: "current-password", required: true });
  const next = inputField("New password", { type: "password", autocomplete: "new-password", required: true, minlength: SHORTEST }, `At least ${SHORTEST} characters.`);
  const again = inputField("New password again", { type: "password", autocomplete: "new-password", required: true });
  const result = resultLine();
  const button = h("button.primary", { type: "submit" }, "Change password");
  const form = h("form.stack", {
    onsubmit: async (event) => {
      event.preventDefault();
      if (next.input.value !== again.input.value) return result.say("The two new passwords differ.", "bad");
      button.disabled = true;
      try {
        await changePassword(current.input.value, next.input.value);
        form.reset();
        result.say("Changed. Everybody else has to sign in again.", "good");
      } catch (error) {
        result.say(reason(error), "bad");
      }
      button.disabled = false;
    },
  }, h("input", { type: "text", autocomplete: "username", value: "camera", hidden: true, "aria-hidden": "true", tabindex: -1 }), current, next, again, h("div.row.end", button), result);
  const off = h("p.muted.small", "Password protection is off: everybody in this network can open this page. Switch it on at the device with ", h("code", "ipcamera password on"), ".");
  const element = card("Password", "key", form, off);
  element.id = "password";
  store.watch("auth", (auth) => {
    form.hidden = !auth?.enabled;
    off.hidden = Boolean(auth?.enabled);
  });
  return element;
}
