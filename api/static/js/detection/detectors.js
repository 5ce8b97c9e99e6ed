/** Which detectors there are, read from the registry of settings: no detector is named here. */

const FEATURES = new Set(["motion_detection", "sound_detection", "object_detection"]);

/**
 * Every switch of a detection feature is a detector; the settings that share its stem belong to it.
 * Settings of a family that belong to no single detector ("objectDetectionSamplingRate") are given as `shared`.
 */
export function readDetectors(schema) {
  const switches = schema.filter((entry) => FEATURES.has(entry.pro) && entry.type === "boolean" && entry.key.endsWith("Enabled"));
  const detectors = switches.map((entry) => {
    const stem = entry.key.slice(0, -"Enabled".length);
    const fields = schema.filter((other) => other !== entry && other.key.startsWith(stem) && !other.pro);
    return { key: detectorKey(stem), entry, fields };
  });
  const owned = new Set(detectors.flatMap((detector) => [detector.entry, ...detector.fields].map((entry) => entry.key)));
  const groups = new Set(switches.map((entry) => entry.group));
  const shared = schema.filter((entry) => groups.has(entry.group) && !owned.has(entry.key));
  return { detectors, shared };
}

/** "objectPersonDetection" → "person", "dogBarkClassification" → "dogBark": the key in status.detection. */
function detectorKey(stem) {
  const core = stem.replace(/^object(?=[A-Z])/, "").replace(/(Detection|Classification)$/, "");
  return core[0].toLowerCase() + core.slice(1);
}

/** "dog_bark" → "dogBark": levels are named as the detectors' actors name them. */
export function camel(key) {
  return key.replaceAll(/_(.)/g, (_, letter) => letter.toUpperCase());
}

/** "dogBark" → "dog_bark". */
export function snake(key) {
  return key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
