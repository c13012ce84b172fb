// A showcase is one click: the card says which, the page asks it. On other pages the address says
// which; once there it is forgotten, so that a reload does not ask again.
window.showcases = {
  wish: "",
  arrived() {
    const address = new URL(location.href);
    const name = address.searchParams.get("showcase") ?? "";
    address.searchParams.delete("showcase");
    if (name) history.replaceState(history.state, "", address);
    return name;
  },
  press(name, kept, button) {
    if (!name || kept?.length) return;
    document.querySelector(button).click();
  },
};
// The answers are below what was filled in: they are followed until the reader goes elsewhere.
const followAnswers = () => {
  const answers = document.querySelector(".sheet-page .answers, #batch-sheet");
  const growth = new ResizeObserver(() => answers.scrollIntoView({ block: "nearest" }));
  growth.observe(answers);
  const end = () => growth.disconnect();
  // Not by the press that began it.
  setTimeout(() => {
    for (const kind of ["wheel", "touchmove", "pointerdown", "keydown"]) {
      window.addEventListener(kind, end, { once: true, passive: true });
    }
  });
};
document.addEventListener("click", (event) => {
  if (event.target.closest?.("#compare-start, #batch-start")) followAnswers();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.closest?.("#compare-question")) followAnswers();
});
document.addEventListener("click", (event) => {
  const card = event.target.closest?.("button[data-showcase]");
  if (!card) return;
  window.showcases.wish = card.dataset.showcase;
  document.querySelector("#show").click();
});
