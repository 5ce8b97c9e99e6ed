/** The names of things: event types, detectors, features. One table each. */

import { decibels } from "./format.js";

/** Event type → title, icon, colour (a name in theme.css). */
export const EVENT_TYPES = {
  MOTION: { title: "Motion", icon: "motion", color: "--motion" },
  ANY_SOUND: { title: "Sound", icon: "sound", color: "--any-sound" },
  DOG_BARK: { title: "Dog bark", icon: "bark", color: "--dog-bark" },
  BABY_CRY: { title: "Baby cry", icon: "baby", color: "--baby-cry" },
  OBJECT_PERSON: { title: "Person", icon: "person", color: "--person" },
  OBJECT_DOG: { title: "Dog", icon: "dog", color: "--dog" },
};

const OTHER = { title: "", icon: "detection", color: "--system" };

export function eventKind(type) {
  if (EVENT_TYPES[type]) return EVENT_TYPES[type];
  const name = type.replace(/^(SYSTEM|OBJECT)_/, "").toLowerCase().replaceAll("_", " ");
  return { ...OTHER, icon: type.startsWith("SYSTEM") ? "why" : "detection", title: name };
}

export function isSystem(type) {
  return type.startsWith("SYSTEM");
}

/** What is to be said of one event, in a few words. */
export function eventWords(event) {
  const parts = [];
  if (event.changedPercent !== undefined) parts.push(`${event.changedPercent} % of the picture changed`);
  if (event.db !== undefined) parts.push(decibels(event.db, 1));
  if (event.className) parts.push(event.className);
  if (event.confidence !== undefined && event.confidence !== null) parts.push(`${event.confidence} % sure`);
  if (event.zones?.length) parts.push(event.zones.join(", "));
  if (event.durationMs) parts.push(`${(event.durationMs / 1000).toFixed(1)} s long`);
  return parts.join(" · ");
}

/** The sentence of a system event. */
export function systemWords(event) {
  return event.text ?? eventKind(event.type).title;
}

/** Detector (as in status.detection) → event type and icon. A detector that is not here shows with a plain icon. */
export const DETECTORS = {
  motion: { type: "MOTION", icon: "motion", color: "--motion" },
  sound: { type: "ANY_SOUND", icon: "sound", color: "--any-sound" },
  dogBark: { type: "DOG_BARK", icon: "bark", color: "--dog-bark" },
  babyCry: { type: "BABY_CRY", icon: "baby", color: "--baby-cry" },
  person: { type: "OBJECT_PERSON", icon: "person", color: "--person" },
  dog: { type: "OBJECT_DOG", icon: "dog", color: "--dog" },
};

/** Feature → what it is called, and what it is for. */
/** One that no table here names: its event type follows from its key, as in models/kinds.py. */
export function otherDetector(key, entry) {
  const type = key.replaceAll(/[A-Z]/g, "_$&").toUpperCase();
  const seen = entry.pro === "object_detection";
  return { type: seen ? `OBJECT_${type}` : type, icon: seen ? "detection" : "sound", color: seen ? "--person" : "--any-sound" };
}

const FEATURES = {
  rtsp_streaming: ["Streaming by RTSP", "For recorders and players such as VLC, Frigate or Synology."],
  mqtt_integration: ["MQTT with Home Assistant", "The camera appears in Home Assistant by itself, with its switches, sensors and events."],
  event_history: ["The history of events", "What happened and when, with a picture of each event."],
  event_export: ["Exporting the history", "All events as a table."],
  storage_analytics: ["The storage overview", "How many events are kept, and how much room they take."],
  certificate_download: ["Downloading the certificate", "Install it once, and this browser no longer warns."],
  two_way_audio: ["Talking through the camera", "Speak through its loudspeaker, or let it say what you type."],
  motion_detection: ["Motion detection", "An event whenever something in the picture moves."],
  sound_detection: ["Sound detection", "An event when it gets loud, when a dog barks, or when a baby cries."],
  object_detection: ["Person and dog detection", "An event when a person or a dog comes into the picture."],
  notifications: ["Every notification but motion on this device", "Be told of people, dogs, barking and crying, and by mail, Telegram, ntfy or a webhook of your own."],
  reverse_proxy: ["Running behind a reverse proxy", "For a web server of your own in front of the camera."],
  api_access: ["Direct API access", "For scripts and programs of your own."],
};

export function featureName(feature) {
  return FEATURES[feature]?.[0] ?? feature.replaceAll("_", " ");
}

/** What it is for, in a sentence. */
export function featureWords(feature) {
  return FEATURES[feature]?.[1] ?? "";
}

export function lockedReason(feature) {
  return `${featureName(feature)} needs a Pro licence. This device runs on the free licence.`;
}
