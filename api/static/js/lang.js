/**
 * The page's language. A text is written in English where it stands, and that text is the key of its translation in
 * lang/<language>.json, which is here before any module that imports this one begins.
 */

export const LANGUAGES = { en: "English", de: "Deutsch", es: "Español", fr: "Français" };

const KEY = "ipcamera.language";
const wanted = navigator.languages.map((tag) => ({ tag, language: tag.split("-")[0] }));
const stored = localStorage.getItem(KEY);

export const language = stored in LANGUAGES ? stored : (wanted.find((one) => one.language in LANGUAGES)?.language ?? "en");

/** As the browser writes this language ("en-GB"), for numbers and dates. */
export const locale = wanted.find((one) => one.language === language)?.tag ?? language;

/** `page`: the texts of the page; `server`: what the server says in English, some of it with {values} in it. */
const catalogue = (language !== "en" && (await fetchCatalogue())) || { page: {}, server: {} };
const numbers = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
const forms = new Intl.PluralRules(locale);
const patterns = Object.entries(catalogue.server).filter(([text]) => text.includes("{")).map(([text, translation]) => [pattern(text), translation]);

document.documentElement.lang = language;

/** null where it cannot be had: a page in English is better than none. */
function fetchCatalogue() {
  return fetch(`lang/${language}.json`).then((answer) => answer.json()).catch(() => null);
}

export function choose(name) {
  localStorage.setItem(KEY, name);
  location.reload();
}

/** The text in the page's language, with `values` in the places of their {names}. */
export function t(text, values = {}) {
  return fill(catalogue.page[text] ?? text, values);
}

/** The form that fits `n`, which may stand in it as {n}. */
export function plural(n, one, other, values = {}) {
  const form = forms.select(n);
  const translated = catalogue.page[other];
  return fill(translated ? (translated[form] ?? translated.other) : form === "one" ? one : other, { n, ...values });
}

/** What the server says, which is English: in the page's language if the catalogue knows it, else as it is. */
export function told(text) {
  if (typeof text !== "string" || language === "en") return text;
  const whole = catalogue.server[text];
  if (whole !== undefined) return whole;
  for (const [expression, translation] of patterns) {
    const found = expression.exec(text);
    if (found) return fill(translation, Object.fromEntries(Object.entries(found.groups).map(([name, value]) => [name, valueOf(value)])));
  }
  return text;
}

function fill(text, values) {
  return text.replaceAll(/\{(\w+)\}/g, (whole, name) => (name in values ? (typeof values[name] === "number" ? numbers.format(values[name]) : values[name]) : whole));
}

/** A value within a text of the server: a decimal fraction is written as here, words may be known themselves. */
function valueOf(text) {
  return /^-?\d+\.\d+$/.test(text) ? Number(text) : told(text);
}

/** "{name} is missing" → /^(?<name>.+?) is missing$/ */
function pattern(text) {
  const parts = text.split(/\{(\w+)\}/).map((part, index) => (index % 2 ? `(?<${part}>.+?)` : part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")));
  return new RegExp(`^${parts.join("")}$`, "s");
}
