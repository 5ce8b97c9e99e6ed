/** The player of one clip: its run-up and its moment on the bar, boxes over the picture, everything by keys too. */

import { getJson } from "../http.js";
import { h, icon, iconButton, newId, setIcon, setText, squareButton } from "../dom.js";
import { clipTime, number, quantity } from "../format.js";
import { t } from "../lang.js";
import { notice } from "../notices.js";
import { Overlay } from "../player/overlay.js";

const SPEEDS = [0.25, 0.5, 1, 2, 4, 8];
const FRAME_S = 1 / 30; // where two pictures in a row have not been seen yet
const JUMP_S = 5;
const BOX_NEAR_MS = 700; // detectors look a few times a second

/**
 * `clip` as of GET /clips/{id}; `at`: where to begin, in ms from its beginning.
 * Returns an element with `.stop()`; key presses that reach it play, pause, step and jump.
 */
export function clipPlayer(clip, at = Math.max(0, clip.moment - clip.start - 2000)) {
  const seconds = clip.durationMs / 1000;
  const video = h("video", { src: clip.video.slice(1), playsinline: true, preload: "auto", tabindex: -1, "aria-label": t("The clip") });
  const canvas = h("canvas");
  const overlay = new Overlay(canvas, false);
  const play = squareButton("play", t("Play"), () => toggle(), ".primary");
  const bar = h("input", { type: "range", min: 0, max: clip.durationMs, step: 1, value: at, "aria-label": t("Position in the clip") });
  const time = h("span.number.muted");
  const speedId = newId("speed");
  const speed = h("select", { id: speedId, onchange: () => (video.playbackRate = Number(speed.value)) }, SPEEDS.map((one) => h("option", { value: one, selected: one === 1 }, `${number(one)}×`)));
  const volume = squareButton("speaker", t("Mute"), () => setMuted(!video.muted));
  const boxesButton = iconButton("small", "boxes", t("Boxes"), () => showBoxes(!overlay.on));
  const stage = h("div.clip-stage", { onclick: () => toggle() }, video, canvas);
  const full = squareButton("fullscreen", t("Full screen"), () => (document.fullscreenElement ? document.exitFullscreen() : element.requestFullscreen()));
  const controls = h(
    "div.row.clip-controls",
    play,
    squareButton("left", t("Previous picture"), () => step(-1), ".small"),
    squareButton("right", t("Next picture"), () => step(1), ".small"),
    time,
    h("label.small", { for: speedId }, t("Speed")),
    speed,
    clip.sound ? volume : h("span.muted.small", t("No sound")),
    boxesButton,
    full,
  );
  const element = h("div.clip-player", stage, h("div.clip-bar", marks(clip), bar), controls);
  let shortestS = 1; // between two pictures, as far as was seen
  let lastTime = null;
  let frames = [];
  let scrubbing = false;

  full.hidden = !document.fullscreenEnabled;
  boxesButton.hidden = true;
  video.currentTime = at / 1000;
  bar.addEventListener("input", () => {
    scrubbing = true;
    video.currentTime = bar.value / 1000;
    showTime();
  });
  bar.addEventListener("change", () => (scrubbing = false));
  for (const type of ["play", "pause", "ended"]) video.addEventListener(type, showState);
  video.addEventListener("timeupdate", showTime);
  video.addEventListener("seeked", drawBoxes);
  video.addEventListener("error", () => notice(t("This clip cannot be played: it may have been deleted meanwhile."), "bad"));
  element.addEventListener("keydown", onKey);
  if (video.requestVideoFrameCallback) video.requestVideoFrameCallback(onFrame);
  element.ready = loadBoxes();
  element.video = video;
  element.stop = () => {
    video.pause();
    video.removeAttribute("src");
    video.load();
  };
  element.start = () => video.play().catch(() => showState()); // a browser may want a tap first, for the sound
  showTime();

  async function loadBoxes() {
    const found = await getJson(`clips/${clip.id}/boxes`).catch(() => ({ frames: [] }));
    frames = found.frames;
    boxesButton.hidden = frames.length === 0;
    showBoxes(frames.length > 0);
  }

  function showBoxes(on) {
    overlay.on = on;
    boxesButton.setAttribute("aria-pressed", String(on));
    drawBoxes();
  }

  function drawBoxes() {
    const ms = video.currentTime * 1000;
    const near = frames.filter((frame) => Math.abs(frame.ms - ms) < BOX_NEAR_MS).sort((a, b) => Math.abs(a.ms - ms) - Math.abs(b.ms - ms))[0];
    const objects = (near?.objects ?? []).map(({ x, y, w, h: tall, ...object }) => ({ ...object, box: { x, y, w, h: tall } }));
    overlay.show({ objects: overlay.on ? objects : [] }, { width: clip.width || 16, height: clip.height || 9 });
  }

  function onFrame(_now, { mediaTime }) {
    const passed = lastTime === null ? 0 : mediaTime - lastTime;
    if (passed > 0.005 && passed < shortestS) shortestS = passed; // a busy browser leaves pictures out
    lastTime = mediaTime;
    drawBoxes();
    video.requestVideoFrameCallback(onFrame);
  }

  function toggle() {
    if (!video.paused) return video.pause();
    if (video.ended) video.currentTime = 0;
    element.start();
  }

  function step(pictures) {
    video.pause();
    jump(pictures * (shortestS < 1 ? shortestS : FRAME_S));
  }

  function jump(by) {
    video.currentTime = Math.min(seconds, Math.max(0, video.currentTime + by));
  }

  function setMuted(muted) {
    video.muted = muted;
    setIcon(volume.firstChild, muted ? "muted" : "speaker");
    volume.title = muted ? t("Unmute") : t("Mute");
    volume.setAttribute("aria-label", volume.title);
  }

  function showState() {
    const paused = video.paused || video.ended;
    setIcon(play.firstChild, paused ? "play" : "stop");
    play.title = paused ? t("Play") : t("Pause");
    play.setAttribute("aria-label", play.title);
  }

  function showTime() {
    const ms = video.currentTime * 1000;
    if (!scrubbing) bar.value = ms;
    bar.setAttribute("aria-valuetext", t("{time} of {total}", { time: clipTime(ms), total: clipTime(clip.durationMs) }));
    setText(time, `${clipTime(ms)} / ${clipTime(clip.durationMs)}`);
  }

  function onKey(event) {
    const field = event.target.matches("select, input:not([type=range])");
    const button = event.target.matches("button") && (event.key === " " || event.key === "Enter");
    if (field || button || event.ctrlKey || event.metaKey || event.altKey) return;
    const actions = {
      " ": toggle,
      k: toggle,
      ArrowLeft: () => jump(-JUMP_S),
      ArrowRight: () => jump(JUMP_S),
      ",": () => step(-1),
      ".": () => step(1),
      Home: () => (video.currentTime = 0),
      End: () => (video.currentTime = seconds),
      m: () => setMuted(!video.muted),
      f: () => full.click(),
    };
    if (!actions[event.key]) return;
    event.preventDefault();
    actions[event.key]();
  }

  return element;
}

