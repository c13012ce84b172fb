// A picture of a question, pressed, is shown as large as the window lets it be, until anything is
// pressed.
(() => {
  const show = (button) => {
    const small = button.querySelector("img");
    const whole = new Image();
    whole.alt = small.alt;
    // Long gone from the server, its small copy is still here.
    whole.onerror = () => {
      whole.onerror = null;
      whole.src = small.src;
    };
    whole.src = `gradio_api/file=${button.value}`;
    const dialog = document.createElement("dialog");
    dialog.className = "enlarged";
    dialog.setAttribute("aria-label", small.alt);
    dialog.append(whole);
    dialog.addEventListener("click", () => dialog.close());
    dialog.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (["Enter", " ", "Escape"].includes(event.key)) {
        event.preventDefault();
        dialog.close();
      }
    });
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("button.enlarge");
    if (button) show(button);
  });
})();
