// Pictures have the numbers that the prompt gives them: in the panels, in their order, which can
// be changed, and after an @ in the question.
(() => {
  const one = (selector) => document.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const box = () => one("#question textarea");
  const called = (number) => one("#asking").dataset.image.replace("{number}", number);

  // [{number, src}] of the conversation's pictures, then of those in the panels.
  const numbered = () => {
    const pictures = all("#chat .user-row figure[name^='image-']").map((figure) => ({
      number: Number(figure.getAttribute("name").slice("image-".length)),
      src: figure.querySelector("img")?.src,
    }));
    const before = pictures.at(-1)?.number ?? 0;
    let last = before;
    all("#image .image-frame img, #gallery .gallery-item img").forEach(({ src }, place) => {
      if (!(combined() && place)) last += 1;
      pictures.push({ number: last, src });
    });
    return { pictures, before, last };
  };
  const combined = () => all("#several input")[1]?.checked ?? false;

  const count = () => {
    const { before, last } = numbered();
    const root = document.documentElement;
    const shown = last > 1 && !combined();
    root.style.setProperty("--image-number", before + 1);
    root.style.setProperty("--images-before", before + (one("#image .image-frame") ? 1 : 0));
    root.toggleAttribute("data-numbered", shown);
  };

  // Order: by dragging, or with the button that each but the first has.
  let moves = 0;
  const move = (from, to) => {
    const field = one("#move textarea");
    if (from === to || !field) return;
    // The number makes it a change even if the same is done twice.
    field.value = `${from} ${to} ${(moves += 1)}`;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const items = () => all("#gallery .gallery-item");
  const arrange = () => {
    items().forEach((item, place) => {
      item.draggable = true;
      let button = item.querySelector(".forward");
      if (!button) {
        button = document.createElement("button");
        button.className = "forward";
        button.type = "button";
        button.addEventListener("click", () => {
          const from = items().indexOf(item);
          move(from, from - 1);
        });
        item.append(button);
      }
      const from = Number(getComputedStyle(document.documentElement).getPropertyValue("--images-before"));
      const label = one("#asking").dataset.forward.replace("{name}", called(from + place + 1));
      if (button.title !== label) {
        button.title = label;
        button.setAttribute("aria-label", label);
      }
      button.hidden = place === 0;
    });
  };
  let dragged = -1;
  document.addEventListener("dragstart", (event) => {
    dragged = items().indexOf(event.target.closest?.("#gallery .gallery-item"));
  });
  document.addEventListener("dragover", (event) => {
    if (dragged >= 0 && event.target.closest?.("#gallery")) event.preventDefault();
  });
  document.addEventListener("drop", (event) => {
    const onto = items().indexOf(event.target.closest?.("#gallery .gallery-item"));
    if (dragged >= 0 && onto >= 0) {
      event.preventDefault();
      move(dragged, onto);
    }
  });
  document.addEventListener("dragend", () => (dragged = -1));

  // Naming: a list of pictures while an @ is typed.
  let typed = null;
  let chosen = 0;
  const list = () => one("#mentions");
  const close = () => {
    typed = null;
    if (list()) list().hidden = true;
    box()?.removeAttribute("aria-activedescendant");
  };
  const choose = (place) => {
    const options = all("li", list());
    chosen = (place + options.length) % options.length;
    options.forEach((option, i) => option.setAttribute("aria-selected", i === chosen));
    options[chosen].scrollIntoView({ block: "nearest" });
    box().setAttribute("aria-activedescendant", options[chosen].id);
  };
  const take = (number) => {
    const field = box();
    const [start, end] = [typed.start, field.selectionStart];
    field.setRangeText(`@${number} `, start, end, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
    close();
    field.focus();
  };
  const suggest = () => {
    const field = box();
    const before = field.value.slice(0, field.selectionStart);
    const found = /(?<![\w@.])@(\d*)$/.exec(before);
    const seen = new Set();
    const fitting = found
      ? numbered().pictures.filter(
          ({ number }) => String(number).startsWith(found[1]) && !seen.has(number) && seen.add(number),
        )
      : [];
    if (!fitting.length || document.activeElement !== field) return close();
    typed = { start: found.index, digits: found[1] };
    list().replaceChildren(
      ...fitting.map(({ number, src }) => {
        const option = document.createElement("li");
        option.id = `mention-${number}`;
        option.setAttribute("role", "option");
        option.dataset.number = number;
        const picture = document.createElement("img");
        picture.alt = "";
        if (src) picture.src = src;
        option.append(picture, called(number));
        option.addEventListener("mousedown", (event) => {
          event.preventDefault();
          take(number);
        });
        return option;
      }),
    );
    // Just above what is typed, whatever lies between the two on the page.
    const around = field.closest(".block").getBoundingClientRect();
    list().style.left = `${around.left}px`;
    list().style.bottom = `${innerHeight - around.top + 4}px`;
    list().hidden = false;
    choose(0);
  };
  document.addEventListener("input", (event) => {
    if (event.target === box()) suggest();
  });
  document.addEventListener("focusout", (event) => {
    if (event.target === box()) close();
  });
  document.addEventListener(
    "keydown",
    (event) => {
      if (!typed || event.target !== box() || event.isComposing) return;
      const number = all("li", list())[chosen]?.dataset.number;
      // A number typed to its end needs no choosing: Enter sends.
      if (event.key === "Enter" && number === typed.digits) return close();
      const action = {
        ArrowDown: () => choose(chosen + 1),
        ArrowUp: () => choose(chosen - 1),
        Enter: () => take(number),
        Tab: () => take(number),
        Escape: close,
      }[event.key];
      if (!action) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      action();
    },
    true,
  );

  const look = () => {
    if (!one("#asking")) return;
    count();
    arrange();
  };
  const begin = () => {
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
    document.addEventListener("change", look);
    look();
  };
  if (document.body) begin();
  else document.addEventListener("DOMContentLoaded", begin);
})();
