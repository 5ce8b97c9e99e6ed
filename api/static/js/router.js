/** Which section is shown: the part of the address after "#". Sections are built when first shown, and then kept. */

const sections = new Map();
let current = "";

/** `build(host)` may return {shown(argument), hidden()}. */
export function addSection(name, title, build) {
  sections.set(name, { title, build, host: null, life: null });
}

export function start() {
  addEventListener("hashchange", show);
  show();
}

export function go(name, argument = "") {
  location.hash = argument ? `${name}/${encodeURIComponent(argument)}` : name;
}

function show() {
  const [name, argument = ""] = location.hash.slice(1).split("/");
  const wanted = sections.has(name) ? name : sections.keys().next().value;
  if (wanted !== current) leave();
  enter(wanted, decodeURIComponent(argument));
}

function leave() {
  const section = sections.get(current);
  if (!section) return;
  section.host.hidden = true;
  section.life?.hidden?.();
}

function enter(name, argument) {
  const section = sections.get(name);
  const main = document.getElementById("panel");
  if (!section.host) {
    section.host = document.createElement("div");
    section.host.id = `section-${name}`;
    main.append(section.host);
    section.life = section.build(section.host) ?? null;
  }
  section.host.hidden = false;
  document.body.dataset.section = name;
  document.title = `${section.title} – IP Camera`;
  document.getElementById("title").textContent = `IP Camera: ${section.title}`;
  for (const link of document.querySelectorAll(".rail a")) {
    if (link.hash === `#${name}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (current && current !== name) {
    scrollTo(0, 0);
    main.focus({ preventScroll: true });
  }
  current = name;
  section.life?.shown?.(argument);
}
