/** The phone or computer that this page is open on: keep the page at hand, and trust the camera's certificate. */

import { getJson } from "../http.js";
import { h, icon, setText } from "../dom.js";
import { pairs } from "../format.js";
import { canInstall, install, isInstalled, onInstallable } from "../install.js";
import { t } from "../lang.js";
import * as store from "../store.js";

export function deviceStep() {
  const fingerprint = h("p.fingerprint");
  const download = h("a.button", { href: "cert", download: "ipcamera.pem" }, icon("download"), t("Download the certificate"));
  const trust = h("section.stack.tight", h("h3", t("Trust this camera")), h("p.muted.small", t("The camera has made its own certificate, so the browser warns. Compare this fingerprint with the one that the browser shows, and install the certificate once.")), fingerprint, h("div.row", download, h("a.button", { href: "#system/certificate" }, t("How to install it"))));
  store.watch("license", (license) => (download.hidden = license?.isPro !== true));
  const told = h("section.stack.tight", h("h3", t("Get notified")), h("p.muted.small", t("A message to this phone or computer when the camera notices something.")), h("div.row", h("a.button", { href: "#settings/notifications" }, icon("bell"), t("Notifications"))));
  const element = h("div.stack", installPart(), trust, told);
  element.shown = async () => {
    const info = await getJson("cert/info").catch(() => null);
    setText(fingerprint, pairs(info?.fingerprintSha256 ?? ""));
  };
  return element;
}

function installPart() {
  const words = h("p.muted.small");
  const button = h("button.primary", { type: "button", onclick: install }, t("Install this page"));
  const element = h("section.stack.tight", h("h3", t("Install this page")), words, h("div.row", button));
  const show = () => {
    button.hidden = !canInstall();
    setText(words, isInstalled() ? t("It is installed: you have opened it like an app.") : canInstall() ? t("It then opens like an app, from the home screen.") : isApple() ? t("Tap Share, then “Add to Home Screen”. It then opens like an app.") : t("Your browser offers it in its menu, as “Install” or “Add to home screen”, once it trusts the certificate."));
  };
  onInstallable(show);
  show();
  return element;
}

function isApple() {
  return /iPhone|iPad/.test(navigator.userAgent);
}
