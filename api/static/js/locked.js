/** How a Pro feature looks on a free licence: a reason and the way out, never an error. */

import { h, icon } from "./dom.js";
import { featureName } from "./words.js";

export function lockedBox(feature) {
  return h(
    "div.locked",
    { "data-feature": feature },
    h("strong", icon("lock"), `${featureName(feature)} is part of Pro`),
    h("p.small", "This device runs on the free licence. ", h("a", { href: "#system/licence" }, "How to make it Pro")),
  );
}
