/** How the device and its parts are, and what connects to it. */

import { card, h } from "../dom.js";
import { storageCard } from "../events/storage.js";
import { t } from "../lang.js";
import { lockedBox } from "../pro_lock.js";
import * as store from "../store.js";
import { accessCard } from "../system/access.js";
import { actorsCard } from "../system/actors.js";
import { certificateCard } from "../system/certificate.js";
import { encoderCard } from "../system/encoder.js";
import { healthCard } from "../system/health.js";
import { licenceCard } from "../system/licence.js";
import { mqttCard } from "../system/mqtt.js";
import { onvifCard } from "../system/onvif.js";
import { passwordCard } from "../system/password.js";
import { rtspCard } from "../system/rtsp.js";

/** Cards whose form is folded away: who follows a link to them wants it. */
const OPENED = new Set(["rtsp", "mqtt"]);

export function buildSystem(host) {
  const actors = actorsCard();
  const access = accessCard();
  const certificate = certificateCard();
  const onvif = onvifCard();
  const storage = storageCard(() => storage.load());
  const noStorage = card(t("Storage"), "disk", lockedBox("storage_analytics"));
  const columns = h("div.columns", rtspCard(), onvif, mqttCard(), encoderCard(), storage, noStorage, certificate, passwordCard(), access, licenceCard());
  host.append(h("div.page-head", h("h2", t("System"))), h("div.stack.wide-gap", healthCard(), actors, columns));

  const loadStorage = () => {
    const free = store.get("license") !== undefined && !store.isPro();
    storage.hidden = free;
    noStorage.hidden = !free;
    if (store.isPro() && !host.hidden) storage.load();
  };
  store.watch("license", loadStorage);
  return {
    async shown(argument) {
      loadStorage();
      await Promise.all([access.load(), actors.load(), certificate.load(), onvif.load()]);
      if (argument) land(argument);
    },
  };
}

/** Once everything has its height: the card that was linked to, open and marked. */
function land(id) {
  const element = document.getElementById(id);
  if (!element) return;
  const details = element.querySelector("details");
  if (details && OPENED.has(id)) details.open = true;
  element.scrollIntoView({ block: "start" });
  element.tabIndex = -1;
  element.focus({ preventScroll: true });
}
