// What is wider than its place can be scrolled with the keyboard, too, and says what it is.
(() => {
  const scrolls = (place) => {
    const wide = place.scrollWidth > place.clientWidth;
    if (wide === place.hasAttribute("tabindex")) {
      return;
    }
    if (!wide) {
      ["tabindex", "role", "aria-label"].forEach((name) => place.removeAttribute(name));
      return;
    }
    place.tabIndex = 0;
    place.setAttribute("role", "group"); // no landmark: a page may have hundreds
    const about = place.closest("details, article, section, header").querySelector("summary code, summary, h1, h2, h3");
    place.setAttribute("aria-label", `${place.matches("pre") ? "text" : "table"}: ${about.textContent.trim()}`);
  };
  const sizes = new ResizeObserver((changes) => changes.forEach(({ target }) => scrolls(target.closest(".wide, pre"))));
  const observe = (place) => place.querySelectorAll("pre, .wide, .wide > table").forEach((one) => sizes.observe(one));
  observe(document);
  addEventListener("built", ({ target }) => observe(target));
})();
