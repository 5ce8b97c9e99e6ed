/** Loads the page's modules. If the camera goes away in the middle of that, the page begins again by itself. */

const AGAIN_MS = 2500;

import("./app.js").catch((error) => {
  document.getElementById("boot")?.replaceChildren(`The page could not be loaded (${error.message}). Trying again…`);
  setTimeout(() => location.reload(), AGAIN_MS);
});
