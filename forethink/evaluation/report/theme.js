// SPDX-License-Identifier: Apache-2.0
// Runs before the page is painted, so that a chosen theme does not flash.
(function () {
  "use strict";
  try {
    var chosen = localStorage.getItem("forethink-theme");
    if (chosen === "light" || chosen === "dark") {
      document.documentElement.dataset.theme = chosen;
    }
  } catch (error) {
    // Storage may be forbidden for local files; the system's theme then stands.
  }
})();
