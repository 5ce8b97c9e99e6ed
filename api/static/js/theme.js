/** Dark or light: the system's choice until the user makes one. */

const KEY = "ipcamera.theme";
const light = matchMedia("(prefers-color-scheme: light)");
const listeners = new Set();

export function isLight() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "light" : light.matches;
}

export function toggle() {
  choose(isLight() ? "dark" : "light");
  localStorage.setItem(KEY, document.documentElement.dataset.theme);
}

/** Canvases have to be drawn again. */
export function onChange(listener) {
  listeners.add(listener);
}

/** The value of a colour of theme.css, for canvases. */
export function color(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function choose(theme) {
  document.documentElement.dataset.theme = theme;
  for (const listener of listeners) listener();
}

const stored = localStorage.getItem(KEY);
if (stored === "light" || stored === "dark") choose(stored);
light.addEventListener("change", () => listeners.forEach((listener) => listener()));
