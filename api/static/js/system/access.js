/** Who is signed in, and the tokens that were given away: each can be ended. */

import { deleteJson, getJson, postJson } from "../http.js";
import { card, h, newId, setText } from "../dom.js";
import { ago, shortDate } from "../format.js";
import { t } from "../lang.js";
import { confirmed } from "../notices.js";
import * as store from "../store.js";
import { copyLine } from "./copy_address.js";
import { inputField, reason, resultLine } from "./form.js";

const ROLES = [
  ["media", t("Pictures only"), t("For a card in Home Assistant, a player, a recorder.")],
  ["viewer", t("Viewer"), t("Sees, hears and reads events; changes nothing. Sign in with the token instead of the password.")],
  ["owner", t("Owner"), t("Everything, for scripts of your own.")],
];
const ROLE_NAMES = new Map(ROLES.map(([role, name]) => [role, name]));

export function accessCard() {
  const list = h("ul.sessions", { "aria-label": t("Sessions and tokens") });
  const result = resultLine();
  const off = h("p.muted.small", { hidden: true }, t("Password protection is off: everybody in this network is let in without a session."));
  const element = card(t("Access"), "person", h("div.stack", off, list, result, tokenForm(() => element.load())));
  element.id = "access";

  element.load = async () => {
    try {
      const { sessions } = await getJson("api/sessions");
      list.replaceChildren(...sessions.sort(currentFirst).map((session) => row(session, end)));
      list.hidden = sessions.length === 0;
    } catch (error) {
      result.say(reason(error), "bad");
    }
  };
  async function end(session) {
    const token = session.kind === "token";
    const yes = await confirmed(
      token ? t("Revoke {name}?", { name: session.name }) : t("Sign this session out?"),
      token ? t("Whatever uses this token is cut off, and everybody who signed in with it.") : t("Its pages and connections end at once."),
      token ? t("Revoke") : t("Sign out"),
    );
    if (!yes) return;
    try {
      await deleteJson(`api/sessions/${encodeURIComponent(session.id)}`);
      result.say(token ? t("Revoked.") : t("Signed out."), "good");
    } catch (error) {
      result.say(reason(error), "bad");
    }
    element.load();
  }
  store.watch("auth", (auth) => (off.hidden = auth?.enabled !== false));
  return element;
}

function currentFirst(one, other) {
  return Number(other.current) - Number(one.current) || other.lastUsed - one.lastUsed;
}

function row(session, end) {
  const token = session.kind === "token";
  const name = token ? session.name : browserName(session.agent) || t("A client without a name");
  const words = [
    session.address,
    t("used {when}", { when: ago(session.lastUsed) }),
    session.expires ? t("ends {date}", { date: shortDate(session.expires) }) : t("never ends"),
  ].filter(Boolean).join(" · ");
  const label = token ? t("Revoke") : t("Sign out");
  const button = h("button.small", { type: "button", "aria-label": `${label}: ${name}`, onclick: () => end(session) }, label);
  const chips = [h("span.chip", ROLE_NAMES.get(session.role) ?? session.role), session.current && h("span.chip.accent", t("This browser"))];
  return h("li", { "data-session": session.id }, h("div", h("div.row", h("b", name), chips), h("p.muted.small", words)), session.current ? null : button);
}

/** "Firefox on Linux" instead of a line of Mozilla/5.0 (…). */
export function browserName(agent) {
  const browser = /(Edg|OPR|Firefox|Chrome|Safari)(?:\/|\b)/.exec(agent.replace(/Chrome(?=.*(Edg|OPR)\/)/, ""))?.[1];
  const system = /Android|iPhone|iPad|Windows|Mac OS X|Linux/.exec(agent)?.[0];
  if (!browser) return agent.slice(0, 60);
  const name = { Edg: "Edge", OPR: "Opera" }[browser] ?? browser;
  return system ? t("{browser} on {system}", { browser: name, system: system.replace("Mac OS X", "macOS") }) : name;
}

function tokenForm(made) {
  const name = inputField(t("Name"), { required: true, maxlength: 64, placeholder: "Home Assistant" });
  const id = newId("role");
  const words = h("p.words");
  const role = h("select", { id, onchange: () => setText(words, ROLES[role.selectedIndex][2]) }, ROLES.map(([value, label]) => h("option", { value }, label)));
  setText(words, ROLES[0][2]);
  const button = h("button.primary", { type: "submit" }, t("Create a token"));
  const result = resultLine();
  const secret = h("div.stack.tight", { hidden: true });
  const free = h("p.muted.small", { hidden: true }, t("On the free licence a token opens this page only, for a viewer: addresses of pictures need Pro."));
  store.watch("license", (license) => (free.hidden = license?.isPro !== false));
  const form = h("form.stack", {
    onsubmit: async (event) => {
      event.preventDefault();
      button.disabled = true;
      try {
        show(await postJson("api/tokens", { name: name.input.value, role: role.value }));
        name.input.value = "";
        result.say(t("Copy it now: it is not shown again."), "good");
        made();
      } catch (error) {
        secret.hidden = true;
        result.say(reason(error), "bad");
      }
      button.disabled = false;
    },
  }, free, name, h("div.field", h("label", { for: id }, t("Role")), role, words), h("div.row.end", button), result, secret);
  const show = (answer) => {
    const lines = [[t("Token"), answer.token], [t("Address of the live picture"), answer.streamUrl], [t("Address of a still picture"), answer.snapshotUrl]];
    secret.replaceChildren(...lines.filter(([, text]) => text).map(([label, text]) => {
      const line = copyLine(label);
      line.show(text);
      return h("div", h("span.small.muted", label), line);
    }));
    secret.hidden = false;
  };
  return h("details", h("summary", t("Give somebody access")), form);
}
