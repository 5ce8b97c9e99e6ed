/** Changing settings: one request, the result in words. */

import { postJson } from "../http.js";
import { sentence } from "../format.js";
import { lockedReason } from "../labels.js";
import { entryOf } from "./schema.js";

/** Resolves with "" when all is stored, else with what is wrong. Never throws. */
export async function change(values) {
  try {
    const answer = await postJson("settings", values);
    const blocked = answer.proBlocked ?? [];
    return blocked.length ? lockedReason(entryOf(blocked[0])?.pro ?? blocked[0]) : "";
  } catch (error) {
    const texts = error.errors ?? [];
    return texts.length ? texts.map((text) => sentence(text.replace(/^[^:]*: /, ""))).join(" ") : error.message;
  }
}
