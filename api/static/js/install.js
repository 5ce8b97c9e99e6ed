/** Installing the page as an app: the browser's offer comes early and once, and is kept here until it is wanted. */

let offer = null;
const listeners = new Set();

addEventListener("beforeinstallprompt", (event) => {
  event.preventDefault();
  offer = event;
  tell();
});
addEventListener("appinstalled", () => {
  offer = null;
  tell();
});

function tell() {
  for (const listener of listeners) listener();
}

export function onInstallable(listener) {
  listeners.add(listener);
}

export function canInstall() {
  return offer !== null;
}

export function isInstalled() {
  return matchMedia("(display-mode: standalone)").matches;
}

export async function install() {
  const given = offer;
  offer = null;
  await given?.prompt();
  tell();
}
