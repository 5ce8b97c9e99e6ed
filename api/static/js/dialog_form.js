/** A question with fields in a dialog, which stays open with the reason until the answer is good. */

import { h } from "./dom.js";
import { t } from "./lang.js";
import { reason, resultLine } from "./system/form.js";

/** `submit()` may throw: its reason is shown. Resolves with whether it has worked. */
export function askInDialog(title, intro, fields, label, submit) {
  const result = resultLine();
  const button = h("button.primary", { type: "submit" }, label);
  const dialog = h("dialog", { "aria-label": title }, h("h2", title));
  const form = h("form.stack", {
    onsubmit: async (event) => {
      event.preventDefault();
      button.disabled = true;
      try {
        await submit();
        dialog.close("done");
      } catch (error) {
        result.say(reason(error), "bad");
      }
      button.disabled = false;
    },
  }, intro, fields, result, h("div.actions", h("button", { type: "button", onclick: () => dialog.close("") }, t("Cancel")), button));
  dialog.append(form);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "done");
    });
  });
}
