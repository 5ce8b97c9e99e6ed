/** Push-to-talk: microphone → worklet → base64 blocks of 40 ms on the socket. */

import { t } from "../lang.js";
import * as socket from "../socket.js";

const REFUSED = {
  NotAllowedError: t("The browser was not allowed to use the microphone. Allow it beside the address of this page, then try again."),
  NotFoundError: t("This device has no microphone."),
  NotReadableError: t("Another program is using the microphone."),
};

export class Talker {
  /** State: idle, asking, talking. `onChange()` when it or `problem` change; `onLevel(0–1)` while talking. */
  constructor({ onChange, onLevel }) {
    this.onChange = onChange;
    this.onLevel = onLevel;
    this.state = "idle";
    this.problem = "";
    this.held = false;
    this.seq = 0;
    socket.on("error", (error) => error.inReplyTo === "audio" && this.refused(error));
  }

  async press() {
    if (this.state !== "idle") return;
    this.held = true;
    this.say("asking", "");
    try {
      await this.open();
    } catch (error) {
      return this.say("idle", REFUSED[error.name] ?? error.message);
    }
    if (!this.held) return this.close("");
    this.say("talking", "");
  }

  release() {
    this.held = false;
    if (this.state === "talking") this.close("");
  }

  async open() {
    if (!navigator.mediaDevices) throw new Error(t("Talking needs a secure connection to the camera."));
    const wishes = { channelCount: 1, echoCancellation: true, noiseSuppression: true, autoGainControl: true };
    this.stream = await navigator.mediaDevices.getUserMedia({ audio: wishes });
    this.context = new AudioContext({ latencyHint: "interactive" });
    await this.context.audioWorklet.addModule(new URL("talk_worklet.js", import.meta.url));
    const worklet = new AudioWorkletNode(this.context, "talk", { numberOfOutputs: 0, channelCount: 1, channelCountMode: "explicit" });
    worklet.port.onmessage = (event) => this.send(event.data);
    this.context.createMediaStreamSource(this.stream).connect(worklet);
    await this.context.resume();
  }

  send(samples) {
    if (this.state !== "talking") return;
    this.seq += 1;
    socket.sendLossy({ type: "audio", data: encodePcm(samples), seq: this.seq });
    this.onLevel(Math.min(1, Math.max(...samples.map(Math.abs)) / 20_000));
  }

  refused(error) {
    if (this.state === "talking") this.close(error.code === "TALK_BUSY" ? t("Somebody else is talking just now.") : error.message);
  }

  /** The microphone is given back at once: its light goes out with the button. */
  close(problem) {
    if (this.state === "talking") socket.send({ type: "audio", data: encodePcm(new Int16Array(160)), seq: this.seq + 1, end: true });
    this.stream?.getTracks().forEach((track) => track.stop());
    this.context?.close();
    this.stream = this.context = null;
    this.onLevel(0);
    this.say("idle", problem);
  }

  say(state, problem) {
    this.state = state;
    this.problem = problem;
    this.onChange();
  }
}

/** Int16Array → base64 of s16le */
export function encodePcm(samples) {
  const bytes = new Uint8Array(samples.length * 2);
  const view = new DataView(bytes.buffer);
  samples.forEach((sample, index) => view.setInt16(index * 2, sample, true));
  return btoa(String.fromCharCode(...bytes));
}
