/**
 * What the page knows of the camera, and who wants to hear of changes.
 *
 * Keys: connection, auth, status, settings, license, system, mqtt, rtsp, capabilities, schema, h264, actors.
 */

const values = new Map();
const watchers = new Map();

export function get(key) {
  return values.get(key);
}

/** The value of one setting, or `fallback` before the first snapshot. */
export function setting(key, fallback = undefined) {
  return values.get("settings")?.[key] ?? fallback;
}

export function isPro() {
  return values.get("license")?.isPro === true;
}

export function set(key, value) {
  values.set(key, value);
  for (const watcher of [...(watchers.get(key) ?? [])]) watcher(value);
}

/** For what is told again and again, mostly unchanged: nobody is disturbed by the same value. */
export function setChanged(key, value) {
  if (JSON.stringify(value) !== JSON.stringify(values.get(key))) set(key, value);
}

/** Call `watcher` on each change of any of `keys`, and at once if there is something to show. Gives the way to stop. */
export function watch(keys, watcher) {
  const list = Array.isArray(keys) ? keys : [keys];
  const call = () => watcher(...list.map(get));
  for (const key of list) {
    if (!watchers.has(key)) watchers.set(key, new Set());
    watchers.get(key).add(call);
  }
  if (list.some((key) => values.has(key))) call();
  return () => list.forEach((key) => watchers.get(key).delete(call));
}
