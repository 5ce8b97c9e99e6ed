/** What arrives here, and what the encoder does. */

import { card, facts } from "../dom.js";
import { fixed, kilobits } from "../format.js";
import { t } from "../lang.js";
import { clock } from "../socket.js";
import * as store from "../store.js";

const EVERY_MS = 1000;

export function statsCard(player) {
  const list = facts();
  const element = card(t("Stream"), "chip", list);
  const update = () => {
    if (!element.isConnected || element.closest("[hidden]") || document.hidden) return;
    const status = store.get("status");
    const stream = store.get("system")?.stream;
    const now = performance.now();
    const h264 = player.mode === "h264";
    const { width, height } = player.shape;
    list.show({
      [t("Shown as")]: { h264: "H.264 (WebCodecs)", mjpeg: "MJPEG", "": "–" }[player.mode],
      [t("Picture")]: player.pictures ? `${width} × ${height}` : "–",
      [t("Pictures per second")]: h264 ? fixed(player.figures.fps(now), 1) : fixed(status?.fps, 1),
      [t("Bitrate")]: h264 ? kilobits(player.figures.kbps(now)) : null,
      [t("Latency")]: h264 ? fixed(player.figures.latency ?? NaN, 0, "ms") : null,
      [t("Dropped here")]: h264 ? player.figures.dropped : null,
      [t("Round trip")]: fixed(clock.roundTrip ?? NaN, 0, "ms"),
      [t("Viewers")]: status?.clients ?? "–",
      [t("Encoder")]: stream?.encoder ?? null,
    });
  };
  setInterval(update, EVERY_MS);
  update();
  return element;
}
