/** The beginning: a session, the socket, the sections. */

import { getJson } from "./http.js";
import { sentence } from "./format.js";
import "./install.js";
import { t } from "./lang.js";
import { notice } from "./notices.js";
import { startWorker } from "./notifications/service_worker.js";
import { buildDetection } from "./panels/detection.js";
import { buildEvents } from "./panels/events.js";
import { buildLive } from "./panels/live.js";
import { buildSettings } from "./panels/settings.js";
import { beginWithSetup, buildSetup } from "./panels/setup.js";
import { buildSystem } from "./panels/system.js";
import * as router from "./router.js";
import { begin, guard, isViewer } from "./session.js";
import { readSchema } from "./settings/schema.js";
import * as socket from "./socket.js";
import * as store from "./store.js";
import { buildTopbar } from "./topbar.js";

const RETRY_MS = 2000;

/** Message type → key of the store. */
const KEPT = { status: "status", system_info: "system", mqtt_status: "mqtt", rtsp_status: "rtsp", h264_ack: "h264" };

async function main() {
  try {
    await begin(document.getElementById("door"));
  } catch (error) {
    document.getElementById("boot").textContent = t("{reason}. Trying again…", { reason: error.message });
    setTimeout(main, RETRY_MS);
    return;
  }
  document.getElementById("door").remove();
  const viewer = isViewer();
  document.body.classList.toggle("viewer", viewer);
  listen();
  startWorker();
  buildTopbar(document.getElementById("topbar"), document.getElementById("rail"));
  router.addSection("live", t("Live"), buildLive);
  if (!viewer) router.addSection("detection", t("Detection"), buildDetection);
  router.addSection("events", t("Events"), buildEvents);
  if (!viewer) router.addSection("system", t("System"), buildSystem);
  if (!viewer) router.addSection("settings", t("Settings"), buildSettings);
  if (!viewer) router.addSection("setup", t("First steps"), buildSetup);
  guard(socket.connect);
  socket.connect();
  router.start();
  if (!viewer) beginWithSetup();
}

function listen() {
  socket.on("state", (state) => {
    if (state !== "open") store.set("connection", state);
    if (state === "ready") refresh();
  });
  for (const [type, key] of Object.entries(KEPT)) socket.on(type, (message) => store.set(key, message));
  socket.on("status", (message) => takeSettings(message.settings));
  socket.on("settings", (message) => takeSettings(message.data));
  socket.on("license:changed", (message) => store.setChanged("license", message.license));
  socket.on("capabilitiesChanged", (message) => store.set("capabilities", { ...store.get("capabilities"), ...message.capabilities }));
  socket.on("error", showError);
}

function takeSettings(settings) {
  if (!settings) return;
  if (settings.license) store.setChanged("license", settings.license);
  store.setChanged("settings", settings);
}

/** The registry changes only with the program: controls are built once. */
function takeSchema(answer) {
  store.setChanged("schema", readSchema(answer));
}

/** What the snapshot does not hold, after each connect. */
async function refresh() {
  const want = [
    ["settings", takeSettings],
    ["capabilities", (value) => store.set("capabilities", value)],
    ["api/settings/schema", takeSchema],
  ];
  const results = await Promise.allSettled(want.map(([path]) => getJson(path)));
  results.forEach((result, index) => {
    if (result.status === "fulfilled") want[index][1](result.value);
    else if (result.reason.status) notice(`${want[index][0]}: ${result.reason.message}`, "bad");
  });
}

/** Errors that belong to a control are shown there; the rest here. */
function showError(message) {
  if (["tts", "audio", "capture", "setting", "enableH264", "hello"].includes(message.inReplyTo)) return;
  notice([message.message, message.hint].filter(Boolean).map(sentence).join(" "), "bad");
}

main();
