/** This browser as a receiver of Web Push: whether it can be, whether it is, and how it becomes one. */

import { deleteJson, postJson } from "../http.js";
import { browserName } from "../system/access.js";
import { register } from "./service_worker.js";

const CHANNEL = "notifications.channel"; // in this browser's own storage: its id at the camera

/** Why this browser cannot be told; "" if it can. */
export function obstacle() {
  const apple = /iPhone|iPad/.test(navigator.userAgent) || (navigator.platform === "MacIntel" && navigator.maxTouchPoints > 1);
  if (apple && !matchMedia("(display-mode: standalone)").matches) return "install";
  if (!isSecureContext || !("serviceWorker" in navigator)) return "insecure";
  if (!("PushManager" in globalThis) || !("Notification" in globalThis)) return "unable";
  return Notification.permission === "denied" ? "denied" : "";
}

/** The id of this browser's channel among `channels`, "" if it has none. */
export function ownChannel(channels) {
  const id = localStorage.getItem(CHANNEL);
  return channels.some((channel) => channel.id === id) ? id : "";
}

/** To be called from a click. Throws an Error whose `code` is as `obstacle` gives it, or "untrusted". */
export async function subscribe(publicKey) {
  let registration;
  try {
    registration = await register();
  } catch (error) {
    throw Object.assign(new Error(error.message), { code: error.name === "SecurityError" ? "untrusted" : "" });
  }
  await (await registration.pushManager.getSubscription())?.unsubscribe(); // made for another key, or ended by the camera
  const subscription = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytesOf(publicKey) });
  const { id } = await postJson("api/notifications/channels", { kind: "push", name: browserName(navigator.userAgent), subscription });
  localStorage.setItem(CHANNEL, id);
  return id;
}

export async function allowed() {
  return (await Notification.requestPermission()) === "granted";
}

export async function unsubscribe(id) {
  await deleteJson(`api/notifications/channels/${encodeURIComponent(id)}`);
  localStorage.removeItem(CHANNEL);
  const registration = await navigator.serviceWorker?.getRegistration();
  await (await registration?.pushManager.getSubscription())?.unsubscribe();
}

/** base64url → bytes */
function bytesOf(text) {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (character) => character.charCodeAt(0));
}
