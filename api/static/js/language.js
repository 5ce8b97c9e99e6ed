/** The choice of the page's language: kept in this browser, for this browser. */

import { h, newId } from "./dom.js";
import { LANGUAGES, choose, language, t } from "./lang.js";

/** A labelled field; each language is called by its own name. */
export function languageField() {
  const id = newId("language");
  const select = h("select", { id, onchange: () => choose(select.value) }, Object.entries(LANGUAGES).map(([value, name]) => h("option", { value, lang: value, selected: value === language }, name)));
  return h("div.field", h("div.field-head", h("label", { for: id }, t("Language of this page"))), select);
}
