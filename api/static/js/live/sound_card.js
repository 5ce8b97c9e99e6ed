/** Hearing and speaking: level meter, listen, push-to-talk, text-to-speech. */

import { card, h, icon, setIcon, setText } from "../dom.js";
import { decibels, quantity } from "../format.js";
import { t } from "../lang.js";
import { lockedBox } from "../pro_lock.js";
import { Listener } from "../sound/listen.js";
import { Talker } from "../sound/talk.js";
import * as socket from "../socket.js";
import * as store from "../store.js";

const LONGEST_TEXT = 500;
const QUIETEST_DB = -70;

export function soundCard() {
  const meter = levelMeter();
  const listener = new Listener({ onChange: () => update(), onLevel: (db) => meter.show(db) });
  const talker = new Talker({ onChange: () => update(), onLevel: (level) => meter.talk(level) });
  const listen = h("button.listen", { type: "button", onclick: () => listener.toggle() }, icon("speaker"), h("span.label", t("Listen")));
  const talk = h("button.talk", { type: "button", title: t("Hold the button, or the space bar, and speak") }, icon("mic"), h("span.label", t("Hold to talk")));
  holdable(talk, talker);
  const problem = h("p.problem.small.warn", { role: "status" });
  const pro = h("div.changes");

  const update = () => {
    listen.setAttribute("aria-pressed", String(listener.on));
    setIcon(listen.firstChild, listener.on ? "speaker" : "muted");
    setText(listen.lastChild, listener.on ? t("Listening") : t("Listen"));
    talk.classList.toggle("talking", talker.state === "talking");
    setText(talk.lastChild, { idle: t("Hold to talk"), asking: t("Asking…"), talking: t("Speak now") }[talker.state]);
    setText(problem, talker.problem || listener.problem);
    problem.hidden = problem.textContent === "";
  };
  socket.on("levels", (message) => {
    const sound = message.levels.find((level) => level.key === "sound");
    if (sound && !listener.on) meter.show(sound.value);
  });
  store.watch("license", () => {
    const free = store.get("license") !== undefined && !store.isPro();
    talk.disabled = free;
    pro.replaceChildren(free ? lockedBox("two_way_audio") : sayForm());
  });
  update();
  const element = card(t("Sound and speech"), "sound", h("div.stack", meter, problem, pro));
  return { element, listen, talk };
}

/** Hold by pointer or by key; letting go anywhere ends it. */
function holdable(button, talker) {
  button.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    button.setPointerCapture(event.pointerId);
    talker.press();
  });
  for (const type of ["pointerup", "pointercancel", "lostpointercapture", "blur"]) button.addEventListener(type, () => talker.release());
  button.addEventListener("contextmenu", (event) => event.preventDefault());
  button.addEventListener("keydown", (event) => {
    if ((event.key !== " " && event.key !== "Enter") || event.repeat) return;
    event.preventDefault();
    talker.press();
  });
  button.addEventListener("keyup", () => talker.release());
}

function levelMeter() {
  const bar = h("span");
  const track = h("div.level", { role: "meter", "aria-label": t("Sound level"), "aria-valuemin": QUIETEST_DB, "aria-valuemax": 0, "aria-valuenow": QUIETEST_DB }, bar);
  const output = h("output", "–");
  const element = h("div.meter-line", track, output);
  const draw = (fraction) => {
    bar.style.transform = `scaleX(${Math.min(1, Math.max(0, fraction)).toFixed(3)})`;
    track.classList.toggle("loud", fraction > 0.85);
  };
  element.show = (db) => {
    draw(1 - db / QUIETEST_DB);
    setText(output, decibels(db));
    track.setAttribute("aria-valuenow", Math.round(Math.max(QUIETEST_DB, db)));
  };
  element.talk = draw;
  return element;
}

function sayForm() {
  const input = h("input", { id: "say", type: "text", maxlength: LONGEST_TEXT, placeholder: t("Say something through the camera"), autocomplete: "off", "aria-label": t("Text that the camera speaks") });
  const button = h("button.primary", { type: "submit" }, t("Say"));
  const problem = h("p.small.warn", { role: "status", hidden: true });
  const wait = (ms) => {
    button.disabled = true;
    setTimeout(() => (button.disabled = false), ms);
  };
  const form = h("form.say", {
    onsubmit: (event) => {
      event.preventDefault();
      if (!input.value.trim() || button.disabled) return;
      problem.hidden = true;
      if (socket.send({ type: "tts", message: input.value.trim() })) wait(1000);
    },
  }, input, button);
  const stop = socket.on("error", (error) => {
    if (!form.isConnected) return stop();
    if (error.inReplyTo !== "tts") return;
    if (error.retryAfterMs) wait(error.retryAfterMs);
    problem.hidden = false;
    setText(problem, error.retryAfterMs ? t("The camera can speak once every five seconds. Wait {seconds}.", { seconds: quantity(Math.ceil(error.retryAfterMs / 1000), "s") }) : error.message);
  });
  return h("div.stack.tight", form, problem);
}
