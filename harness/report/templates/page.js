"use strict";
(() => {
  const box = document.getElementById("filter");
  const groups = [...document.querySelectorAll("tbody[data-theme]")];
  const entries = groups.flatMap((group) => [...group.querySelectorAll("tr[data-row]")].map((row) => {
    const section = document.getElementById(row.dataset.row);
    const texts = [group.querySelector(".theme"), row, section.querySelector("summary")];
    const words = [...texts.map((one) => one.textContent), row.dataset.words];
    return { row, section, text: words.join(" ").toLowerCase() };
  }));
  const filter = () => {
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const { row, section, text } of entries) {
      row.hidden = section.hidden = !words.every((word) => text.includes(word));
      shown += row.hidden ? 0 : 1;
    }
    for (const group of groups) {
      group.hidden = !group.querySelector("tr[data-row]:not([hidden])");
    }
    for (const said of document.querySelectorAll("[data-filtered]")) {
      said.textContent = words.length ? `${shown} of ${entries.length} cases match “${box.value.trim()}”` : "";
    }
  };
  box.closest("label").hidden = false;
  box.addEventListener("input", filter);
  filter();

  const openTarget = () => {
    const target = document.getElementById(location.hash.slice(1));
    if (target instanceof HTMLDetailsElement) {
      if (target.hidden) {
        box.value = "";
        filter();
      }
      target.open = true;
      target.scrollIntoView();
    }
  };
  addEventListener("hashchange", openTarget);
  openTarget();

  const all = () => [...document.querySelectorAll("details")];
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = all().filter((one) => !one.open);
    closed.forEach((one) => { one.open = true; });
  });
  addEventListener("afterprint", () => closed.forEach((one) => { one.open = false; }));
})();
