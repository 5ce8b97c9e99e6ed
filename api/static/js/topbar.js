/** The top bar: name, connection, licence, theme, logout; and the links to the sections. */

import { h, icon, setIcon, setText, squareButton } from "./dom.js";
import { t } from "./lang.js";
import { isViewer, logOut } from "./session.js";
import * as store from "./store.js";
import * as theme from "./theme.js";

const CONNECTION = {
  connecting: ["warn", t("Connecting")],
  ready: ["good", t("Connected")],
  closed: ["bad", t("Reconnecting")],
  expired: ["bad", t("Signed out")],
  refused: ["bad", t("Refused")],
};

const FOR_VIEWERS = ["live", "events"];
const SECTIONS = [
  ["live", t("Live"), "live"],
  ["detection", t("Detection"), "detection"],
  ["events", t("Events"), "events"],
  ["system", t("System"), "system"],
  ["settings", t("Settings"), "settings"],
];

export function buildTopbar(bar, rail) {
  const name = h("span", "IP Camera");
  const connection = h("span.chip", { id: "connection" });
  const license = h("a.chip.plain", { href: "#system/licence" });
  const themeButton = squareButton("sun", "", switchTheme, ".quiet");
  const logout = squareButton("logout", t("Sign out"), logOut, ".quiet");
  bar.append(h("div.brand", icon("lens"), name), h("span.spacer"), connection, license, themeButton, logout);
  const sections = SECTIONS.filter(([id]) => !isViewer() || FOR_VIEWERS.includes(id));
  rail.append(...sections.map(([id, title, drawing]) => h("a", { href: `#${id}` }, icon(drawing), h("span", title))));

  store.watch("connection", (state = "connecting") => {
    const [kind, text] = CONNECTION[state] ?? CONNECTION.connecting;
    connection.className = `chip ${kind}`;
    setText(connection, text);
  });
  store.watch("license", (value) => {
    license.className = `chip plain ${value?.isPro ? "accent" : ""}`;
    setText(license, value?.isPro ? t("Pro") : t("Free"));
    license.setAttribute("aria-label", value?.isPro ? t("Licence: Pro") : t("Licence: free"));
  });
  store.watch("settings", (settings) => setText(name, settings?.deviceName || "IP Camera"));
  store.watch("auth", (auth) => (logout.hidden = !auth?.enabled));
  drawTheme(themeButton);
  theme.onChange(() => drawTheme(themeButton));
  bar.hidden = rail.hidden = false;
}

function switchTheme() {
  theme.toggle();
}

function drawTheme(button) {
  const label = theme.isLight() ? t("Use the dark theme") : t("Use the light theme");
  setIcon(button.firstChild, theme.isLight() ? "moon" : "sun");
  button.title = label;
  button.setAttribute("aria-label", label);
}
