/** Name and place: two settings that are shown wherever the camera is. */

import { h } from "../dom.js";
import { settingField } from "../settings/field.js";
import { entryOf } from "../settings/schema.js";

const PLACES = ["Nursery", "Living room", "Kitchen", "Hallway", "Front door", "Garden", "Garage", "Workshop"];

export function nameStep() {
  const list = h("datalist", { id: "places" }, PLACES.map((place) => h("option", { value: place })));
  const place = settingField(entryOf("devicePlace"), { help: false });
  place.querySelector("input").setAttribute("list", list.id);
  return h("div.stack", settingField(entryOf("deviceName")), place, list);
}
