/** How much is stored, and what can be done with it. */

import { getJson, postJson } from "../http.js";
import { card, facts, h, icon, iconButton } from "../dom.js";
import { dateAndTime, number, storedSize } from "../format.js";
import { plural, t } from "../lang.js";
import { confirmed, notice } from "../notices.js";
import { isViewer } from "../session.js";

export function storageCard(onCleared) {
  const list = facts();
  const clear = iconButton("danger.small.changes", "trash", t("Delete all events"), () => clearAll(onCleared));
  const save = h("a.button.small", { href: "api/events/export", download: "ip-camera-events.csv" }, icon("download"), t("Export as CSV"));
  const element = card(t("Stored events"), "disk", h("div.stack", list, h("div.row", save, clear)));
  element.load = async () => {
    if (isViewer()) return; // it is the owner's to know
    const stats = await getJson("api/storage/stats").catch(() => null);
    if (!stats) return;
    list.show({
      [t("Events")]: number(stats.totalEvents),
      [t("Database")]: storedSize(stats.databaseSize),
      [t("Free on the device")]: t("{free} of {total}", { free: storedSize(stats.deviceStorageAvailable), total: storedSize(stats.deviceStorageTotal) }),
      [t("Oldest")]: stats.minTimestamp ? dateAndTime(stats.minTimestamp) : null,
    });
  };
  return element;
}

async function clearAll(onCleared) {
  const yes = await confirmed(t("Delete all events?"), t("Every stored event and its picture will be gone for good, on all days. This cannot be undone."), t("Delete all events"));
  if (!yes) return;
  try {
    const { cleared } = await postJson("events/clear?confirm=true");
    notice(plural(cleared, "{n} event deleted", "{n} events deleted"), "good");
    onCleared();
  } catch (error) {
    notice(t("Nothing was deleted: {reason}", { reason: error.message }), "bad");
  }
}
