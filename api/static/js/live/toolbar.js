/** The buttons below the picture. */

import { postJson } from "../http.js";
import { h, iconButton, setIcon, setText, squareButton } from "../dom.js";
import { quantity } from "../format.js";
import { t } from "../lang.js";
import { notice } from "../notices.js";
import { pipAvailable, togglePip } from "../player/pip.js";
import * as socket from "../socket.js";
import * as store from "../store.js";
import { listenForCaptures, takeCapture, takeSnapshot } from "./stills.js";

export function buildToolbar(parts, { listen, talk }) {
  const pause = pauseButton(parts.player);
  const snapshot = iconButton("", "snapshot", t("Snapshot"), takeSnapshot);
  const capture = iconButton("", "capture", t("Full resolution"), () => takeCapture(busy));
  const busy = (on) => {
    capture.disabled = on;
    setText(capture.lastChild, on ? t("Capturing…") : t("Full resolution"));
  };
  listenForCaptures(busy);
  parts.stage.append(viewButtons(parts));
  const light = torch();
  for (const button of [capture, talk, light]) button.classList.add("changes");
  return h("div.toolbar", { role: "group", "aria-label": t("Camera") }, pause, snapshot, capture, listen, talk, light);
}

/** What changes only this view of the picture lies on the picture. */
function viewButtons({ stage, player, zoom, overlay }) {
  const boxes = squareButton("boxes", t("Boxes around objects"), () => {
    overlay.on = !overlay.on;
    boxes.setAttribute("aria-pressed", String(overlay.on));
    overlay.clear();
  });
  boxes.setAttribute("aria-pressed", String(overlay.on));
  const pip = squareButton("pip", t("Picture in picture"), () => togglePip(player, () => stage.offsetParent === null && player.stop()));
  pip.hidden = !pipAvailable();
  const full = squareButton("fullscreen", t("Full screen"), () => toggleFullScreen(stage));
  full.hidden = !document.fullscreenEnabled;
  return h("div.view-buttons", { role: "group", "aria-label": t("View") }, zoomButtons(stage, zoom), boxes, pip, full);
}

/** For this page alone. The switch for everybody is in the settings, and asks. */
function pauseButton(player) {
  const button = iconButton("", "pause", t("Pause"), () => player.pause(!player.paused));
  player.listeners.add(() => {
    setIcon(button.firstChild, player.paused ? "play" : "pause");
    setText(button.lastChild, player.paused ? t("Go on") : t("Pause"));
    button.title = player.paused ? t("Go on") : t("Pause my view; for everybody else it goes on");
  });
  return button;
}

function torch() {
  const button = iconButton("", "torch", t("Torch"), async () => {
    try {
      await postJson("torch", { enabled: !store.setting("torchEnabled") });
    } catch (error) {
      notice(error.message, "warn");
    }
  });
  store.watch(["settings", "capabilities"], (settings, capabilities) => {
    button.hidden = capabilities?.torch === false;
    button.setAttribute("aria-pressed", String(settings?.torchEnabled === true));
  });
  return button;
}

function zoomButtons(stage, zoom) {
  const output = h("output", { "aria-label": t("Zoom") }, quantity(100, "%"));
  stage.addEventListener("zoomed", (event) => setText(output, quantity(event.detail * 100, "%")));
  return h("div.zoom", { role: "group", "aria-label": t("Zoom") }, squareButton("zoom-out", t("Zoom out"), () => zoom.out()), output, squareButton("zoom-in", t("Zoom in"), () => zoom.in()));
}

async function toggleFullScreen(stage) {
  if (document.fullscreenElement) return document.exitFullscreen();
  await stage.requestFullscreen().catch((error) => notice(t("Full screen is not possible: {reason}", { reason: error.message }), "warn"));
}
