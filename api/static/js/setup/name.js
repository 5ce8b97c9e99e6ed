/** Name and place: two settings that are shown wherever the camera is. */

import { h } from "../dom.js";
import { t } from "../lang.js";
import { languageField } from "../language.js";
import { settingField } from "../settings/field.js";
import { entryOf } from "../settings/schema.js";

const PLACES = [t("Nursery"), t("Living room"), t("Kitchen"), t("Hallway"), t("Front door"), t("Garden"), t("Garage"), t("Workshop")];

export function nameStep() {
  const list = h("datalist", { id: "places" }, PLACES.map((place) => h("option", { value: place })));
  const place = settingField(entryOf("devicePlace"), { help: false });
  place.querySelector("input").setAttribute("list", list.id);
  return h("div.stack", languageField(), settingField(entryOf("deviceName")), place, list);
}
