/** The certificate: what it is, how to trust it, a new one. */

import { getJson, postJson } from "../http.js";
import { card, facts, h, icon, setText } from "../dom.js";
import { pairs, shortDate } from "../format.js";
import { t, told } from "../lang.js";
import { lockedBox } from "../pro_lock.js";
import { confirmed } from "../notices.js";
import * as store from "../store.js";
import { reason, resultLine } from "./form.js";

const HOW_TO = [
  ["Windows", t("Download it, open the file, choose “Install certificate”, “Local machine”, and the store “Trusted root certification authorities”.")],
  ["Android", t("Download it, then Settings → Security → Encryption & credentials → Install a certificate → CA certificate.")],
  ["iPhone, iPad", t("Download it in Safari, install the profile under Settings → General → VPN & device management, then switch it on under About → Certificate trust settings.")],
  ["macOS", t("Download it, open it in Keychain Access, and set “When using this certificate” to “Always trust”.")],
  ["Linux", t("Copy it to /usr/local/share/ca-certificates/ipcamera.crt and run update-ca-certificates; import it in the browser's own settings.")],
];

export function certificateCard() {
  const list = facts();
  const fingerprint = h("p.fingerprint");
  const chip = h("span.chip", "–");
  const result = resultLine();
  const renew = h("button.small", { type: "button", onclick: () => regenerate() }, t("New certificate"));
  const save = h("a.button.small", { href: "cert", download: "ipcamera.pem" }, icon("download"), t("Download"));
  const locked = lockedBox("certificate_download");
  const steps = h("details", h("summary", t("How to trust this device for good")), h("dl.stack.tight.small", HOW_TO.map(([name, text]) => [h("dt", h("b", name)), h("dd.muted", text)])));
  const element = card(t("Certificate"), "shield", h("div.stack", list, h("div", h("h3", t("SHA-256 fingerprint")), fingerprint), h("div.row", save, renew), locked, result, steps));
  element.id = "certificate";
  element.head.append(chip);

  element.load = async () => {
    const info = await getJson("cert/info").catch(() => null);
    if (!info) return;
    const valid = info.status === "valid";
    chip.className = `chip ${valid ? "good" : "warn"}`;
    setText(chip, told(info.status).replaceAll("_", " "));
    setText(fingerprint, pairs(info.fingerprintSha256));
    list.show({
      [t("Issued to")]: info.subject,
      [t("Valid until")]: info.trustNotAfter > info.notAfter ? t("{date}, then renewed", { date: shortDate(info.notAfter) }) : shortDate(info.notAfter),
      [t("Trusted until")]: shortDate(info.trustNotAfter),
      [t("Serial number")]: info.serialNumber,
      [t("Names")]: (info.subjectAltNames ?? []).join(", "),
    });
  };
  async function regenerate() {
    const yes = await confirmed(t("Make a new certificate?"), t("Who has installed what “Download” gives is not asked again, unless the device has a new name. Open connections stay."), t("New certificate"), "primary");
    if (!yes) return;
    try {
      await postJson("cert/regenerate");
      result.say(t("The new certificate is in use for new connections. Reload the page to see it."), "good");
      element.load();
    } catch (error) {
      result.say(reason(error), "bad");
    }
  }
  store.watch("license", (license) => {
    const free = license !== undefined && !license.isPro;
    locked.hidden = !free;
    save.hidden = free;
  });
  return element;
}
