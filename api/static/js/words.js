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
  const name = type.replace(/^SYSTEM_/, "").toLowerCase().replaceAll("_", " ");
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

const FEATURES = {
  rtsp_streaming: "Streaming by RTSP",
  mqtt_integration: "MQTT with Home Assistant",
  event_history: "The history of events",
  event_export: "Exporting the history",
  storage_analytics: "The storage overview",
  certificate_download: "Downloading the certificate",
  two_way_audio: "Talking through the camera",
  motion_detection: "Motion detection",
  sound_detection: "Sound detection",
  object_detection: "Person and dog detection",
  reverse_proxy: "Running behind a reverse proxy",
  api_access: "Direct API access",
};

export function featureName(feature) {
  return FEATURES[feature] ?? feature.replaceAll("_", " ");
}

export function lockedReason(feature) {
  return `${featureName(feature)} needs a Pro licence. This device runs on the free licence.`;
}
