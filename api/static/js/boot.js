/** Loads the page's modules, and with them its language. If the camera goes away in the middle of that, the page begins again by itself. */

const AGAIN_MS = 2500;
const byId = (id) => document.getElementById(id);
let again = "The page could not be loaded. Trying again…";

/** What stands in index.html, as soon as the language is there. */
async function label() {
  const { t } = await import("./lang.js");
  again = t("The page could not be loaded. Trying again…");
  byId("skip").textContent = t("Skip to the content");
  byId("rail").setAttribute("aria-label", t("Sections"));
  byId("boot")?.replaceChildren(t("Connecting to the camera…"));
}

try {
  await Promise.all([label(), import("./app.js")]);
} catch (error) {
  console.info(error);
  byId("boot")?.replaceChildren(again);
  setTimeout(() => location.reload(), AGAIN_MS);
}
