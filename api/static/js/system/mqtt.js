/** MQTT: status, test, and settings that are applied together; the stored password is asked for before a login changes. */

import { postJson } from "../http.js";
import { card, facts, h, setText } from "../dom.js";
import { quantity } from "../format.js";
import { t, told } from "../lang.js";
import { lockedBox } from "../pro_lock.js";
import * as store from "../store.js";
import { inputField, reason, resultLine, switchField } from "./form.js";

export function mqttCard() {
  const chip = h("span.chip", "–");
  const list = facts();
  const content = h("div.stack", list, h("details", h("summary", t("Broker and login")), brokerForm()));
  const locked = lockedBox("mqtt_integration");
  const element = card(t("MQTT and Home Assistant"), "home", content, locked);
  element.id = "mqtt";
  element.head.append(chip);
  store.watch(["mqtt", "license"], (status, license) => {
    const free = license !== undefined && !license.isPro;
    locked.hidden = !free;
    content.hidden = free;
    const [kind, text] = free ? ["", t("Locked")] : status?.connected ? ["good", t("Connected")] : status?.enabled ? ["bad", t("Not connected")] : ["", t("Off")];
    chip.className = `chip ${kind}`;
    setText(chip, text);
    if (!status) return;
    list.show({
      [t("Broker")]: status.brokerUrl ? `${status.brokerUrl}:${status.port}` : t("none yet"),
      [t("Topics begin with")]: status.topicPrefix,
      [t("Next attempt")]: status.reconnectInSec ? t("in {seconds}", { seconds: quantity(status.reconnectInSec, "s") }) : null,
      [status.connected ? t("Worth knowing") : t("Last problem")]: told(status.lastError) || null,
    });
  });
  return element;
}

function brokerFields() {
  return {
    mqttEnabled: switchField(t("Connect to the broker")),
    mqttBrokerUrl: inputField(t("Broker"), { type: "text", maxlength: 255, spellcheck: "false", autocapitalize: "off", placeholder: "192.168.1.100" }),
    mqttPort: inputField(t("Port"), { type: "number", min: 1, max: 65535 }, t("1883, or 8883 with TLS.")),
    mqttUseTls: switchField(t("Encrypt with TLS")),
    mqttAcceptSelfSigned: switchField(t("Accept a self-signed certificate")),
    mqttTopicPrefix: inputField(t("Topics begin with"), { type: "text", maxlength: 128, spellcheck: "false" }),
    mqttClientId: inputField(t("Client ID"), { type: "text", maxlength: 64, spellcheck: "false" }),
    mqttTelemetryIntervalSec: inputField(t("Seconds between readings"), { type: "number", min: 5, max: 3600 }),
    mqttCommandsEnabled: switchField(t("Accept commands"), t("Lets Home Assistant switch and set this camera.")),
  };
}

function brokerForm() {
  const fields = brokerFields();
  const username = inputField(t("User name"), { type: "text", maxlength: 64, autocapitalize: "off" }, "");
  const password = inputField(t("Password"), { type: "password", autocomplete: "new-password" });
  const remove = switchField(t("Remove the stored login"));
  const current = inputField(t("Stored MQTT password"), { type: "password", autocomplete: "off" }, t("Needed because a login is stored and would change, or go to another broker."));
  const result = resultLine();
  const test = h("button", { type: "button" }, t("Test"));
  const apply = h("button.primary", { type: "submit" }, t("Apply"));

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
    result.say(t("One moment…"));
    try {
      const answer = await postJson(path, body());
      if (answer.success === false) result.say(told(answer.error), "bad");
      else ok(answer);
    } catch (error) {
      if (error.status === 403) current.hidden = false;
      result.say(reason(error), "bad");
    }
    button.disabled = false;
  };
  test.addEventListener("click", () => run(test, "api/mqtt/test", (answer) => result.say(t("The broker answered in {time}.", { time: quantity(answer.latencyMs, "ms") }), "good")));
  const submit = (event) => {
    event.preventDefault();
    run(apply, "api/mqtt/apply-settings", () => {
      for (const { input } of [username, password, current]) input.value = "";
      remove.input.checked = false;
      result.say(t("Applied."), "good");
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
    username.input.placeholder = settings.mqttHasUsername ? t("stored; type to replace") : "";
    password.input.placeholder = settings.mqttHasPassword ? t("stored; type to replace") : "";
    remove.hidden = !stored;
    watchLogin();
  });
  return form;
}
