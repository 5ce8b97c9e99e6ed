/** What to watch for: a switch for each detector, and the models that it needs fetched there and then. */

import { modelBox } from "../detection/model_box.js";
import { readDetectors } from "../detection/detectors.js";
import { h } from "../dom.js";
import { lockedBox } from "../pro_lock.js";
import * as models from "../models.js";
import { settingField } from "../settings/field.js";
import * as store from "../store.js";

export function detectorsStep() {
  const { detectors } = readDetectors(store.get("schema"));
  const list = h("div.stack", detectors.map(({ key, entry }) => h("div.stack.tight", { "data-detector": key }, settingField(entry), modelBoxWhenOn(key, entry))));
  const locked = lockedBox("object_detection");
  const element = h("div.stack", locked, list);
  element.shown = () => store.isPro() && models.load();
  store.watch("license", (license) => {
    locked.hidden = license?.isPro === true;
    list.hidden = !locked.hidden;
    if (license?.isPro && element.offsetParent) models.load();
  });
  return element;
}

/** A model is of interest to somebody who has switched its detector on. */
function modelBoxWhenOn(key, entry) {
  const box = h("div", modelBox(key));
  store.watch("settings", (settings) => (box.hidden = settings?.[entry.key] !== true));
  return box;
}
