/** Settings of the picture, beside the picture. */

import { card, h, setText } from "../dom.js";
import { fixed, kilobits, quantity } from "../format.js";
import { t } from "../lang.js";
import { settingField } from "../settings/field.js";
import { entryOf } from "../settings/schema.js";
import * as socket from "../socket.js";
import * as store from "../store.js";

const KEYS = ["resolution", "frameRate", "rotation", "cameraId", "jpegQuality"];
const PLAYERS = [
  ["auto", t("Auto")],
  ["h264", "H.264"],
  ["mjpeg", "MJPEG"],
];
const QUALITIES = [
  ["auto", t("Adapt")],
  ["full", t("Full")],
  ["saver", t("Saver")],
];
const WAIT_MS = 250;
const SLOWER = 0.8; // share of the wanted rate below which the difference is worth saying

export function pictureCard(player) {
  const fields = h("div.stack.changes");
  const quality = qualityField();
  quality.classList.add("changes");
  const element = card(t("Picture"), "settings", h("div.stack", playerChoice(player), qualityChoice(player), quality, fields, whatArrives()));
  let built = "";
  store.watch(["schema", "capabilities"], (schema) => {
    if (!schema) return;
    const keys = KEYS.filter((key) => entryOf(key) && (key !== "cameraId" || hasCameras()));
    if (keys.join() === built) return;
    built = keys.join();
    fields.replaceChildren(...keys.map((key) => settingField(entryOf(key), { help: false })));
  });
  return element;
}

/** The fields above are what was asked for. Where the source gives something else, that is said. */
function whatArrives() {
  const words = h("p.words", { id: "what-arrives", hidden: true });
  store.watch(["status", "settings"], (status, settings) => {
    const { width, height } = status?.camera ?? {};
    const known = status?.cameraRunning && width && settings?.resolution;
    const unturned = settings?.rotation % 180 ? `${height}x${width}` : `${width}x${height}`;
    const other = known && (unturned !== settings.resolution || (status.fps > 0 && status.fps < SLOWER * settings.frameRate));
    words.hidden = !other;
    setText(words, other ? t("The source gives {width} × {height} at {fps}.", { width: String(width), height: String(height), fps: fixed(status.fps, 0, "fps") }) : "");
  });
  return words;
}

function hasCameras() {
  return (store.get("capabilities")?.cameraIds ?? []).length > 1;
}

function playerChoice(player) {
  const reason = h("p.words", { id: "player-reason" });
  const buttons = PLAYERS.map(([choice, label]) => h("button", { type: "button", onclick: () => player.choose(choice), "data-choice": choice }, label));
  const group = h("div.segments", { role: "group", "aria-label": t("How the video is sent") }, buttons);
  const field = h("div.field", h("div.field-head", h("span.name", t("Video")), group), reason);
  field.update = () => {
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.choice === player.choice));
    const fallen = player.reason && player.choice !== "mjpeg";
    setText(reason, fallen ? t("Shown as MJPEG, because {reason}.", { reason: player.reason }) : "");
    reason.hidden = !fallen;
  };
  player.listeners.add(field.update);
  field.update();
  return field;
}

/** The large picture or the small one, for this page alone. */
function qualityChoice(player) {
  const words = h("p.words", { id: "quality-reason", hidden: true });
  const buttons = QUALITIES.map(([choice, label]) => h("button", { type: "button", onclick: () => player.quality.choose(choice), "data-quality": choice }, label));
  const group = h("div.segments", { role: "group", "aria-label": t("Size of the picture on this page") }, buttons);
  const update = () => {
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.quality === player.quality.choice));
    words.hidden = !player.quality.slow;
    setText(words, player.quality.slow ? t("Shown small, because the connection is slow. The large picture is tried again by itself.") : "");
  };
  player.listeners.add(update);
  update();
  return h("div.field", h("div.field-head", h("span.name", t("Quality here")), group), words);
}

/** The encoder's quality goes by the socket: it is answered with the bitrate that it means. */
function qualityField() {
  const slider = h("input", { id: "h264-quality", type: "range", min: 0, max: 100, step: 1, "aria-describedby": "h264-quality-words" });
  const output = h("output", { for: "h264-quality" });
  const words = h("p.words", { id: "h264-quality-words" });
  let waiting = 0;
  const show = (value) => {
    if (value === undefined || waiting) return;
    slider.value = value;
    setText(output, quantity(value, "%"));
  };
  slider.addEventListener("input", () => {
    setText(output, quantity(slider.value, "%"));
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      waiting = 0;
      socket.send({ type: "h264_quality", quality: Number(slider.value) });
    }, WAIT_MS);
  });
  store.watch("settings", (settings) => show(settings?.h264Quality));
  store.watch("h264", (ack) => {
    show(ack?.quality);
    setText(words, ack?.bitrateKbps ? t("About {bitrate} for each viewer.", { bitrate: kilobits(ack.bitrateKbps) }) : "");
    words.hidden = words.textContent === "";
  });
  return h("div.field", h("div.field-head", h("label", { for: "h264-quality" }, t("Video quality")), output), slider, words);
}
