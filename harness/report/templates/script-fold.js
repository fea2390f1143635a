"use strict";
// What is folded is not built before somebody unfolds it: until then it is the text of a <noscript>, which a browser
// without script reads like any other part of the page. The rest is built while the browser has nothing else to do, so
// that its own search finds everything.
const folds = (() => {
  const build = (place) => {
    for (const folded of place.querySelectorAll("noscript")) {
      const parent = folded.parentElement;
      folded.outerHTML = folded.textContent;
      parent.dispatchEvent(new Event("built", { bubbles: true }));
    }
  };
  document.addEventListener("toggle", ({ target }) => build(target), { capture: true });

  const left = document.getElementsByTagName("noscript");
  const go = (idle) => {
    while (left.length > 0 && idle.timeRemaining() > 0) {
      build(left[0].parentElement);
    }
    if (left.length > 0) {
      requestIdleCallback(go);
    }
  };
  addEventListener("load", () => window.requestIdleCallback?.(go));
  return { build };
})();
