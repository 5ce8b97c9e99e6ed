/** The camera: the picture that comes, the others to choose from with a picture of each, or why there is none. */

import { getBlob } from "../http.js";
import { h, icon, setText } from "../dom.js";
import { t, told } from "../lang.js";
import { change } from "../settings/change.js";
import { sentence } from "../format.js";
import { settingField } from "../settings/field.js";
import { entryOf } from "../settings/schema.js";
import * as store from "../store.js";

const EVERY_MS = 3000;

export function cameraStep() {
  const found = h("p", { role: "status" });
  const list = h("ul.cameras", { "aria-label": t("Cameras") });
  const problem = h("p.small.bad", { role: "alert", hidden: true });
  const element = h("div.stack", found, list, problem, settingField(entryOf("rotation"), { help: false }));
  let rows = [];
  let timer = 0;

  const use = async (id) => {
    const wrong = await change({ cameraId: id });
    problem.hidden = wrong === "";
    setText(problem, wrong);
  };
  const look = async () => {
    clearTimeout(timer);
    await Promise.all(rows.map((row) => row.look()));
    if (element.isConnected && element.offsetParent) timer = setTimeout(look, EVERY_MS);
  };
  let built = "";
  store.watch(["capabilities", "status", "settings"], (capabilities, status, settings) => {
    setText(found, inWords(status, capabilities));
    const cameras = isPattern(status) ? [] : (capabilities?.cameras ?? []);
    const key = JSON.stringify([cameras, settings?.cameraId]);
    if (key === built) return;
    built = key;
    rows = cameras.map((camera) => cameraRow(camera, camera.id === settings?.cameraId || cameras.length === 1, use));
    list.replaceChildren(...rows);
    if (element.offsetParent) look();
  });
  element.shown = look;
  element.left = () => clearTimeout(timer);
  return element;
}

function isPattern(status) {
  return status?.camera?.kind === "pattern";
}

function inWords(status, capabilities) {
  const { camera } = status ?? {};
  if (!camera) return t("Looking for the camera…");
  if (isPattern(status) && camera.reason) return t("No camera was found, so a test pattern is shown. Plug a USB camera in: it appears here within a few seconds. A network camera is named as the source where this server is started.");
  if (isPattern(status)) return t("This server was started with the test pattern as its source. Start it without one, and it uses the camera that is plugged in.");
  if (!status.cameraRunning && camera.state !== "standby") return sentence(camera.reason) || t("The camera gives no picture yet. The server keeps trying to reach it.");
  const others = (capabilities?.cameras?.length ?? 1) - 1;
  return others > 0 ? t("{n} cameras were found. Tap the one to use.", { n: others + 1 }) : t("Found: {source}.", { source: told(status.source) });
}

function cameraRow(camera, current, use) {
  const picture = h("img", { alt: t("Picture of {camera}", { camera: camera.name }), hidden: true });
  const why = h("span.small.muted");
  const name = h("span", h("b", camera.name), why);
  const button = h("button", { type: "button", "aria-pressed": String(current), onclick: () => use(camera.id) }, h("span.thumb", icon("live"), picture), name);
  const row = h("li", { "data-camera": camera.id }, button);
  let failed = false;
  row.look = async () => {
    if (failed) return;
    try {
      const blob = await getBlob(current ? "snapshot" : `api/cameras/${encodeURIComponent(camera.id)}/preview`);
      URL.revokeObjectURL(picture.src);
      picture.src = URL.createObjectURL(blob);
      picture.hidden = false;
      setText(why, current ? t("in use") : "");
    } catch (error) {
      failed = !current; // a camera that does not answer is not asked again and again
      setText(why, error.message);
    }
  };
  return row;
}
