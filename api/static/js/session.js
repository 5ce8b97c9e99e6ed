/** Who is logged in: the login form, the lock-out, logout, and a session that ends while the page is open. */

import { authStatus, getJson, postJson, whenExpired } from "./http.js";
import { h, icon, newId } from "./dom.js";
import { pairs, quantity } from "./format.js";
import { t } from "./lang.js";
import { languageField } from "./language.js";
import * as socket from "./socket.js";
import * as store from "./store.js";

let showing = null;
let changing = false;

/** Resolves as soon as there is a session. */
export async function begin(host) {
  const status = await authStatus();
  store.set("auth", status);
  if (!status.enabled || status.authenticated) return;
  await new Promise((resolve) => {
    const form = loginForm(t("Sign in"), resolve);
    host.replaceChildren(form);
    form.querySelector("input").focus();
    showing = form;
  });
  showing = null;
}

/** Somebody who may look and listen, and change nothing: what would be refused is not shown. */
export function isViewer() {
  return store.get("auth")?.role === "viewer";
}

/** From now on an ended session shows the login over the page, which keeps all that it shows. */
export function guard(reconnect) {
  const expired = async () => {
    if (showing || changing) return;
    const status = await authStatus().catch(() => null);
    if (status === null) return setTimeout(expired, 2000);
    store.set("auth", status);
    if (!status.enabled || status.authenticated) return reconnect();
    askAgain(reconnect);
  };
  whenExpired(expired);
  let opened = false;
  socket.on("state", (state) => {
    if (state === "expired") return expired();
    if (state === "closed" && !opened) renew(reconnect);
    opened = state === "open" || (opened && state !== "connecting");
  });
}

/** The socket was refused, or nobody is there: perhaps our cookie is no longer known. */
async function renew(reconnect) {
  const status = await authStatus().catch(() => null);
  if (status?.enabled && !status.authenticated && !changing) askAgain(reconnect);
}

function askAgain(reconnect) {
  if (showing) return;
  const dialog = h("dialog", { "aria-label": t("Sign in again") });
  dialog.append(
    loginForm(t("Your session has ended"), () => {
      dialog.close();
      dialog.remove();
      showing = null;
      reconnect();
    }),
  );
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  document.body.append(dialog);
  showing = dialog;
  dialog.showModal();
}

export async function logOut() {
  socket.disconnect();
  await postJson("auth/logout").catch(() => null);
  location.reload();
}

/** Log in; throws AskError. */
export async function logIn(password) {
  await postJson("auth", { password });
  const before = store.get("auth")?.role;
  store.set("auth", await authStatus());
  if (before && before !== store.get("auth").role) location.reload();
}

/** Every session ends with the old password; this page begins a new one. Throws AskError. */
export function changePassword(current, next) {
  return withNewPassword("auth/password", { current, new: next });
}

/** The first password of an unprotected camera; the code proves the owner. Throws AskError. */
export function startProtection(code, next) {
  return withNewPassword("auth/protection", { code, new: next });
}

async function withNewPassword(path, body) {
  changing = true;
  try {
    await postJson(path, body);
    await logIn(body.new);
  } finally {
    changing = false;
    socket.connect();
  }
}

function loginForm(title, done) {
  const id = newId("password");
  const input = h("input", { id, type: "password", autocomplete: "current-password", required: true, name: "password" });
  const problem = h("p.bad", { role: "alert", hidden: true });
  const button = h("button.primary", { type: "submit" }, t("Sign in"));
  const say = (text) => {
    problem.hidden = text === "";
    problem.textContent = text;
  };
  const submit = async (event) => {
    event.preventDefault();
    if (button.disabled) return;
    button.disabled = true;
    say("");
    try {
      await logIn(input.value);
      done();
    } catch (error) {
      if (error.body?.lockout) return countDown(error.body.lockoutRemaining, button, say);
      say(error.message);
      input.select();
    }
    button.disabled = false;
  };
  const form = h("form.card", { onsubmit: submit }, h("div.field", h("label", { for: id }, t("Password")), input), problem, button);
  const mark = icon("lens");
  mark.classList.add("mark");
  return h("div.login", mark, h("h2", title), form, languageField(), fingerprintHint());
}

function countDown(seconds, button, say) {
  const until = Date.now() + seconds * 1000;
  const tick = () => {
    const left = Math.ceil((until - Date.now()) / 1000);
    button.disabled = left > 0;
    say(left > 0 ? t("Too many attempts. Try again in {seconds}.", { seconds: quantity(left, "s") }) : "");
    if (left > 0) setTimeout(tick, 250);
  };
  tick();
}

function fingerprintHint() {
  const text = h("p.fingerprint");
  const hint = h("details.small", h("summary", t("Is this really my camera?")), h("p.muted", t("Compare this SHA-256 fingerprint with the one that the browser shows for this page's certificate, and with the one that the device printed when it started.")), text);
  getJson("cert/info").then(
    (info) => (text.textContent = pairs(info.fingerprintSha256)),
    () => (hint.hidden = true),
  );
  return hint;
}
