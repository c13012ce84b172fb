// What was typed and added, but not answered yet, outlives a reload: it is left behind with the page
// and brought to the next one at the same address in this tab.
(() => {
  const DRAFT = `internvl-ui-draft ${location.pathname}`;
  const FIELDS = ["question", "compare-question", "batch-questions"];
  const FILES = {
    image: "#image .image-frame img",
    gallery: "#gallery .gallery-item img",
    video: "#video video",
    "compare-files": "#compare-files a[download]",
    "batch-files": "#batch-files a[download]",
  };
  const ANSWERING = new Set(["queued", "loading", "reading", "prefill", "writing"]);
  const one = (selector) => document.querySelector(selector);
  const field = (id) => one(`#${id} textarea`);
  const address = (shown) => shown.href || shown.currentSrc || shown.src;

  const draft = () => ({
    words: FIELDS.filter((id) => field(id)?.value).map((id) => [id, field(id).value]),
    files: Object.entries(FILES)
      .map(([panel, selector]) => [panel, [...document.querySelectorAll(selector)].map(address).filter(Boolean)])
      .filter(([, addresses]) => addresses.length),
  });
  const empty = ({ words, files }) => !words.length && !files.length;

  const joined = (before, now) => {
    const both = (part, key) => [before, now].flatMap((of) => of[part].filter(([id]) => id === key).map(([, value]) => value));
    return {
      words: FIELDS.map((id) => [id, both("words", id).join("\n")]).filter(([, words]) => words),
      files: Object.keys(FILES).map((panel) => [panel, both("files", panel).flat()]).filter(([, files]) => files.length),
    };
  };

  // A question on its way is in no box any more, and in no conversation yet.
  let sent = null;
  const answering = () => ANSWERING.has(one("#status .status")?.dataset.state);
  const send = (event) => {
    if (answering()) return;
    const enter = event.key === "Enter" && !event.shiftKey && !event.isComposing;
    if (event.target.closest?.("#send") || (enter && event.target.closest?.("#question"))) {
      // Pressed twice, it is no other question.
      if (field("question")?.value.trim()) sent = draft();
    } else if (event.type === "click" && event.target.closest?.("#chat button, [data-showcase]")) {
      sent = null;
    }
  };
  document.addEventListener("click", send, true);
  document.addEventListener("keydown", send, true);

  // Until all that was left behind is here, it stays where it is, for one more reload.
  let brought = false;
  window.addEventListener("pagehide", () => {
    if (!brought) return;
    const left = sent && answering() ? joined(sent, draft()) : draft();
    try {
      if (empty(left)) sessionStorage.removeItem(DRAFT);
      else sessionStorage.setItem(DRAFT, JSON.stringify(left));
    } catch {
      // No room, or a browser that keeps nothing.
    }
  });

  const nameOf = (from) => decodeURIComponent(new URL(from).pathname.split("/").pop());
  const fetched = async (from) => {
    const answer = await fetch(from);
    if (!answer.ok) throw new Error(answer.statusText);
    const content = await answer.blob();
    return new File([content], nameOf(from), { type: content.type });
  };

  const shown = async (panel, count) => {
    for (const begun = Date.now(); Date.now() - begun < 20_000; ) {
      if (document.querySelectorAll(FILES[panel]).length >= count) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };

  const bring = async () => {
    const { words, files } = JSON.parse(sessionStorage.getItem(DRAFT) ?? '{"words": [], "files": []}');
    for (const [id, value] of words) {
      if (!field(id) || field(id).value) continue;
      field(id).value = value;
      field(id).dispatchEvent(new Event("input", { bubbles: true }));
    }
    const lost = [];
    for (const [panel, addresses] of files) {
      const found = await Promise.allSettled(addresses.map(fetched));
      const here = found.filter(({ value }) => value).map(({ value }) => value);
      lost.push(...addresses.filter((_, k) => !found[k].value).map(nameOf));
      // A panel that is full by now takes no more.
      if (!here.length || (panel !== "gallery" && one(FILES[panel]))) continue;
      await visitorFiles.put(panel, here);
      await shown(panel, here.length);
    }
    if (lost.length) visitorFiles.tell([one("#asking").dataset.lost.replace("{names}", lost.join(", "))]);
  };

  const end = () => (brought = true);
  // Who follows a showcase's link wants that, not that and what was there before.
  if (new URLSearchParams(location.search).has("showcase")) return end();
  // The page's own beginning writes into the question's box too.
  const watcher = new MutationObserver(() => {
    if (!FIELDS.some(field) || !one("#status .status")) return;
    watcher.disconnect();
    bring().then(end, end);
  });
  watcher.observe(document, { childList: true, subtree: true });
})();