/** What the bar tells: the run-up is shaded, the moment is a line. */
function marks(clip) {
  const share = (ms) => `${Math.min(100, Math.max(0, (ms / clip.durationMs) * 100))}%`;
  const moment = clip.moment - clip.start;
  const before = h("span.run-up", { title: t("Before it happened") });
  const line = h("span.moment", { title: t("When it happened") });
  before.style.width = share(clip.runUpMs);
  line.style.left = share(moment);
  const words = clip.runUpMs > 0 ? t("Begins {seconds} before it happened.", { seconds: quantity(clip.runUpMs / 1000, "s", 1) }) : "";
  return h("div.clip-marks", before, line, h("span.visually-hidden", words));
}

/** Keep, download, share, delete; `onDeleted()` when it is gone. */
export function clipActions(clip, { confirmed, postJson, deleteJson, link, onDeleted }) {
  const keep = iconButton("small.changes", "star", t("Keep"), async () => {
    try {
      Object.assign(clip, await postJson(`clips/${clip.id}/keep`, { keep: !clip.keep }));
    } catch (error) {
      notice(error.message, "bad");
    }
    showKeep();
  });
  const save = h("a.button.small", { href: `${clip.video.slice(1)}?download=1`, download: "" }, icon("download"), h("span.label", t("Download")));
  const share = iconButton("small", "copy", navigator.share ? t("Share") : t("Copy link"), shareIt);
  const remove = iconButton("small.changes", "trash", t("Delete"), async () => {
    if (!(await confirmed(t("Delete this clip?"), t("The event stays in the history; its video is gone for good."), t("Delete")))) return;
    try {
      await deleteJson(`clips/${clip.id}`);
      onDeleted();
    } catch (error) {
      notice(error.message, "bad");
    }
  });

  async function shareIt() {
    try {
      if (navigator.share) return await navigator.share({ title: "IP Camera", url: link });
      await navigator.clipboard.writeText(link);
      notice(t("The link was copied. It opens this event for whoever can log in."), "good");
    } catch (error) {
      if (error.name !== "AbortError") notice(t("This browser does not let a page copy or share."), "warn");
    }
  }

  function showKeep() {
    keep.setAttribute("aria-pressed", String(clip.keep));
    setText(keep.lastChild, clip.keep ? t("Kept") : t("Keep"));
    keep.title = clip.keep ? t("It is never deleted by itself") : t("Never delete it by itself");
  }
  showKeep();
  return h("div.row.clip-actions", keep, save, share, remove);
}
