/** The names of things: event types, detectors, features. One table each. */

import { decibels, quantity } from "./format.js";
import { t, told } from "./lang.js";

/** Event type → title, icon, colour (a name in theme.css). */
export const EVENT_TYPES = {
  MOTION: { title: t("Motion"), icon: "motion", color: "--motion" },
  ANY_SOUND: { title: t("Sound"), icon: "sound", color: "--any-sound" },
  DOG_BARK: { title: t("Dog bark"), icon: "bark", color: "--dog-bark" },
  BABY_CRY: { title: t("Baby cry"), icon: "baby", color: "--baby-cry" },
  OBJECT_PERSON: { title: t("Person"), icon: "person", color: "--person" },
  OBJECT_DOG: { title: t("Dog"), icon: "dog", color: "--dog" },
};

export function eventKind(type) {
  if (EVENT_TYPES[type]) return EVENT_TYPES[type];
  const words = type.replace(/^(SYSTEM|OBJECT)_/, "").toLowerCase().replaceAll("_", " ");
  const name = told(words[0].toUpperCase() + words.slice(1));
  if (isSystem(type)) return { title: name, icon: "why", color: "--system" };
  return { title: name, icon: "detection", color: type.startsWith("OBJECT") ? "--person" : "--any-sound" };
}

export function isSystem(type) {
  return type.startsWith("SYSTEM");
}

/** What is to be said of one event, in a few words. */
export function eventWords(event) {
  const parts = [];
  if (event.changedPercent !== undefined) parts.push(t("{percent} of the picture changed", { percent: quantity(event.changedPercent, "%", 1) }));
  if (event.db !== undefined) parts.push(decibels(event.db, 1));
  if (event.className) parts.push(told(event.className));
  if (event.confidence !== undefined && event.confidence !== null) parts.push(t("{percent} sure", { percent: quantity(event.confidence, "%") }));
  if (event.zones?.length) parts.push(event.zones.join(", "));
  if (event.durationMs) parts.push(t("{seconds} long", { seconds: quantity(event.durationMs / 1000, "s", 1) }));
  return parts.join(" · ");
}

/** The sentence of a system event. */
export function systemWords(event) {
  return event.text ? told(event.text) : eventKind(event.type).title;
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

/** One that no table here names: its event type follows from its key, as in models/event_kinds.py. */
export function otherDetector(key, entry) {
  const type = key.replaceAll(/[A-Z]/g, "_$&").toUpperCase();
  const heard = entry.pro === "sound_detection";
  return { type: entry.pro === "object_detection" ? `OBJECT_${type}` : type, icon: heard ? "sound" : "detection", color: heard ? "--any-sound" : "--person" };
}

/** Feature → what it is called, and what it is for. */
const FEATURES = {
  rtsp_streaming: [t("Streaming by RTSP"), t("For recorders and players such as VLC, Frigate or Synology.")],
  mqtt_integration: [t("MQTT with Home Assistant"), t("The camera appears in Home Assistant by itself, with its switches, sensors and events.")],
  event_history: [t("The history of events"), t("What happened and when, with a picture of each event.")],
  event_export: [t("Exporting the history"), t("All events as a table.")],
  storage_analytics: [t("The storage overview"), t("How many events are kept, and how much room they take.")],
  certificate_download: [t("Downloading the certificate"), t("Install it once, and this browser no longer warns.")],
  two_way_audio: [t("Talking through the camera"), t("Speak through its loudspeaker, or let it say what you type.")],
  motion_detection: [t("Motion detection"), t("An event whenever something in the picture moves.")],
  sound_detection: [t("Sound detection"), t("An event when it gets loud, when a dog barks, or when a baby cries.")],
  object_detection: [t("Person and dog detection"), t("An event when a person or a dog comes into the picture.")],
  notifications: [t("Every notification but motion on this device"), t("Be notified of people, dogs, barking and crying, and by mail, Telegram, ntfy or a webhook of your own.")],
  reverse_proxy: [t("Running behind a reverse proxy"), t("For a web server of your own in front of the camera.")],
  api_access: [t("Direct API access"), t("For scripts and programs of your own.")],
};

export function featureName(feature) {
  return FEATURES[feature]?.[0] ?? feature.replaceAll("_", " ");
}

/** What it is for, in a sentence. */
export function featureWords(feature) {
  return FEATURES[feature]?.[1] ?? "";
}

export function lockedReason(feature) {
  return t("{feature} needs a Pro licence. This device runs on the free licence.", { feature: featureName(feature) });
}
