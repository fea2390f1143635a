// Which cases are shown: by typed words and by facets that combine, as the address says after "#?".
const filter = (() => {
  const form = document.getElementById("filter");
  const reset = form.querySelector("button");
  const kinds = JSON.parse(form.dataset.kinds);
  const selects = [...form.querySelectorAll("select")];
  const facets = selects.filter((one) => one.name !== "tag");
  const choices = facets.map((select) => [...select.options].map((option) => option.value)); // its text may say that there is none
  const groups = [...document.querySelectorAll("tbody[data-theme]")];
  const rows = groups.flatMap((group) => [...group.querySelectorAll("tr[data-row]")].map((row) => {
    const section = document.getElementById(row.dataset.row);
    const texts = [group.querySelector(".theme"), row, section.querySelector("summary")];
    const evaluations = row.dataset.evaluations.split(" ").filter(Boolean).map((one) => one.split(":").map(Number));
    const tags = row.dataset.tags.split(" ").filter(Boolean).map(Number);
    let found = null;
    const text = () => { // what a typed word is looked for in, made when the first is typed
      const words = evaluations.flatMap(([kind]) => kinds[kind].map((word, facet) => choices[facet][word + 1]));
      const tagged = tags.map((tag) => form.tag.options[tag + 1].text);
      found ??= [...texts.map((one) => one.textContent), ...new Set(words), ...tagged].join(" ").toLowerCase();
      return found;
    };
    return { row, section, text, evaluations, tags };
  }));

  const chosen = () => new URLSearchParams([...new FormData(form)].filter(([, word]) => word.trim()));
  const any = () => chosen().size > 0;

  const show = () => {
    const words = form.find.value.toLowerCase().split(/\s+/).filter(Boolean);
    const numbers = facets.map((select) => select.selectedIndex - 1);
    const fits = kinds.map((kind) => kind.every((word, facet) => numbers[facet] < 0 || numbers[facet] === word));
    const some = numbers.some((number) => number >= 0);
    const tag = form.tag ? form.tag.selectedIndex - 1 : -1;
    let cases = 0;
    let evaluations = 0;
    for (const { row, section, text, evaluations: own, tags } of rows) {
      const fitting = own.reduce((sum, [kind, number]) => sum + (fits[kind] ? number : 0), 0);
      const shown = fitting > 0 && (tag < 0 || tags.includes(tag)) && words.every((word) => text().includes(word));
      row.hidden = section.hidden = !shown;
      const adapters = new Set(own.filter(([kind]) => fits[kind]).map(([kind]) => kinds[kind][0]));
      [...row.cells].forEach((cell, column) => cell.classList.toggle("match", some && adapters.has(column - 1)));
      cases += shown ? 1 : 0;
      evaluations += shown ? fitting : 0;
    }
    for (const group of groups) {
      group.hidden = !group.querySelector("tr[data-row]:not([hidden])");
    }
    reset.hidden = !any();
    const matching = `${evaluations} ${evaluations === 1 ? "evaluation" : "evaluations"}`;
    const where = some && evaluations > 0 ? `; the tinted cells hold ${matching} that match` : `, ${matching}`;
    for (const said of document.querySelectorAll("[data-filtered]")) {
      said.textContent = any() ? `${cases} of ${rows.length} cases${where}` : "";
    }
  };

  // Returns what is asked for and this report lacks: it chooses nothing.
  const choose = (address) => {
    const asked = new URLSearchParams(address);
    const fields = ["find", ...selects.map((select) => select.name)];
    const lacking = [...asked.keys()].filter((name) => !fields.includes(name)).map((name) => `choice “${name}”`);
    form.find.value = asked.get("find") ?? "";
    for (const select of selects) {
      const word = asked.get(select.name) ?? "";
      select.value = word;
      if (select.selectedIndex < 0) {
        select.selectedIndex = 0;
        lacking.push(`${select.name} “${word}”`);
      }
    }
    show();
    return lacking;
  };

  const remember = () => {
    show();
    const now = chosen().toString();
    history.replaceState(null, "", now ? `#?${now}` : "#matrix");
  };
  form.addEventListener("input", remember);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(remember)); // the fields are emptied after the event
  for (const link of document.querySelectorAll("a[data-filter]")) {
    link.hash = `?${link.dataset.filter}`;
  }
  form.hidden = false;
  return { any, choose };
})();
