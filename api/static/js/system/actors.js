/** The parts of the server, each a process: how they are and why they were restarted. */

import { getJson } from "../http.js";
import { card, h } from "../dom.js";
import { bytes, duration, fixed, number } from "../format.js";
import { t, told } from "../lang.js";
import * as socket from "../socket.js";
import * as store from "../store.js";

const EVERY_MS = 5000;
const SETTLE_MS = 300;
const KINDS = { up: "good", starting: "warn", restarting: "warn", degraded: "bad", off: "", stopped: "" };
const HEADS = [[t("Part")], [t("State")], [t("Restarts"), true], [t("Uptime"), true], ["CPU", true], [t("Memory"), true], [t("Last reason")]];

export function actorsCard() {
  const body = h("tbody");
  const head = h("thead", h("tr", HEADS.map(([name, numeric]) => h(`th${numeric ? ".numeric" : ""}`, { scope: "col" }, name))));
  const table = h("table", h("caption.visually-hidden", t("Parts of the server")), head, body);
  const note = h("p.muted.small", { hidden: true });
  const element = card(t("Parts of the server"), "chip", h("div.scroll-x", { tabindex: 0, role: "region", "aria-label": t("Parts of the server") }, table), note);
  element.classList.add("wide");
  let timer = 0;

  const load = async () => {
    clearTimeout(timer);
    if (!element.isConnected || element.closest("[hidden]") || document.hidden || !socket.isReady()) return;
    try {
      show(await getJson("api/actors"));
      note.hidden = true;
    } catch (error) {
      show({ actors: store.get("system")?.actors ?? [] });
      note.hidden = false;
      note.textContent = error.message;
    }
    clearTimeout(timer);
    timer = setTimeout(load, EVERY_MS);
  };
  const show = (answer) => {
    body.replaceChildren(...answer.actors.map(actorRow));
  };
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(load, SETTLE_MS);
  };
  socket.on("actor_event", soon);
  socket.on("state", (state) => state === "ready" && soon());
  document.addEventListener("visibilitychange", soon);
  element.load = load;
  return element;
}

function actorRow(actor) {
  const reason = told(actor.detail || actor.lastReason || "");
  const cells = [
    h("td", h("b", actor.name), reason ? h("span.reason-below", reason) : null),
    h("td", h(`span.chip${KINDS[actor.state] ? `.${KINDS[actor.state]}` : ""}`, told(actor.state))),
    h("td.numeric", number(actor.restarts)),
    h("td.numeric", ["off", "stopped"].includes(actor.state) ? "–" : duration(actor.uptimeSec ?? 0)),
    h("td.numeric", fixed(actor.cpuPercent, 1, "%")),
    h("td.numeric", bytes(actor.pssBytes)),
    h("td.reason", reason),
  ];
  return h("tr", { "data-actor": actor.name }, cells);
}
