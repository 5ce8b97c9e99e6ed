/** A way to the first steps, below the picture, while nobody has taken them. */

import { h, icon } from "../dom.js";
import * as store from "../store.js";

export function firstRunHint() {
  const hint = h("section.hint.changes", { "aria-label": "First steps", hidden: true }, icon("info"), h("div", h("strong", "Set this camera up"), h("p.muted.small", "Its name, its password, what it should watch for: six short steps, each can be skipped."), h("div.row", h("a.button.primary.small", { href: "#setup" }, "Begin"))));
  store.watch("settings", (settings) => (hint.hidden = settings?.setupDone !== false));
  return hint;
}
