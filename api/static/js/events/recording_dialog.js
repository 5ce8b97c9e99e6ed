/** A continuous recording, from the moment on that was chosen on the time line: it goes on from file to file. */

import { deleteJson, postJson } from "../http.js";
import { h, squareButton } from "../dom.js";
import { dateAndTime } from "../format.js";
import { t } from "../lang.js";
import { confirmed } from "../notices.js";
import { clipActions, clipPlayer } from "./clip_player.js";

/**
 * `time`: Unix ms within `clip`; `clipAt`: the clip of a moment, undefined where there is none.
 * Resolves when the dialog is closed.
 */
export function openRecording(clip, time, clipAt) {
  const title = h("h2");
  const body = h("div.stack");
  const earlier = squareButton("left", t("Earlier recording"), () => show(clipAt(clip.start - 1)), ".small");
  const later = squareButton("right", t("Later recording"), () => goOn(), ".small");
  const close = squareButton("close", t("Close"), () => dialog.close(), ".small.quiet");
  const dialog = h("dialog.event", h("header.row", title, earlier, later, close), body);
  let player = null;
  document.body.append(dialog);
  show(clip, time);
  dialog.showModal();

  function show(next, from = next.start) {
    const former = player?.video;
    player?.stop();
    clip = next;
    player = clipPlayer(clip, from - clip.start);
    if (former) Object.assign(player.video, { playbackRate: former.playbackRate, muted: former.muted });
    player.video.addEventListener("ended", goOn);
    title.textContent = dateAndTime(clip.start);
    dialog.setAttribute("aria-label", title.textContent);
    const link = new URL(clip.video.slice(1), location.href).href;
    body.replaceChildren(player, clipActions(clip, { confirmed, postJson, deleteJson, link, onDeleted: () => dialog.close() }));
    earlier.disabled = !clipAt(clip.start - 1);
    later.disabled = !clipAt(clip.end + 1);
    player.start();
  }

  function goOn() {
    const next = clipAt(clip.end + 1);
    if (next) show(next, clip.end + 1);
  }

  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      player.stop();
      dialog.remove();
      resolve();
    });
  });
}
