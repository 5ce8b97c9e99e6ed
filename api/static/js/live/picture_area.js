/** The picture and all that is drawn on it. */

import { h, setText } from "../dom.js";
import { fixed } from "../format.js";
import { plural, t, told } from "../lang.js";
import { banner } from "./banner.js";
import { curtain } from "../player/placeholder.js";
import { Overlay } from "../player/overlay.js";
import { Player } from "../player/player.js";
import { Zoom } from "../player/zoom.js";
import * as socket from "../socket.js";
import * as store from "../store.js";

const THROTTLED = { cpu: t("Slowed down: busy"), thermal: t("Slowed down: hot"), undervoltage: t("Low power supply") };

export function buildStage() {
  const canvas = h("canvas", { id: "video", role: "img", "aria-label": t("Live picture") });
  const image = h("img", { id: "mjpeg", alt: t("Live picture"), hidden: true, draggable: "false" });
  const boxes = h("canvas.boxes", { "aria-hidden": "true" });
  const plane = h("div.plane", canvas, image, boxes);
  const live = h("span.badge.live", t("LIVE"));
  const mode = h("span.badge", { hidden: true });
  const throttle = h("span.badge.warn", { hidden: true });
  const viewers = h("span.badge.push", { hidden: true });
  const stage = h("div.stage", { tabindex: 0, role: "group", "aria-label": t("Camera picture. Plus and minus zoom, arrows move, 0 resets.") }, plane);
  const line = h("div.badges", live, mode, throttle, viewers);
  const veil = curtain(stage);
  const notice = banner();
  const overlay = new Overlay(boxes);
  const listeners = new Set();
  const changed = () => listeners.forEach((listener) => listener());
  const player = new Player(canvas, image, changed, () => {});
  player.listeners = listeners;
  const zoom = new Zoom(stage, plane, (scale) => stage.dispatchEvent(new CustomEvent("zoomed", { detail: scale })));

  const update = () => {
    const status = store.get("status");
    const why = store.get("system")?.throttle;
    const shown = player.pictures > 0;
    veil.update(player);
    stage.style.aspectRatio = `${player.shape.width} / ${player.shape.height}`;
    const pattern = status?.camera?.kind === "pattern";
    live.hidden = !shown || !veil.hidden;
    live.classList.toggle("warn", pattern);
    live.classList.toggle("live", !pattern);
    setText(live, pattern ? t("TEST PATTERN") : t("LIVE"));
    live.title = (pattern && told(status.camera.reason)) || "";
    mode.hidden = !shown;
    const small = player.quality.tier === "sub" ? ` · ${player.quality.slow ? t("small picture: the connection is slow") : t("saver")}` : "";
    setText(mode, (player.mode === "mjpeg" ? `MJPEG${player.reason ? ` · ${player.reason}` : ""}` : "H.264") + small);
    throttle.hidden = !THROTTLED[why];
    setText(throttle, THROTTLED[why] ?? "");
    viewers.hidden = !(status?.clients > 0);
    setText(viewers, `${plural(status?.clients ?? 0, "{n} viewer", "{n} viewers")} · ${fixed(status?.fps, 0, "fps")}`);
  };
  listeners.add(update);
  store.watch(["connection", "status", "system"], update);
  socket.on("detection_frame", (message) => overlay.show(message, player.shape));
  socket.on("state", (state) => state === "closed" && overlay.clear());
  update();
  return { stage, line, banner: notice, player, zoom, overlay };
}
