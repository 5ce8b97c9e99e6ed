/** RTSP: status, start and stop, address with QR code, settings that are applied together. */

import { postJson } from "../ask.js";
import { card, facts, h, setText } from "../dom.js";
import { lockedBox } from "../locked.js";
import * as store from "../store.js";
import { copyLine, qrCode } from "./copy.js";
import { inputField, reason, resultLine } from "./form.js";

export function rtspCard() {
  const chip = h("span.chip", "–");
  const list = facts();
  const address = copyLine("RTSP address");
  const code = qrCode("the RTSP address");
  const result = resultLine();
  const act = (action) => async () => {
    try {
      await postJson(`api/rtsp/${action}`);
      result.say("");
    } catch (error) {
      result.say(reason(error), "bad");
    }
  };
  const start = h("button.small", { type: "button", onclick: act("start") }, "Start");
  const stop = h("button.small", { type: "button", onclick: act("stop") }, "Stop");
  const restart = h("button.small", { type: "button", onclick: act("restart") }, "Restart");
  const content = h("div.stack", list, address, code, h("div.row", start, stop, restart), result, h("details", h("summary", "Address and login"), applyForm()));
  const locked = lockedBox("rtsp_streaming");
  const element = card("RTSP", "cast", content, locked);
  element.id = "rtsp";
  element.head.append(chip);

  store.watch(["rtsp", "license", "settings"], (status, license, settings) => {
    const free = license !== undefined && !license.isPro;
    locked.hidden = !free;
    content.hidden = free;
    const [kind, text] = free ? ["", "Locked"] : status?.running ? ["good", "Running"] : status?.enabled ? ["bad", "Not running"] : ["", "Off"];
    chip.className = `chip ${kind}`;
    setText(chip, text);
    if (!status) return;
    const user = settings?.rtspUsername && settings?.rtspHasPassword ? settings.rtspUsername : "";
    list.show({ "Viewers": status.clients, "Login": user ? `${user}, with password` : "none: open to this network", "Last problem": status.lastError || null });
    const url = `rtsp://${location.hostname}:${status.port}${status.path}`;
    address.show(url);
    code.show(url);
    start.hidden = status.running;
    stop.hidden = restart.hidden = !status.running;
  });
  return element;
}

function applyForm() {
  const port = inputField("Port", { type: "number", min: 1024, max: 65535, required: true });
  const path = inputField("Path", { type: "text", maxlength: 64, required: true, spellcheck: "false", autocapitalize: "off" });
  const user = inputField("User name", { type: "text", maxlength: 64, autocapitalize: "off" }, "Empty: no login is asked for.");
  const password = inputField("Password", { type: "password", autocomplete: "new-password" }, "Leave empty to keep the stored one.");
  const result = resultLine();
  const button = h("button.primary", { type: "submit" }, "Apply");
  const fill = (settings) => {
    if (!settings || form.contains(document.activeElement)) return;
    port.input.value = settings.rtspPort;
    path.input.value = settings.rtspPath;
    user.input.value = settings.rtspUsername;
  };
  const form = h("form.stack", {
    onsubmit: async (event) => {
      event.preventDefault();
      const values = { rtspPort: Number(port.input.value), rtspPath: path.input.value, rtspUsername: user.input.value };
      if (password.input.value) values.rtspPassword = password.input.value;
      else if (!user.input.value && store.setting("rtspHasPassword")) values.rtspPassword = "";
      button.disabled = true;
      try {
        await postJson("api/rtsp/apply-settings", values);
        password.input.value = "";
        result.say("Applied. The server uses these values now.", "good");
      } catch (error) {
        result.say(`Nothing was changed: ${reason(error)}`, "bad");
      }
      button.disabled = false;
    },
  }, port, path, user, password, h("div.row.end", button), result);
  store.watch("settings", fill);
  return form;
}
