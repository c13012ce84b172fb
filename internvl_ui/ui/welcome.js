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
    // The answers are below what was filled in.
    const answers = document.querySelector(".sheet-page .answers, #batch-sheet");
    const arrive = new ResizeObserver(() => {
      if (answers.offsetHeight < 120) return;
      arrive.disconnect();
      answers.scrollIntoView({ block: "end" });
    });
    arrive.observe(answers);
  },
};
document.addEventListener("click", (event) => {
  const card = event.target.closest?.("button[data-showcase]");
  if (!card) return;
  window.showcases.wish = card.dataset.showcase;
  document.querySelector("#show").click();
});
