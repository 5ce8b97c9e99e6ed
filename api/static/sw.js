/** Shows what the camera pushes, and opens the page at the event. It runs without a page, keeps nothing, caches nothing. */

const PICTURE_WITHIN_MS = 1500;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("push", (event) => event.waitUntil(show(event.data.json())));
self.addEventListener("notificationclick", (event) => event.waitUntil(open(event.notification)));
self.addEventListener("pushsubscriptionchange", (event) => event.waitUntil(renew(event.oldSubscription, event.newSubscription)));

async function show({ title, body, tag, timestamp, url, image, thumbnail }) {
  const picture = (thumbnail && (await fetched(thumbnail))) || image;
  const more = picture ? { image: picture } : {};
  await self.registration.showNotification(title, { body, tag, timestamp, icon: "icons/icon-192.png", badge: "icons/badge-96.png", data: { url }, ...more });
}

/** The picture at its full size, while the camera can be reached; the push message has a small one for elsewhere. */
async function fetched(path) {
  try {
    const response = await fetch(path, { credentials: "same-origin", signal: AbortSignal.timeout(PICTURE_WITHIN_MS) });
    if (!response.ok) return "";
    const bytes = new Uint8Array(await response.arrayBuffer());
    return `data:image/jpeg;base64,${btoa(bytes.reduce((text, byte) => text + String.fromCharCode(byte), ""))}`;
  } catch {
    return "";
  }
}

async function open(notification) {
  notification.close();
  const target = new URL(notification.data?.url ?? "./", self.registration.scope);
  const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const page = windows.find((one) => one.url.startsWith(self.registration.scope));
  if (!page) return self.clients.openWindow(target.href);
  page.postMessage({ show: target.hash });
  return page.focus();
}

/** The push service gives this browser another address. */
async function renew(former, fresh) {
  const subscription = fresh ?? (await self.registration.pushManager.subscribe(former.options));
  const status = await fetch("auth/status", { credentials: "same-origin" });
  const { csrfToken } = await status.json();
  const body = JSON.stringify({ kind: "push", subscription, replaces: former?.endpoint ?? "" });
  await fetch("api/notifications/channels", { method: "POST", credentials: "same-origin", headers: { "Content-Type": "application/json", "X-CSRF-Token": csrfToken }, body });
}
