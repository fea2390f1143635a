// What the address names after "#": a choice of cases, a cell of the matrix with its numbers, a case, or a section.
(() => {
  const matrix = document.querySelector("table.matrix");
  let panel = null;
  let marked = null;

  const close = () => {
    panel?.remove();
    marked?.removeAttribute("aria-current");
    panel = marked = null;
  };

  const element = (tag, properties, ...children) => {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  };

  // the adapter's column of the case's numbers, for under its row of the matrix: first the problems that the cell shows
  const numbers = (section, column, place) => {
    const found = element("table", { className: "numbers" });
    const shown = (body) => [...body.rows].some((row) => row.cells[column]?.className === place);
    const bodies = [...section.querySelectorAll(".numbers > tbody")];
    for (const body of [...bodies.filter(shown), ...bodies.filter((one) => !shown(one))]) {
      const lines = [...body.rows].map((row) => {
        const heading = row.cells[0].cloneNode(true);
        if (row.className === "problem") {
          heading.colSpan = 2;
          return element("tr", { className: "problem" }, heading);
        }
        return element("tr", {}, heading, row.cells[column].cloneNode(true));
      });
      found.append(element("tbody", {}, ...lines));
    }
    return found;
  };

  const open = (cell) => {
    const row = cell.parentElement;
    const section = document.getElementById(row.dataset.row);
    folds.build(section);
    const name = `${row.cells[0].textContent}, ${matrix.tHead.rows[0].cells[cell.cellIndex].firstChild.textContent}`;
    const done = element("button", { type: "button", textContent: "Close" });
    done.addEventListener("click", () => {
      close();
      history.replaceState(null, "", "#matrix");
      cell.querySelector("a").focus();
    });
    const whole = element("a", { href: `#${section.id}`, textContent: "the whole case" });
    const said = element("p", {}, element("b", { textContent: name }), " · ", whole, " ", done);
    const inside = element("div", { className: "panel" }, said, numbers(section, cell.cellIndex, cell.querySelector("a").className));
    panel = element("tr", { className: "unfolded" }, element("td", { colSpan: row.cells.length }, inside));
    row.after(panel);
    marked = cell;
    cell.setAttribute("aria-current", "true");
  };

  // What a link names and this page lacks; said where the reader is led to, and aloud.
  const lost = document.querySelector(".lost");
  const tell = (lacking) => {
    lost.replaceChildren();
    if (lacking.length > 0) {
      const search = element("a", { href: "#matrix", textContent: "search the cases" });
      const table = element("a", { href: "comparison.csv", textContent: "comparison.csv" });
      const why = "The link may be to another report, or what it names has another name now: ";
      lost.append(`This page has no ${lacking.join(" and no ")}. ${why}`, search, ", or look into ", table, ", which has every evaluation.");
      lost.scrollIntoView();
    }
  };
  const decoded = (address) => {
    try {
      return decodeURIComponent(address);
    } catch {
      return address; // a per cent sign of its own
    }
  };

  const go = () => {
    close();
    const address = location.hash.slice(1);
    if (address) {
      folds.layOut(); // or what stands above would move the place that is looked for
    }
    if (address.startsWith("?")) {
      const lacking = filter.choose(address);
      document.getElementById("matrix").scrollIntoView();
      tell(lacking);
      return;
    }
    const target = document.getElementById(address) ?? document.getElementById(decoded(address));
    tell(target || !address ? [] : [`place “${decoded(address)}”`]);
    const row = target?.closest("tr[data-row]");
    if (target?.hidden || row?.hidden) {
      filter.choose("");
    }
    if (row) {
      open(target);
      target.scrollIntoView({ block: "center", inline: "nearest" });
      const place = matrix.parentElement;
      if (place.scrollHeight > place.clientHeight) {
        place.scrollIntoView({ block: "nearest" }); // a row at its end would leave the names above out of sight
      }
    } else if (target instanceof HTMLDetailsElement) {
      folds.build(target);
      target.open = true;
      target.scrollIntoView();
    }
  };
  document.getElementById("filter").addEventListener("input", close);
  addEventListener("hashchange", go);
  filter.choose("");
  go();
})();
