/** The registry of settings as the server describes it, and the words for values. */

import { decibels } from "../format.js";
import * as store from "../store.js";

/** GET /api/settings/schema → one list, each entry with its group. */
export function readSchema({ groups }) {
  return groups.flatMap(({ group, settings }) => settings.map((entry) => ({ group, ...entry })));
}

export function entryOf(key) {
  return store.get("schema")?.find((entry) => entry.key === key);
}

/** The values that may be chosen, null where the value is free. */
export function choicesOf(entry) {
  if (entry.choices?.length) return entry.choices;
  if (!entry.optionsFrom) return null;
  const options = store.get("capabilities")?.[entry.optionsFrom];
  return options?.length ? options : null;
}

export function choiceLabel(entry, value) {
  if (entry.key === "rotation") return value === 0 ? "Upright" : `${value}°`;
  if (entry.key === "resolution" || entry.key === "subResolution") return String(value).replace("x", " × ");
  if (entry.key === "cameraId") {
    const camera = store.get("capabilities")?.cameras?.find((item) => item.id === value);
    return camera?.name ? `${value} · ${camera.name}` : `Camera ${value}`;
  }
  return entry.unit ? `${value} ${entry.unit}` : String(value);
}

export function valueLabel(entry, value) {
  if (typeof value === "boolean") return value ? "On" : "Off";
  if (value === "" || value === undefined) return "–";
  return entry.unit ? `${value} ${entry.unit}` : String(value);
}

/** What a number means, in plain words; "" where the help says it all. */
export function plainWords(key, value) {
  if (key === "motionSensitivity") {
    const percent = 20 * (0.1 / 20) ** ((value - 1) / 9);
    return `Reports when about ${percent < 1 ? percent.toFixed(1) : percent.toPrecision(2)} % of the picture changes.`;
  }
  if (key === "soundThreshold") return `Reports sounds of ${decibels(-10 - value / 2)} and louder: ${loudness(-10 - value / 2)}.`;
  if (key.endsWith("Cooldown")) return value === 0 ? "Every event is reported." : `At most one event in ${value} s.`;
  if (key.endsWith("Confidence")) return `Reports when at least ${value} % sure${value < 40 ? ": more false alarms" : value > 80 ? ": may miss some" : ""}.`;
  if (key === "objectDetectionSamplingRate") return `Looks at up to ${value} ${value === 1 ? "picture" : "pictures"} a second.`;
  return "";
}

function loudness(db) {
  if (db >= -20) return "only a shout or a bang near the device";
  if (db >= -32) return "loud speech in the room";
  if (db >= -45) return "normal speech in the room";
  return "quiet sounds too";
}
