/** The service worker: registered where notifications are wanted; says which event to show when one is tapped. */

/** Only where the owner has allowed notifications: a browser that does not trust the certificate complains otherwise. */
export function startWorker() {
  if (!("serviceWorker" in navigator)) return;
  navigator.serviceWorker.addEventListener("message", ({ data }) => {
    if (typeof data?.show === "string" && data.show.startsWith("#")) location.hash = data.show;
  });
  if (globalThis.Notification?.permission === "granted") register().catch((error) => console.info(`No service worker: ${error.message}`));
}

/** Resolves with its registration as soon as it is active. */
export async function register() {
  await navigator.serviceWorker.register("sw.js");
  return navigator.serviceWorker.ready;
}
