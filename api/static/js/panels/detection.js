/** A card for each detector of the registry, with a live meter to set it by. */

import { getJson } from "../http.js";
import { detectorCard } from "../detection/card.js";
import { camel, readDetectors, snake } from "../detection/detectors.js";
import { card, h } from "../dom.js";
import { onEvent } from "../events/feed.js";
import { t } from "../lang.js";
import { settingField } from "../settings/field.js";
import { DETECTORS, eventKind, otherDetector } from "../labels.js";
import * as models from "../models.js";
import * as socket from "../socket.js";
import * as store from "../store.js";
import { tunerCard } from "../tuner/card.js";
import { zonesCard } from "../zones/card.js";

const LATEST = 300;
const LOOKING = new Set(["motion_detection", "object_detection"]);

export function buildDetection(host) {
  const grid = h("div.cards");
  const more = h("details.more", h("summary", t("More sounds and things, not measured")), h("div.cards"));
  const cards = new Map();
  let zones = null;
  host.append(h("div.page-head", h("h2", t("Detection")), h("p.lead", t("The line in each meter is the level that counts as an event: move the slider and watch it."))), grid, more);

  store.watch("schema", (schema) => {
    if (!schema) return;
    const { detectors, shared } = readDetectors(schema);
    cards.clear();
    for (const detector of detectors) cards.set(detector.key, detectorCard(detector));
    const isMore = ({ entry }) => entry.extension;
    grid.replaceChildren(...detectors.filter((one) => !isMore(one)).map(({ key }) => cards.get(key)));
    more.lastChild.replaceChildren(...detectors.filter(isMore).map(({ key }) => cards.get(key)));
    zones = zonesCard(detectors.filter(({ entry }) => LOOKING.has(entry.pro) && (!isMore({ entry }) || store.setting(entry.key))).map(({ key, entry }) => ({ key: snake(key), title: eventKind((DETECTORS[key] ?? otherDetector(key, entry)).type).title })));
    grid.append(zones, tunerCard(detectors, zones.zones));
    if (!host.hidden) zones.picture();
    if (shared.length) grid.append(card(t("Shared by the detectors"), "chip", h("div.stack", shared.map((entry) => settingField(entry)))));
    loadLatest(cards);
  });
  store.watch("license", () => {
    loadLatest(cards);
    loadModels();
  });
  socket.on("levels", (message) => {
    for (const level of message.levels) cards.get(camel(level.key))?.level(level);
  });
  onEvent((event) => {
    if (event.eventType === "disappeared") return;
    for (const element of cards.values()) if (element.eventType === event.type) element.addEvent(event);
  });
  return {
    shown: () => {
      loadModels();
      zones?.picture();
    },
  };
}

/** What is fetched is news for all cards; on a free licence nothing can be switched on that would need it. */
function loadModels() {
  if (store.isPro()) models.load();
}

async function loadLatest(cards) {
  if (!store.isPro() || !cards.size) return;
  const page = await getJson(`events?limit=${LATEST}`).catch(() => null);
  for (const element of page ? cards.values() : []) element.setEvents(page.events.filter((event) => event.type === element.eventType));
}
