"use strict";
// A page opens with what is seen first. What is folded is not built before somebody unfolds it: until then it is the
// text of a <noscript>, which a browser without script reads like any other part of the page. While the browser has
// nothing else to do, sections below the screen are laid out and the rest is built, so that its own search and its
// scroll bar know the whole page.
const folds = (() => {
  const sections = [...document.querySelectorAll("section")];
  const layOut = (several = sections.length) => {
    for (const section of sections.splice(0, several)) {
      section.style.contentVisibility = "visible";
    }
  };
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
    if (sections.length > 0) {
      layOut(1);
    }
    while (sections.length === 0 && left.length > 0 && idle.timeRemaining() > 0) {
      build(left[0].parentElement);
    }
    if (sections.length + left.length > 0) {
      requestIdleCallback(go);
    }
  };
  addEventListener("load", () => (window.requestIdleCallback ? requestIdleCallback(go) : layOut()));
  return { build, layOut };
})();
