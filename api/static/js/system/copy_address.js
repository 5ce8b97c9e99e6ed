/** An address to copy, and its QR code for a phone. */

import { h, setText, squareButton } from "../dom.js";
import { t } from "../lang.js";
import { notice } from "../notices.js";

export function copyLine(label) {
  const code = h("code");
  const button = squareButton("copy", t("Copy: {what}", { what: label }), copy, ".small.quiet");
  const element = h("div.copy", { role: "group", "aria-label": label }, code, button);
  async function copy() {
    try {
      await navigator.clipboard.writeText(code.textContent);
      notice(t("Copied"), "good");
    } catch {
      getSelection().selectAllChildren(code);
      notice(t("Press Ctrl+C to copy"), "");
    }
  }
  element.show = (text) => setText(code, text);
  return element;
}

/** The picture is only asked for when the details are opened. */
export function qrCode(label) {
  const holder = h("div.qr", { hidden: true });
  const element = h("details", h("summary", t("QR code")), holder);
  let text = "";
  const draw = () => {
    holder.hidden = !text;
    if (!element.open || !text) return;
    holder.replaceChildren(h("img", { src: `api/qr?text=${encodeURIComponent(text)}`, alt: t("QR code: {what}", { what: label }) }));
  };
  element.addEventListener("toggle", draw);
  element.show = (value) => {
    if (value === text) return;
    text = value;
    draw();
  };
  return element;
}
