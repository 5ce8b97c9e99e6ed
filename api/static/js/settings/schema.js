/** The registry of settings as the server describes it, and the words for values. */

import { decibels, quantity } from "../format.js";
import { plural, t, told } from "../lang.js";
import * as store from "../store.js";

/** GET /api/settings/schema → one list, each entry with its group. */
export function readSchema({ groups }) {
  return groups.flatMap(({ group, settings }) => settings.map((entry) => ({ group: told(group), ...entry, title: told(entry.title), help: told(entry.help), default: told(entry.default) })));
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
  if (entry.key === "rotation") return value === 0 ? t("Upright") : `${value}°`;
  if (entry.key === "resolution" || entry.key === "subResolution") return String(value).replace("x", " × ");
  if (entry.key === "cameraId") {
    const camera = store.get("capabilities")?.cameras?.find((item) => item.id === value);
    return camera?.name ? `${value} · ${camera.name}` : t("Camera {number}", { number: value });
  }
  return withUnit(entry, value);
}

export function valueLabel(entry, value) {
  if (typeof value === "boolean") return value ? t("On") : t("Off");
  if (value === "" || value === undefined) return "–";
  return withUnit(entry, value);
}

/** A number without a unit is a port or an index, which no language groups. */
function withUnit({ unit }, value) {
  return unit && typeof value === "number" ? quantity(value, unit) : String(value);
}

/** What a number means, in plain words; "" where the help says it all. */
export function plainWords(key, value) {
  if (key === "motionSensitivity") {
    const percent = 20 * (0.1 / 20) ** ((value - 1) / 9);
    return t("Reports when about {percent} of the picture changes.", { percent: quantity(percent, "%", percent < 10 ? 1 : 0) });
  }
  if (key === "soundThreshold") return t("Reports sounds of {level} and louder: {example}.", { level: decibels(-10 - value / 2), example: loudness(-10 - value / 2) });
  if (key.endsWith("Cooldown")) return value === 0 ? t("Every event is reported.") : t("At most one event in {seconds}.", { seconds: quantity(value, "s") });
  if (key.endsWith("Confidence")) return certainty(value);
  if (key === "objectDetectionSamplingRate") return plural(value, "Looks at up to {n} picture a second.", "Looks at up to {n} pictures a second.");
  return "";
}

function certainty(value) {
  const percent = quantity(value, "%");
  if (value < 40) return t("Reports when at least {percent} sure: more false alarms.", { percent });
  if (value > 80) return t("Reports when at least {percent} sure: may miss some.", { percent });
  return t("Reports when at least {percent} sure.", { percent });
}

function loudness(db) {
  if (db >= -20) return t("only a shout or a bang near the device");
  if (db >= -32) return t("loud speech in the room");
  if (db >= -45) return t("normal speech in the room");
  return t("quiet sounds too");
}
