/** A way to the first steps, below the picture, while nobody has taken them. */

import { h, icon } from "../dom.js";
import { t } from "../lang.js";
import * as store from "../store.js";

export function firstRunHint() {
  const hint = h("section.hint.changes", { "aria-label": t("First steps"), hidden: true }, icon("info"), h("div", h("strong", t("Set this camera up")), h("p.muted.small", t("Its name, its password, what it should watch for: six short steps, each can be skipped.")), h("div.row", h("a.button.primary.small", { href: "#setup" }, t("Begin")))));
  store.watch("settings", (settings) => (hint.hidden = settings?.setupDone !== false));
  return hint;
}
