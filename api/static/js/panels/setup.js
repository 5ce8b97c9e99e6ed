/** The first steps: shown by themselves until they were done or left, and again whenever somebody wants them. */

import { h } from "../dom.js";
import { t } from "../lang.js";
import * as router from "../router.js";
import { change } from "../settings/change.js";
import { STEPS, intro } from "../setup/steps.js";
import * as store from "../store.js";

export function buildSetup(host) {
  const head = h("div");
  const body = h("div");
  const dots = h("ol.dots", { "aria-label": t("Steps") }, STEPS.map((step) => h("li", h("a", { href: `#setup/${step.id}`, "aria-label": step.title }))));
  const back = h("button", { type: "button", onclick: () => go(-1) }, t("Back"));
  const next = h("button.primary", { type: "button", onclick: () => go(1) });
  const leave = h("button.quiet.small", { type: "button", onclick: finish }, t("Skip all of this"));
  host.append(h("section.setup.card", { "aria-labelledby": "setup-title" }, dots, head, body, h("footer.row", back, h("span.grow"), leave, next)));
  const built = new Map();
  let at = 0;

  function show(index) {
    if (!store.get("schema")) return;
    built.get(at)?.left?.();
    at = index;
    if (!built.has(at)) built.set(at, STEPS[at].build());
    const element = built.get(at);
    head.replaceChildren(intro(STEPS[at], at + 1));
    body.replaceChildren(element);
    [...dots.querySelectorAll("a")].forEach((dot, index) => (index === at ? dot.setAttribute("aria-current", "step") : dot.removeAttribute("aria-current")));
    back.hidden = at === 0;
    leave.hidden = at === STEPS.length - 1;
    next.textContent = at === STEPS.length - 1 ? t("Done") : t("Next");
    element.shown?.();
    scrollTo(0, 0);
  }

  function go(by) {
    const step = STEPS[at + by];
    if (step) router.go("setup", step.id);
    else finish();
  }

  async function finish() {
    await change({ setupDone: true });
    router.go("live");
  }

  const wanted = (argument) => Math.max(0, STEPS.findIndex((step) => step.id === argument));
  let waiting = "";
  store.watch("schema", (schema) => schema && !built.size && !host.hidden && show(wanted(waiting)));
  return {
    shown(argument) {
      waiting = argument;
      show(wanted(argument));
    },
    hidden: () => built.get(at)?.left?.(),
  };
}

/** Whoever opens the page by its plain address, and owns a camera that nobody has set up, begins here. */
export function beginWithSetup() {
  if (location.hash !== "") return;
  const stop = store.watch("settings", (settings) => {
    if (!settings) return;
    queueMicrotask(() => stop());
    if (settings.setupDone === false && location.hash === "") location.replace("#setup");
  });
}
