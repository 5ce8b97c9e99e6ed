/** MQTT: status, test, and settings that are applied together; the stored password is asked for before a login changes. */

import { postJson } from "../http.js";
import { card, facts, h, setText } from "../dom.js";
import { lockedBox } from "../pro_lock.js";
import * as store from "../store.js";
import { inputField, reason, resultLine, switchField } from "./form.js";

export function mqttCard() {
  const chip = h("span.chip", "–");
  const list = facts();
  const content = h("div.stack", list, h("details", h("summary", "Broker and login"), brokerForm()));
  const locked = lockedBox("mqtt_integration");
  const element = card("MQTT and Home Assistant", "home", content, locked);
  element.id = "mqtt";
  element.head.append(chip);
  store.watch(["mqtt", "license"], (status, license) => {
    const free = license !== undefined && !license.isPro;
    locked.hidden = !free;
    content.hidden = free;
    const [kind, text] = free ? ["", "Locked"] : status?.connected ? ["good", "Connected"] : status?.enabled ? ["bad", "Not connected"] : ["", "Off"];
    chip.className = `chip ${kind}`;
    setText(chip, text);
    if (!status) return;
    list.show({
      "Broker": status.brokerUrl ? `${status.brokerUrl}:${status.port}` : "none yet",
      "Topics begin with": status.topicPrefix,
      "Next attempt": status.reconnectInSec ? `in ${status.reconnectInSec} s` : null,
      [status.connected ? "Worth knowing" : "Last problem"]: status.lastError || null,
    });
  });
  return element;
}

function brokerFields() {
  return {
    mqttEnabled: switchField("Connect to the broker"),
    mqttBrokerUrl: inputField("Broker", { type: "text", maxlength: 255, spellcheck: "false", autocapitalize: "off", placeholder: "192.168.1.100" }),
    mqttPort: inputField("Port", { type: "number", min: 1, max: 65535 }, "1883, or 8883 with TLS."),
    mqttUseTls: switchField("Encrypt with TLS"),
    mqttAcceptSelfSigned: switchField("Accept a self-signed certificate"),
    mqttTopicPrefix: inputField("Topics begin with", { type: "text", maxlength: 128, spellcheck: "false" }),
    mqttClientId: inputField("Client id", { type: "text", maxlength: 64, spellcheck: "false" }),
    mqttTelemetryIntervalSec: inputField("Seconds between readings", { type: "number", min: 5, max: 3600 }),
    mqttCommandsEnabled: switchField("Obey commands", "Lets Home Assistant switch and set this camera."),
  };
}

function brokerForm() {
  const fields = brokerFields();
  const username = inputField("User name", { type: "text", maxlength: 64, autocapitalize: "off" }, "");
  const password = inputField("Password", { type: "password", autocomplete: "new-password" });
  const remove = switchField("Remove the stored login");
  const current = inputField("Stored MQTT password", { type: "password", autocomplete: "off" }, "Needed because a login is stored and would change, or go to another broker.");
  const result = resultLine();
  const test = h("button", { type: "button" }, "Test");
  const apply = h("button.primary", { type: "submit" }, "Apply");

  const values = () => {
    const all = {};
    for (const [key, { input }] of Object.entries(fields)) {
      all[key] = input.type === "checkbox" ? input.checked : input.type === "number" ? Number(input.value) : input.value;
    }
    if (remove.input.checked) return { ...all, mqttUsername: "", mqttPassword: "" };
    if (username.input.value) all.mqttUsername = username.input.value;
    if (password.input.value) all.mqttPassword = password.input.value;
    return all;
  };
  const body = () => (current.input.value ? { currentPassword: current.input.value, settings: values() } : { settings: values() });
  const run = async (button, path, ok) => {
    button.disabled = true;
    result.say("One moment…");
    try {
      const answer = await postJson(path, body());
      if (answer.success === false) result.say(answer.error, "bad");
      else ok(answer);
    } catch (error) {
      if (error.status === 403) current.hidden = false;
      result.say(reason(error), "bad");
    }
    button.disabled = false;
  };
  test.addEventListener("click", () => run(test, "api/mqtt/test", (answer) => result.say(`The broker answered in ${answer.latencyMs} ms.`, "good")));
  const submit = (event) => {
    event.preventDefault();
    run(apply, "api/mqtt/apply-settings", () => {
      for (const { input } of [username, password, current]) input.value = "";
      remove.input.checked = false;
      result.say("Applied.", "good");
    });
  };
  const form = h("form.stack", { onsubmit: submit }, Object.values(fields), username, password, remove, current, h("div.row.end", test, apply), result);
  const watchLogin = () => (current.hidden = !(store.setting("mqttHasPassword") && (username.input.value || password.input.value || remove.input.checked)));
  form.addEventListener("input", watchLogin);

  store.watch("settings", (settings) => {
    if (!settings || form.contains(document.activeElement)) return;
    for (const [key, { input }] of Object.entries(fields)) {
      if (input.type === "checkbox") input.checked = settings[key] === true;
      else input.value = settings[key] ?? "";
    }
    const stored = settings.mqttHasUsername || settings.mqttHasPassword;
    username.input.placeholder = settings.mqttHasUsername ? "stored; type to replace" : "";
    password.input.placeholder = settings.mqttHasPassword ? "stored; type to replace" : "";
    remove.hidden = !stored;
    watchLogin();
  });
  return form;
}
