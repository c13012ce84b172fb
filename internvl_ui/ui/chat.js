// The conversation: it stays where the reader put it, folds stay open, copies are plain, an
// earlier question can be edited, and the keyboard is enough.
(() => {
  const one = (selector) => document.querySelector(selector);
  const all = (selector) => [...document.querySelectorAll(selector)];
  const box = () => one("#question textarea");
  const BUSY = new Set(["queued", "loading", "reading", "prefill", "writing"]);
  const busy = () => {
    const line = one("#status .status");
    return BUSY.has(line?.dataset.before ?? line?.dataset.state);
  };
  const type = (field, text) => {
    field.value = text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };

  // Scrolling: the end is followed until the reader scrolls up, and again from a new question on.
  let log = null;
  let follows = true;
  let put = 0;
  let questions = 0;
  const room = () => log.scrollHeight - log.clientHeight;
  const follow = () => {
    if (!log || !follows) return;
    if (log.scrollTop < Math.min(put, room()) - 2) {
      follows = false;
      return;
    }
    log.scrollTop = log.scrollHeight;
    put = log.scrollTop;
  };
  const sizes = new ResizeObserver(follow);
  const leave = (event) => {
    if (event.deltaY < 0 || ["PageUp", "ArrowUp", "Home"].includes(event.key)) follows = false;
  };
  const read = () => {
    if (room() - log.scrollTop < 24) follows = true;
    else if (log.scrollTop < put - 2) follows = false;
    put = log.scrollTop;
  };
  const watch = () => {
    const found = one("#chat .bubble-wrap");
    if (found && found !== log) {
      log = found;
      log.addEventListener("scroll", read, { passive: true });
      log.addEventListener("wheel", leave, { passive: true });
      log.addEventListener("keydown", leave);
      sizes.observe(log);
    }
    const messages = one("#chat .message-wrap");
    if (messages) sizes.observe(messages);
    const now = all("#chat .user-row").length;
    if (now > questions) follows = true;
    questions = now;
    follow();
  };

  // Folds: each piece of an answer replaces the whole; what the reader opened opens again.
  const open = new Set();
  const name = (fold) => {
    const row = fold.closest(".bot-row");
    const place = [...row.querySelectorAll("details.beside")].indexOf(fold);
    return `${all("#chat .bot-row").indexOf(row)} ${place}`;
  };
  const unfold = () => {
    const rows = all("#chat .bot-row").length;
    for (const key of open) if (parseInt(key) >= rows) open.delete(key);
    for (const fold of all("#chat .bot-row details.beside")) {
      if (!fold.open && open.has(name(fold))) fold.open = true;
    }
  };
  document.addEventListener(
    "click",
    (event) => {
      const fold = event.target.closest?.("#chat details.beside > summary")?.parentElement;
      if (fold) open[fold.open ? "delete" : "add"](name(fold));
    },
    true,
  );

  // Copies: the words alone, formulas as they are typed.
  const plain = (text) => {
    if (/^<(div class="media|pre class="said")/.test(text)) {
      const page = new DOMParser().parseFromString(text, "text/html");
      return page.querySelector("pre.said")?.textContent ?? "";
    }
    const formula = (sign) => (_, inside) => {
      const words = new DOMParser().parseFromString(inside, "text/html").body.textContent;
      return sign + words + sign;
    };
    return text
      .replace(/<details class="beside[^]*?(<\/details>|$)/g, "")
      .replace('<div class="beside pending"></div>', "")
      .replace(/\ue000([^\ue001]*)\ue001/g, formula("$"))
      .replace(/\ue002([^\ue003]*)\ue003/g, formula("$$"))
      .replace(/^\n+|\n+$/g, "");
  };
  if (navigator.clipboard) {
    const write = navigator.clipboard.writeText.bind(navigator.clipboard);
    navigator.clipboard.writeText = (text) => write(plain(text));
  }
  document.addEventListener("copy", (event) => {
    // Where there is no clipboard, Gradio copies from a field far outside.
    if (event.target.style?.left !== "-999999px") return;
    event.clipboardData.setData("text/plain", plain(event.target.value));
    event.preventDefault();
  });

  // Editing: Gradio offers the question as it is drawn; people edit what they wrote.
  const buttons = (field) => {
    const panel = field.closest(".message-row").nextElementSibling;
    return panel?.querySelectorAll(".message-buttons button, button") ?? [];
  };
  const grow = (field) => {
    field.style.height = "auto";
    field.style.height = `${field.scrollHeight}px`;
  };
  const dress = () => {
    for (const field of all("#chat textarea.edit-textarea:not([data-dressed])")) {
      field.dataset.dressed = "";
      field.rows = 1;
      field.setAttribute("aria-label", one("#asking")?.dataset.edit ?? "");
      type(field, plain(field.value));
      grow(field);
      field.focus();
      field.addEventListener("input", () => grow(field));
    }
  };

  // Keys
  let recalled = 0;
  const recall = (step) => {
    const said = all("#chat pre.said").map((words) => words.textContent);
    const next = Math.min(Math.max(recalled + step, 0), said.length);
    if (next === recalled) return false;
    recalled = next;
    const field = box();
    const kept = recalled;
    type(field, next ? said[said.length - next] : "");
    recalled = kept;
    field.setSelectionRange(field.value.length, field.value.length);
    return true;
  };
  document.addEventListener("input", (event) => {
    if (event.target === box()) recalled = 0;
  });
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.defaultPrevented) return;
    const field = event.target;
    if (field.matches?.("#chat textarea.edit-textarea")) {
      const [submit, cancel] = buttons(field);
      const chosen = { Enter: event.shiftKey ? null : submit, Escape: cancel }[event.key];
      if (chosen) {
        event.preventDefault();
        chosen.click();
      }
    } else if (event.key === "Escape" && busy()) {
      event.preventDefault();
      one("#stop")?.click();
    } else if (field === box()) {
      const up = event.key === "ArrowUp" && (field.value === "" || recalled > 0);
      const down = event.key === "ArrowDown" && recalled > 0;
      if ((up && recall(1)) || (down && recall(-1))) event.preventDefault();
    }
  });

  // After an answer the next question can be typed at once; nobody is called from elsewhere.
  let wasBusy = false;
  const rest = () => {
    const now = busy();
    const idle = document.activeElement;
    const free = !idle || idle === document.body || idle.closest("#send, #stop");
    if (wasBusy && !now && free && matchMedia("(pointer: fine)").matches) {
      box()?.focus({ preventScroll: true });
    }
    wasBusy = now;
  };

  const look = () => {
    watch();
    unfold();
    dress();
    rest();
  };
  const begin = () => {
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true, characterData: true });
    look();
  };
  if (document.body) begin();
  else document.addEventListener("DOMContentLoaded", begin);
})();
