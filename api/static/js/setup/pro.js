/** Free or Pro. */

import { h, icon } from "../dom.js";
import { t } from "../lang.js";
import { enterKey, proButton } from "../pro.js";
import * as store from "../store.js";
import { PRO } from "../system/licence.js";

export function proStep() {
  const yes = h("p.good", icon("star"), " ", t("This device is Pro: everything is switched on or can be."));
  const free = h("div.stack", h("p", t("Pro adds:")), h("ul.bullets", PRO.map((text) => h("li", text))), h("div.row", proButton(".primary"), h("button", { type: "button", onclick: enterKey }, t("Enter a licence key"))));
  const element = h("div.stack", yes, free);
  store.watch("license", (license) => {
    yes.hidden = !license?.isPro;
    free.hidden = license?.isPro === true;
  });
  return element;
}
