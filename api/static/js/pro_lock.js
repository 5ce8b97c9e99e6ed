/** How a Pro feature looks on a free licence: what it is and the way to it, never an error. */

import { h, icon } from "./dom.js";
import { t } from "./lang.js";
import { proButton } from "./pro.js";
import { isViewer } from "./session.js";
import { featureName, featureWords } from "./labels.js";

export function lockedBox(feature) {
  return h(
    "div.locked",
    { "data-feature": feature },
    h("strong", icon("lock"), t("{feature} is part of Pro", { feature: featureName(feature) })),
    h("p.small", featureWords(feature)),
    isViewer() ? null : proButton(),
  );
}
