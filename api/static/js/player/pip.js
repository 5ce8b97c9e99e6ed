/** Picture-in-picture: the picture as a video of its own, in whatever way it comes. */

import { t } from "../lang.js";
import { notice } from "../notices.js";

const PUMP_MS = 50;

export function pipAvailable() {
  return document.pictureInPictureEnabled === true && "captureStream" in HTMLCanvasElement.prototype;
}

/** Opens or closes the window. `player.surface` is a canvas (H.264) or an image (MJPEG), and may change meanwhile. */
export async function togglePip(player, onEnd) {
  if (document.pictureInPictureElement) return document.exitPictureInPicture();
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d");
  const pump = setInterval(() => player.mode === "mjpeg" && copy(player, canvas, context), PUMP_MS);
  player.mirror = () => player.mode === "h264" && copy(player, canvas, context);
  copy(player, canvas, context);
  const video = document.createElement("video");
  video.muted = true;
  video.srcObject = canvas.captureStream();
  const end = () => {
    clearInterval(pump);
    player.mirror = null;
    video.srcObject.getTracks().forEach((track) => track.stop());
    onEnd();
  };
  video.addEventListener("leavepictureinpicture", end, { once: true });
  try {
    await video.play();
    await video.requestPictureInPicture();
  } catch (error) {
    end();
    notice(t("Picture-in-picture is not possible: {reason}", { reason: error.message }), "warn");
  }
}

function copy(player, canvas, context) {
  const surface = player.surface;
  const { width, height } = player.shape;
  if (!player.pictures) return;
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  context.drawImage(surface, 0, 0, width, height);
}
