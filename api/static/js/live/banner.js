/** What must not be overlooked: the picture is a test pattern, or is not from the camera that was chosen. */

import { h, icon, setText } from "../dom.js";
import { t, told } from "../lang.js";
import { isViewer } from "../session.js";
import * as store from "../store.js";

export function banner() {
  const words = h("span.grow");
  const element = h("div.banner", { role: "status", hidden: true }, icon("warning"), words, isViewer() ? null : h("a", { href: "#setup/camera" }, t("Cameras")));
  store.watch(["status", "capabilities", "settings"], (status, capabilities, settings) => {
    const text = status ? wrong(status, capabilities?.cameras ?? [], settings?.cameraId) : "";
    element.hidden = text === "";
    setText(words, text);
  });
  return element;
}

function wrong({ camera, source }, cameras, chosen) {
  if (camera?.kind === "pattern") return camera.reason ? t("This is a test pattern: {reason}.", { reason: told(camera.reason) }) : t("This is a test pattern, as it was asked for.");
  const wanted = cameras.find((one) => one.id === chosen);
  const other = camera?.kind === "v4l2" && cameras.length > 1 && wanted && source && !source.startsWith(`USB camera ${wanted.name} (`);
  return other ? t("This is {source}, because {camera} gives no picture.", { source: told(source), camera: wanted.name }) : "";
}
