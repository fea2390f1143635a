// Paper cannot unfold anything. What stays folded there is what is meant to be copied, what proves a finding that fails
// nothing, and, where nobody has chosen some of them, the cases: a library of hundreds takes as many pages.
(() => {
  let closed = [];
  addEventListener("beforeprint", () => {
    const left = filter.any() ? ".repeat, .finding" : ".repeat, .finding, .case";
    const folded = () => [...document.querySelectorAll("details:not([open])")].filter((one) => !one.closest(left));
    folded().forEach(folds.build);
    closed = folded(); // those within them, too
    closed.forEach((one) => { one.open = true; });
  });
  addEventListener("afterprint", () => closed.forEach((one) => { one.open = false; }));
})();
