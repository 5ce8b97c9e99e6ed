/**
 * The WebSocket: connects by itself, again and again, and repairs the page's state from the snapshot that the server
 * sends after each connect. Messages go to listeners by type; binary frames to one listener.
 */

import { told } from "./lang.js";

const FIRST_RETRY_MS = 400;
const LONGEST_RETRY_MS = 10_000;
const PING_MS = 10_000;
const SILENT_MS = 35_000;
const TALK_BACKLOG_BYTES = 64_000;
const KEPT_TRIPS = 12;
const FIRST_PINGS = 4;
const CLOSE_SESSION = 4401;
const CLOSE_LICENSE = 4403;

const listeners = new Map();
const trips = [];
let socket = null;
let retryMs = FIRST_RETRY_MS;
let timer = 0;
let pinging = 0;
let wanted = false;
let ready = false;
let lastHeard = 0;
let onBinary = () => {};

/** Round trip in ms and the server's clock minus ours in ms. */
export const clock = { roundTrip: null, offset: 0 };

/** Listen to a message type, or to "state": connecting, open, ready, closed, expired, refused. */
export function on(type, listener) {
  if (!listeners.has(type)) listeners.set(type, new Set());
  listeners.get(type).add(listener);
  return () => listeners.get(type).delete(listener);
}

export function onFrame(listener) {
  onBinary = listener;
}

export function isReady() {
  return ready;
}

/** False if there is no connection; what cannot be sent is not kept. */
export function send(message) {
  if (!socket || socket.readyState !== WebSocket.OPEN) return false;
  socket.send(JSON.stringify(message));
  return true;
}

/** For sound: drops instead of piling up. */
export function sendLossy(message) {
  return socket !== null && socket.bufferedAmount < TALK_BACKLOG_BYTES && send(message);
}

export function connect() {
  wanted = true;
  open();
}

export function disconnect() {
  wanted = false;
  clearTimeout(timer);
  socket?.close(1000);
}

function open() {
  clearTimeout(timer);
  if (socket && socket.readyState <= WebSocket.OPEN) return;
  const url = new URL("ws", document.baseURI);
  url.protocol = url.protocol.replace("http", "ws");
  emit("state", "connecting");
  socket = new WebSocket(url);
  socket.binaryType = "arraybuffer";
  socket.onopen = opened;
  socket.onmessage = received;
  socket.onclose = closed;
}

function opened() {
  lastHeard = performance.now();
  emit("state", "open");
  clearInterval(pinging);
  pinging = setInterval(ping, PING_MS);
}

function ping() {
  if (performance.now() - lastHeard > SILENT_MS) socket.close(4000);
  else send({ type: "ping", timestamp: Date.now() });
}

function received(event) {
  lastHeard = performance.now();
  if (typeof event.data !== "string") return onBinary(event.data);
  const message = JSON.parse(event.data);
  if (message.type === "pong") measure(message);
  if (message.type === "auth_required") return socket.close(CLOSE_SESSION);
  if (message.type === "error") Object.assign(message, { message: told(message.message), hint: told(message.hint) });
  emit(message.type, message);
  if (message.type === "rtsp_status" && !ready) becomeReady();
}

function becomeReady() {
  ready = true;
  retryMs = FIRST_RETRY_MS;
  send({ type: "hello", want: ["levels", "actor_event", "detected", "clip_ready"] });
  for (let n = 0; n < FIRST_PINGS; n += 1) setTimeout(() => ready && ping(), n * 500);
  emit("state", "ready");
}

/** The quickest of the last round trips tells most about the server's clock. */
function measure(pong) {
  if (!pong.clientTimestamp) return;
  const now = Date.now();
  clock.roundTrip = now - pong.clientTimestamp;
  trips.push({ roundTrip: clock.roundTrip, offset: pong.timestamp - (pong.clientTimestamp + now) / 2 });
  if (trips.length > KEPT_TRIPS) trips.shift();
  clock.offset = trips.reduce((best, trip) => (trip.roundTrip < best.roundTrip ? trip : best)).offset;
}

function closed(event) {
  clearInterval(pinging);
  ready = false;
  socket = null;
  if (event.code === CLOSE_SESSION) return emit("state", "expired");
  if (event.code === CLOSE_LICENSE) return emit("state", "refused");
  emit("state", "closed");
  if (!wanted) return;
  timer = setTimeout(open, retryMs * (0.75 + Math.random() / 2));
  retryMs = Math.min(LONGEST_RETRY_MS, retryMs * 2);
}

function emit(type, message) {
  for (const listener of [...(listeners.get(type) ?? [])]) listener(message);
}

function hurry() {
  if (!wanted || document.hidden || socket) return;
  retryMs = FIRST_RETRY_MS;
  open();
}

addEventListener("online", hurry);
document.addEventListener("visibilitychange", hurry);
