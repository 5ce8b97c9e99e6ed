/** Short notices in the corner, and questions that must be answered. */

import { h, squareButton } from "./dom.js";
import { t } from "./lang.js";

const SHOWN_MS = 6000;
const MOST = 4;

/** `kind`: "", good, warn, bad. Problems stay a little longer. */
export function notice(text, kind = "") {
  const box = document.getElementById("notices");
  const twin = [...box.children].find((child) => child.dataset.text === text);
  twin?.remove();
  const element = h(`div.notice${kind && `.${kind}`}`, { "data-text": text }, h("p", text));
  const close = () => element.remove();
  element.append(squareButton("close", t("Dismiss"), close, ".small.quiet"));
  box.append(element);
  while (box.children.length > MOST) box.firstChild.remove();
  setTimeout(close, kind === "bad" ? SHOWN_MS * 1.5 : SHOWN_MS);
  return element;
}

/** A dialog that shows `children`; resolves with the value of the pressed button, "" when dismissed. */
export function openDialog(title, children, actions, selector = "") {
  const dialog = h(`dialog${selector}`, { "aria-label": title }, h("h2", title), children);
  const buttons = actions.map(([label, value, kind]) =>
    h(`button${kind && `.${kind}`}`, { type: "button", onclick: () => dialog.close(value) }, label),
  );
  dialog.append(h("div.actions", buttons));
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue);
    });
  });
}

/** True if the user says yes. */
export async function confirmed(title, text, yes, kind = "danger") {
  const answer = await openDialog(title, h("p.muted", text), [
    [t("Cancel"), "", ""],
    [yes, "yes", kind],
  ]);
  return answer === "yes";
}
