/** The models of the detectors: which are here, and fetching the others, followed until it is over. */

import { getJson, postJson } from "./http.js";
import * as store from "./store.js";

const EVERY_MS = 700;
const UNDER_WAY = new Set(["waiting", "fetching"]);
let timer = 0;

/** Ask once; while something is being fetched, again and again. */
export async function load() {
  clearTimeout(timer);
  const answer = await getJson("api/models").catch(() => null);
  if (answer) store.setChanged("models", answer.models);
  if (isFetching() || answer === null) timer = setTimeout(load, EVERY_MS);
}

/** Those that the detector of `key` (as in status.detection) needs. */
export function modelsOf(key) {
  return (store.get("models") ?? []).filter((model) => model.serves.includes(key));
}

export function isFetching(models = store.get("models") ?? []) {
  return models.some((model) => UNDER_WAY.has(model.state));
}

/** Throws AskError. */
export async function fetchModels(detector) {
  await postJson("api/models/fetch", { detector });
  await load();
}
