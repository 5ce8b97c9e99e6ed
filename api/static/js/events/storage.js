/** How much is stored, and what can be done with it. */

import { getJson, postJson } from "../http.js";
import { card, facts, h, icon, iconButton } from "../dom.js";
import { dateAndTime } from "../format.js";
import { confirmed, notice } from "../notices.js";
import { isViewer } from "../session.js";

export function storageCard(onCleared) {
  const list = facts();
  const clear = iconButton("danger.small.changes", "trash", "Delete all events", () => clearAll(onCleared));
  const save = h("a.button.small", { href: "api/events/export", download: "ip-camera-events.csv" }, icon("download"), "Export as CSV");
  const element = card("Stored events", "disk", h("div.stack", list, h("div.row", save, clear)));
  element.load = async () => {
    if (isViewer()) return; // it is the owner's to know
    const stats = await getJson("api/storage/stats").catch(() => null);
    if (!stats) return;
    list.show({
      "Events": stats.totalEvents.toLocaleString(),
      "Database": stats.databaseSize,
      "Free on the device": `${stats.deviceStorageAvailable} of ${stats.deviceStorageTotal}`,
      "Oldest": stats.minTimestamp ? dateAndTime(stats.minTimestamp) : null,
    });
  };
  return element;
}

async function clearAll(onCleared) {
  const yes = await confirmed("Delete all events?", "Every stored event and its picture will be gone for good, on all days. This cannot be undone.", "Delete all events");
  if (!yes) return;
  try {
    const { cleared } = await postJson("events/clear?confirm=true");
    notice(`${cleared.toLocaleString()} events deleted`, "good");
    onCleared();
  } catch (error) {
    notice(`Nothing was deleted: ${error.message}`, "bad");
  }
}
