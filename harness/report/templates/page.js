"use strict";
(() => {
  const openTarget = () => {
    const target = document.getElementById(location.hash.slice(1));
    if (target instanceof HTMLDetailsElement) {
      target.open = true;
      target.scrollIntoView();
    }
  };
  addEventListener("hashchange", openTarget);
  openTarget();

  const box = document.getElementById("filter");
  if (box) {
    const rows = [...document.querySelectorAll("tr[data-row]")].map((row) => [row, row.textContent.toLowerCase()]);
    const said = document.getElementById("filtered");
    const apply = () => {
      const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const [row, text] of rows) {
        row.hidden = !words.every((word) => text.includes(word));
        shown += row.hidden ? 0 : 1;
      }
      for (const group of document.querySelectorAll("tbody[data-theme]")) {
        group.hidden = !group.querySelector("tr[data-row]:not([hidden])");
      }
      said.textContent = words.length ? `${shown} of ${rows.length} cases` : "";
    };
    box.closest("label").hidden = false;
    box.addEventListener("input", apply);
    apply();
  }

  const all = () => [...document.querySelectorAll("details")];
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = all().filter((one) => !one.open);
    closed.forEach((one) => { one.open = true; });
  });
  addEventListener("afterprint", () => closed.forEach((one) => { one.open = false; }));
})();
