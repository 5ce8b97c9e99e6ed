/** Hints for somebody who opens the page for the first time; gone for good when closed. */

import { getJson } from "../ask.js";
import { h, icon, squareButton } from "../dom.js";
import { pairs } from "../format.js";
import { proButton } from "../pro.js";
import * as store from "../store.js";

const KEY = "ipcamera.welcomed";

export function firstRunHint() {
  const hint = h("section.hint.changes", { "aria-label": "First steps" });
  if (localStorage.getItem(KEY)) {
    hint.hidden = true;
    return hint;
  }
  const license = h("li");
  const certificate = h("li");
  const close = () => {
    localStorage.setItem(KEY, "1");
    hint.remove();
  };
  hint.append(icon("info"), h("div", h("strong", "Welcome. Three things to know:"), h("ul", license, certificate, protection())), squareButton("close", "Close these hints", close, ".small.quiet"));
  store.watch("license", (value) => {
    if (!value) return;
    license.replaceChildren(
      ...(value.isPro
        ? [h("strong", "Pro: "), "all features are on."]
        : [h("strong", "Free licence: "), "live picture, snapshots and listening work. Detection, history, RTSP and MQTT are part of Pro. ", proButton(".link")]),
    );
  });
  showCertificate(certificate);
  return hint;
}

async function showCertificate(item) {
  const info = await getJson("cert/info").catch(() => null);
  item.hidden = info === null;
  if (info === null) return;
  item.append(h("strong", "Certificate: "), "the camera made its own, so the browser warns once. Before you trust it, compare this fingerprint with the one that the device printed when it started: ", h("code", pairs(info.fingerprintSha256)), ". ", h("a", { href: "#system/certificate" }, "How to trust it for good"));
}

function protection() {
  const item = h("li");
  store.watch("auth", (auth) => {
    item.replaceChildren(h("strong", auth?.enabled ? "Password: " : "No password: "), auth?.enabled ? "you can change it under System." : "everybody in this network can open this page.");
  });
  return item;
}
