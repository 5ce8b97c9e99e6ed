/** Loads the page's modules, its language first. If the camera goes away in the middle of that, the page begins again by itself. */

const AGAIN_MS = 2500;
const byId = (id) => document.getElementById(id);
let again = "The page could not be loaded. Trying again…";

try {
  const { t } = await import("./lang.js");
  again = t("The page could not be loaded. Trying again…");
  byId("skip").textContent = t("Skip to the content");
  byId("rail").setAttribute("aria-label", t("Sections"));
  byId("boot").textContent = t("Connecting to the camera…");
  await import("./app.js");
} catch (error) {
  console.info(error);
  byId("boot")?.replaceChildren(again);
  setTimeout(() => location.reload(), AGAIN_MS);
}
