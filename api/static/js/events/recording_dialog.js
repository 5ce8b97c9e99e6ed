/** A continuous recording, from the moment on that was chosen on the time line. */

import { deleteJson, postJson } from "../http.js";
import { h, squareButton } from "../dom.js";
import { dateAndTime } from "../format.js";
import { t } from "../lang.js";
import { confirmed } from "../notices.js";
import { clipActions, clipPlayer } from "./clip_player.js";

/** `time`: Unix ms within `clip`. Resolves when the dialog is closed. */
export function openRecording(clip, time) {
  const player = clipPlayer(clip, time - clip.start);
  const close = squareButton("close", t("Close"), () => dialog.close(), ".small.quiet");
  const title = dateAndTime(clip.start);
  const actions = clipActions(clip, { confirmed, postJson, deleteJson, link: new URL(clip.video.slice(1), location.href).href, onDeleted: () => dialog.close() });
  const dialog = h("dialog.event", { "aria-label": title }, h("header.row", h("h2", title), close), h("div.stack", player, actions));
  document.body.append(dialog);
  dialog.showModal();
  player.start();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      player.stop();
      dialog.remove();
      resolve();
    });
  });
}
