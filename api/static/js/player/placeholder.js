/** What is drawn on the picture when there is none, or an old one: why, and what to do. */

import { h, icon, setText } from "../dom.js";
import { sentence } from "../format.js";
import { t } from "../lang.js";
import * as socket from "../socket.js";
import * as store from "../store.js";

const NO_SIGNAL = t("No signal");

/**
 * The first that fits. Each gives [title, text, drawing, button, old picture may stay behind it].
 * Drawing "" means: something is being waited for.
 */
const REASONS = [
  [(now) => now.connection === "refused", [t("Not allowed"), t("This page may not connect to the camera."), "lock"]],
  [(now) => now.connection !== "ready", [t("Reconnecting…"), t("The connection to the camera is interrupted. It comes back by itself."), ""]],
  [(now) => now.status?.streaming === false, [t("Stopped"), t("Streaming is switched off for all viewers."), "stop", t("Start streaming")]],
  [(now) => now.paused, [t("Paused"), t("Only your view: for everybody else it goes on."), "pause", t("Go on")]],
  [(now) => now.pictures > 0 && now.running, null],
  [(now) => now.cameraState === "STANDBY", [t("Standby"), t("The camera is closed while nobody needs it. It is being woken up."), ""]],
  [(now) => !now.running, [NO_SIGNAL, "", "warning"]],
  [(now) => now.pictures === 0, [t("Waiting for the first picture…"), "", ""]],
];

export function curtain(stage) {
  const drawing = h("div");
  const title = h("strong");
  const text = h("p");
  let player = null;
  const start = h("button.primary", { type: "button", onclick: () => (player.paused ? player.pause(false) : socket.send({ type: "stream_control", action: "start" })) });
  const element = h("div.curtain", { role: "status", hidden: true }, drawing, title, text, start);
  stage.append(element);
  let shown = "";

  element.update = (current) => {
    player = current;
    const status = store.get("status");
    const now = {
      connection: store.get("connection"),
      status,
      running: status?.cameraRunning !== false,
      cameraState: status?.state ?? status?.camera?.state?.toUpperCase(),
      paused: player.paused,
      pictures: player.pictures,
    };
    const found = REASONS.find(([fits]) => fits(now));
    const reason = found?.[1] ?? null;
    element.hidden = reason === null;
    stage.classList.toggle("dim", reason !== null);
    const key = JSON.stringify(reason);
    if (!reason || key === shown) return showDetail(reason, status);
    shown = key;
    const [name, words, picture, button] = reason;
    setText(title, name);
    setText(text, words);
    drawing.replaceChildren(picture ? icon(picture) : h("div.spin"));
    start.hidden = !button;
    setText(start, button ?? "");
    showDetail(reason, status);
  };

  /** The camera's own words say more than ours. */
  function showDetail(reason, status) {
    if (reason?.[0] !== NO_SIGNAL) return;
    const said = status?.camera?.reason ?? status?.cameraReason ?? "";
    setText(text, sentence(said) || t("The camera gives no picture. The server keeps trying to reach it."));
  }
  return element;
}
