/** RTSP: status, start and stop, address with QR code, settings that are applied together. */

import { postJson } from "../http.js";
import { card, facts, h, setText } from "../dom.js";
import { t, told } from "../lang.js";
import { lockedBox } from "../pro_lock.js";
import * as store from "../store.js";
import { copyLine, qrCode } from "./copy_address.js";
import { inputField, reason, resultLine, switchField } from "./form.js";

export function rtspCard() {
  const chip = h("span.chip", "–");
  const list = facts();
  const address = copyLine(t("RTSP address"));
  const code = qrCode(t("RTSP address"));
  const result = resultLine();
  const made = newLogin();
  const act = (action) => async () => {
    try {
      made.expect();
      await postJson(`api/rtsp/${action}`);
      result.say("");
    } catch (error) {
      result.say(reason(error), "bad");
    }
  };
  const start = h("button.small", { type: "button", onclick: act("start") }, t("Start"));
  const stop = h("button.small", { type: "button", onclick: act("stop") }, t("Stop"));
  const restart = h("button.small", { type: "button", onclick: act("restart") }, t("Restart"));
  const content = h("div.stack", list, address, code, made.element, h("div.row", start, stop, restart), result, h("details", h("summary", t("Address and login")), applyForm(made)));
  const locked = lockedBox("rtsp_streaming");
  const element = card("RTSP", "cast", content, locked);
  element.id = "rtsp";
  element.head.append(chip);

  store.watch(["rtsp", "license", "settings"], (status, license, settings) => {
    const free = license !== undefined && !license.isPro;
    locked.hidden = !free;
    content.hidden = free;
    const [kind, text] = free ? ["", t("Locked")] : status?.running ? ["good", t("Running")] : status?.enabled ? ["bad", t("Not running")] : ["", t("Off")];
    chip.className = `chip ${kind}`;
    setText(chip, text);
    if (!status) return;
    const user = settings?.rtspUsername && settings?.rtspHasPassword ? settings.rtspUsername : "";
    const open = settings?.rtspOpen && !user;
    const who = user ? t("Whoever knows the password of {user}", { user }) : open ? t("Everybody in this network, without a login") : t("Nobody yet: a login is made at the start");
    const secure = status.tlsPort ? `rtsps://${location.hostname}:${status.tlsPort}${status.path}` : null;
    list.show({ [t("Viewers")]: status.clients, [t("Who can watch")]: who, [t("Encrypted address")]: secure, [t("Last problem")]: told(status.lastError) || null });
    made.offer(status.newLogin === true);
    const url = `rtsp://${location.hostname}:${status.port}${status.path}`;
    address.show(url);
    code.show(url);
    start.hidden = status.running;
    stop.hidden = restart.hidden = !status.running;
  });
  return element;
}

/** The login that was made because there was none: shown once, to whoever switched RTSP on here, or asks for it. */
function newLogin() {
  const words = h("p.small", { role: "status" });
  const show = h("button.small", { type: "button", onclick: () => take() }, t("Show the new login"));
  const element = h("div.stack", { hidden: true }, words, show);
  const say = (text, offered) => {
    setText(words, text);
    show.hidden = !offered;
    element.hidden = text === "";
  };
  let shown = false;
  let expected = false;
  async function take() {
    try {
      const { login } = await postJson("api/rtsp/new-login");
      if (!login) return;
      shown = true;
      say(t("User name {username}, password {password}. It is shown only this once: note it down now, or set your own below.", login), false);
    } catch (error) {
      say(reason(error), true);
    }
  }
  return {
    element,
    expect() {
      expected = true;
    },
    offer(waiting) {
      if (waiting && expected) {
        expected = false;
        take();
      } else if (waiting) say(t("A login was made for RTSP, because there was none."), true);
      else if (!shown) say("", false);
    },
  };
}

function applyForm(made) {
  const port = inputField(t("Port"), { type: "number", min: 1024, max: 65535, required: true });
  const path = inputField(t("Path"), { type: "text", maxlength: 64, required: true, spellcheck: "false", autocapitalize: "off" });
  const user = inputField(t("User name"), { type: "text", maxlength: 64, autocapitalize: "off" }, t("Empty: a login is made for you."));
  const password = inputField(t("Password"), { type: "password", autocomplete: "new-password" }, t("Leave empty to keep the stored one."));
  const open = switchField(t("Without a login"), t("Everybody in this network may watch and listen."));
  const confirm = inputField(t("Password of this dashboard"), { type: "password", autocomplete: "current-password" }, t("Letting everybody watch asks for it."));
  const tls = switchField(t("Encrypted as well (rtsps://)"), t("With the certificate of this dashboard, on a port of its own."));
  const tlsPort = inputField(t("Port of rtsps://"), { type: "number", min: 1024, max: 65535, required: true });
  const result = resultLine();
  const button = h("button.primary", { type: "submit" }, t("Apply"));
  const adapt = () => {
    user.hidden = password.hidden = open.input.checked;
    const asked = open.input.checked && store.setting("rtspOpen") !== true && store.setting("authEnabled") !== false;
    asked ? open.after(confirm) : confirm.remove();
    tls.input.checked ? tls.after(tlsPort) : tlsPort.remove();
  };
  open.input.addEventListener("change", adapt);
  tls.input.addEventListener("change", adapt);
  const fill = (settings) => {
    if (!settings || form.contains(document.activeElement)) return;
    port.input.value = settings.rtspPort;
    path.input.value = settings.rtspPath;
    user.input.value = settings.rtspUsername;
    open.input.checked = settings.rtspOpen === true && !(settings.rtspUsername && settings.rtspHasPassword);
    tls.input.checked = settings.rtspTlsEnabled === true;
    tlsPort.input.value = settings.rtspTlsPort;
    adapt();
  };
  const form = h("form.stack", {
    onsubmit: async (event) => {
      event.preventDefault();
      const everybody = open.input.checked;
      const values = { rtspPort: Number(port.input.value), rtspPath: path.input.value, rtspUsername: everybody ? "" : user.input.value };
      if (!everybody && password.input.value) values.rtspPassword = password.input.value;
      else if (!values.rtspUsername && store.setting("rtspHasPassword")) values.rtspPassword = "";
      if (everybody !== (store.setting("rtspOpen") === true)) values.rtspOpen = everybody;
      if (confirm.isConnected) values.currentPassword = confirm.input.value;
      values.rtspTlsEnabled = tls.input.checked;
      if (tls.input.checked) values.rtspTlsPort = Number(tlsPort.input.value);
      button.disabled = true;
      try {
        made.expect();
        await postJson("api/rtsp/apply-settings", values);
        password.input.value = confirm.input.value = "";
        result.say(t("Applied. The server uses these values now."), "good");
      } catch (error) {
        result.say(t("Nothing was changed: {reason}", { reason: reason(error) }), "bad");
      }
      button.disabled = false;
    },
  }, port, path, user, password, open, tls, h("div.row.end", button), result);
  store.watch("settings", fill);
  return form;
}
