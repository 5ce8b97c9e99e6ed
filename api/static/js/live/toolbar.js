/** The buttons below the picture. */

import { postJson } from "../ask.js";
import { h, icon, iconButton, setIcon, setText } from "../dom.js";
import { notice } from "../notice.js";
import { pipAvailable, togglePip } from "../player/pip.js";
import * as socket from "../socket.js";
import * as store from "../store.js";
import { listenForCaptures, takeCapture, takeSnapshot } from "./stills.js";

export function buildToolbar({ stage, player, zoom, overlay }, { listen, talk }) {
  const power = startStop();
  const snapshot = iconButton("", "snapshot", "Snapshot", takeSnapshot);
  const capture = iconButton("", "capture", "Full resolution", () => takeCapture(busy));
  const busy = (on) => {
    capture.disabled = on;
    setText(capture.lastChild, on ? "Capturing…" : "Full resolution");
  };
  listenForCaptures(busy);
  const boxes = toggleButton("boxes", "Boxes around objects", overlay.on, (on) => {
    overlay.on = on;
    overlay.clear();
  });
  const pip = iconButton("square", "pip", "Picture in picture", () => togglePip(player));
  pip.hidden = !pipAvailable();
  const full = iconButton("square", "fullscreen", "Full screen", () => toggleFullScreen(stage));
  full.hidden = !document.fullscreenEnabled;
  return h("div.toolbar", { role: "toolbar", "aria-label": "Camera" }, power, snapshot, capture, listen, talk, torch(), h("span.spacer"), zoomButtons(stage, zoom), boxes, pip, full);
}

function startStop() {
  const button = iconButton("", "stop", "Stop", () => {
    const on = store.get("status")?.streaming !== false;
    socket.send({ type: "stream_control", action: on ? "stop" : "start" });
  });
  store.watch("status", (status) => {
    const on = status?.streaming !== false;
    setIcon(button.firstChild, on ? "stop" : "play");
    setText(button.lastChild, on ? "Stop" : "Start");
    button.title = on ? "Stop streaming for all viewers" : "Start streaming";
  });
  return button;
}

function torch() {
  const button = iconButton("", "torch", "Torch", async () => {
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

function toggleButton(name, label, on, change) {
  const button = iconButton("square", name, label, () => {
    const now = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(now));
    change(now);
  });
  button.setAttribute("aria-label", label);
  setText(button.lastChild, "Boxes");
  button.setAttribute("aria-pressed", String(on));
  return button;
}

function zoomButtons(stage, zoom) {
  const small = (name, label, action) => h("button.square", { type: "button", onclick: action, title: label, "aria-label": label }, icon(name));
  const output = h("output", { "aria-label": "Zoom" }, "100 %");
  stage.addEventListener("zoomed", (event) => setText(output, `${Math.round(event.detail * 100)} %`));
  output.addEventListener("click", () => zoom.reset());
  return h("div.zoom", { role: "group", "aria-label": "Zoom" }, small("zoom-out", "Zoom out", () => zoom.out()), output, small("zoom-in", "Zoom in", () => zoom.in()));
}

async function toggleFullScreen(stage) {
  if (document.fullscreenElement) return document.exitFullscreen();
  await stage.requestFullscreen().catch((error) => notice(`Full screen is not possible: ${error.message}`, "warn"));
}
