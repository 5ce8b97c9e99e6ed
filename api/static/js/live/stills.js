/** Snapshot of the stream, and the still at the sensor's full size. */

import { getBlob } from "../http.js";
import { h } from "../dom.js";
import { bytes } from "../format.js";
import { t } from "../lang.js";
import { notice, openDialog } from "../notices.js";
import * as socket from "../socket.js";

const CAPTURE_PATIENCE_MS = 20_000;

let waiting = 0;

export async function takeSnapshot() {
  try {
    download(await getBlob("snapshot"), `snapshot-${stamp()}.jpg`);
  } catch (error) {
    notice(t("No snapshot: {reason}", { reason: error.message }), "bad");
  }
}

/** Ask for a capture; `onState(busy)` while it is under way. */
export function takeCapture(onState) {
  if (!socket.send({ type: "capture" })) return;
  onState(true);
  clearTimeout(waiting);
  waiting = setTimeout(() => finish(onState, t("The camera did not answer")), CAPTURE_PATIENCE_MS);
}

/** Captures are told to everybody; only who asked for one sees it. */
export function listenForCaptures(onState) {
  socket.on("capture_ready", (ready) => {
    if (!waiting) return;
    finish(onState);
    showCapture(ready);
  });
  socket.on("capture_busy", () => waiting && finish(onState, t("Another capture is under way. Try again in a moment.")));
  socket.on("error", (error) => waiting && error.inReplyTo === "capture" && finish(onState, t("No capture: {reason}", { reason: error.message })));
}

function finish(onState, problem = "") {
  clearTimeout(waiting);
  waiting = 0;
  onState(false);
  if (problem) notice(problem, "warn");
}

async function showCapture(ready) {
  let blob;
  try {
    blob = await getBlob(`capture?t=${ready.timestamp ?? Date.now()}`);
  } catch (error) {
    return notice(t("No capture: {reason}", { reason: error.message }), "bad");
  }
  const url = URL.createObjectURL(blob);
  const picture = h("img", { src: url, alt: t("The captured still") });
  const words = h("p.muted.small", `${ready.width} × ${ready.height} · ${bytes(blob.size)}`);
  const answer = await openDialog(t("Full-resolution still"), h("div.stack.tight", picture, words), [
    [t("Close"), "", ""],
    [t("Download"), "download", "primary"],
  ], ".picture");
  URL.revokeObjectURL(url);
  if (answer === "download") download(blob, `capture-${stamp()}.jpg`);
}

export function download(blob, name) {
  const url = URL.createObjectURL(blob);
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

/** 2026-03-01-14-05-09 */
function stamp() {
  const now = new Date();
  const local = new Date(now.getTime() - now.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 19).replaceAll(/[T:]/g, "-");
}
