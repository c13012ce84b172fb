// Answers that point: a name and its boxes light up together, a time takes its video there, and
// what is asked for as a file is saved.
(() => {
  const light = (event) => {
    const one = event.target.closest?.(":is(#chat, #compare) :is(.named, .spot)");
    if (!one) return;
    const on = event.type === "pointerover" || event.type === "focusin";
    const name = CSS.escape(one.getAttribute("name"));
    one
      .closest(".message-row")
      ?.querySelectorAll(`[name="${name}"]`)
      .forEach((other) => other.classList.toggle("lit", on));
  };
  for (const kind of ["pointerover", "pointerout", "focusin", "focusout"]) {
    document.addEventListener(kind, light);
  }

  // The server makes the file that is wished for and says where it is.
  window.pointing = {
    wish: "",
    save(address) {
      if (!window.pointing.wish || !address) return;
      window.pointing.wish = "";
      const link = document.createElement("a");
      link.href = address;
      link.download = "";
      link.click();
    },
  };
  const keep = (value) => {
    window.pointing.wish = value;
    document.querySelector("#keep").click();
  };

  const play = (value) => {
    const [name, second] = value.split("@");
    const figure = document.querySelector(`:is(#chat, #compare) figure[name="${CSS.escape(name)}"]`);
    const video = figure?.querySelector("video");
    if (video) video.currentTime = Number(second);
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    figure?.scrollIntoView({ block: "nearest", behavior: calm ? "auto" : "smooth" });
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.(":is(#chat, #compare) button[value]");
    if (!button) return;
    if (button.matches(".keep-picture, .keep-boxes")) keep(button.value);
    else if (button.matches(".moment")) play(button.value);
  });

  // Copied are the words of an answer, not what is drawn around them.
  const words = (html) => new DOMParser().parseFromString(html, "text/html").body.textContent;
  const plain = (text) =>
    text
      .replace(/\n?<div class="pointing">.*/g, "")
      .replace(/<(mark|button)\b[^>]*>(.*?)<\/\1>/g, (_, tag, inside) => words(inside));
  if (navigator.clipboard) {
    const write = navigator.clipboard.writeText.bind(navigator.clipboard);
    navigator.clipboard.writeText = (text) => write(plain(text));
  }

  // A video that this browser cannot play is shown as the still picture beside it.
  const unplayable = (event) => {
    if (event.target.matches?.(":is(#chat, #compare) figure.video video")) event.target.remove();
  };
  document.addEventListener("error", unplayable, true);
})();
