/** CPU, memory, temperature, uptime: now, and over the last minutes. */

import { card, h, setText } from "../dom.js";
import { sparkline, paintable } from "../events/canvas.js";
import { bytes, duration, fixed } from "../format.js";
import { t } from "../lang.js";
import * as store from "../store.js";
import * as theme from "../theme.js";

const MOST_SAMPLES = 60;
const FULL = 100; // percent, and °C
const THROTTLED = {
  none: "",
  cpu: t("Pictures are sent less often, because the processor is busy."),
  thermal: t("Pictures are sent less often, because the device is hot."),
  undervoltage: t("The power supply is too weak."),
};

export function healthCard() {
  const cpu = gauge(t("Processor"), true);
  const memory = gauge(t("Memory"), true);
  const temperature = gauge(t("Temperature"), true);
  const uptime = gauge(t("Running for"), false);
  const battery = gauge(t("Battery"), false);
  const throttle = h("p.warn", { role: "status", hidden: true });
  const element = card(t("Health"), "system", h("div.stack", h("div.gauges", cpu, memory, temperature, uptime, battery), throttle));
  element.classList.add("wide");
  store.watch("system", (system) => {
    if (!system) return;
    cpu.show(fixed(system.cpu, 0, "%"), system.cpuProcess === undefined ? "" : t("{percent} by this program", { percent: fixed(system.cpuProcess, 0, "%") }), system.cpu);
    memory.show(fixed(system.memory, 0, "%"), system.memoryTotalBytes ? t("{used} of {total}", { used: bytes(system.memoryUsedBytes), total: bytes(system.memoryTotalBytes) }) : "", system.memory);
    temperature.hidden = typeof system.temperature !== "number";
    temperature.show(fixed(system.temperature ?? NaN, 1, "°C"), "", system.temperature);
    uptime.show(duration(Math.max(system.uptimeSec ?? 0, ...(system.actors ?? []).map((actor) => actor.uptimeSec))), [system.version && t("version {version}", { version: system.version }), system.os].filter(Boolean).join(" · "));
    battery.hidden = typeof system.battery !== "number";
    battery.show(fixed(system.battery ?? NaN, 0, "%"), system.batteryCharging ? t("charging") : "");
    const words = THROTTLED[system.throttle ?? "none"] ?? "";
    throttle.hidden = words === "";
    setText(throttle, words);
  });
  return element;
}

function gauge(name, curve) {
  const value = h("span.value", "–");
  const more = h("span.more");
  const canvas = curve ? h("canvas", { "aria-hidden": "true" }) : null;
  const samples = [];
  const paint = canvas ? paintable(canvas, (context, w, hh) => sparkline(context, w, hh, padded(samples), theme.color("--accent"), FULL)) : () => {};
  const element = h("div.gauge", h("span.name", name), value, more, canvas);
  element.show = (text, words, sample) => {
    setText(value, text);
    setText(more, words);
    if (!Number.isFinite(sample)) return;
    samples.push(sample);
    if (samples.length > MOST_SAMPLES) samples.shift();
    paint();
  };
  return element;
}

function padded(samples) {
  return [...Array(MOST_SAMPLES - samples.length).fill(0), ...samples];
}
