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

  // A question on its way is in no box any more, and in no conversation yet.
  let sent = null;
  const send = (event) => {
    const enter = event.key === "Enter" && !event.shiftKey && !event.isComposing;
    if (event.target.closest?.("#send") || (enter && event.target.closest?.("#question"))) {
      sent = draft();
    } else if (event.type === "click" && event.target.closest?.("#chat button, [data-showcase]")) {
      sent = null;
    }
  };
  document.addEventListener("click", send, true);
  document.addEventListener("keydown", send, true);

  window.addEventListener("pagehide", () => {
    let left = draft();
    if (empty(left) && sent && ANSWERING.has(one("#status .status")?.dataset.state)) left = sent;
    if (empty(left)) sessionStorage.removeItem(DRAFT);
    else sessionStorage.setItem(DRAFT, JSON.stringify(left));
  });

  const fetched = async (from) => {
    const answer = await fetch(from);
    if (!answer.ok) throw new Error(answer.statusText);
    const name = decodeURIComponent(new URL(from).pathname.split("/").pop());
    const content = await answer.blob();
    return new File([content], name, { type: content.type });
  };

  const bring = async () => {
    const { words, files } = JSON.parse(sessionStorage.getItem(DRAFT));
    sessionStorage.removeItem(DRAFT);
    for (const [id, value] of words) {
      if (!field(id) || field(id).value) continue;
      field(id).value = value;
      field(id).dispatchEvent(new Event("input", { bubbles: true }));
    }
    for (const [panel, addresses] of files) {
      const found = await Promise.allSettled(addresses.map(fetched));
      const here = found.filter(({ value }) => value).map(({ value }) => value);
      if (here.length) await visitorFiles.put(panel, here);
    }
  };

  // Who follows a showcase's link wants that, not that and what was there before.
  if (new URLSearchParams(location.search).has("showcase")) return;
  // The page's own beginning writes into the question's box too.
  const watcher = new MutationObserver(() => {
    if (!sessionStorage.getItem(DRAFT)) return watcher.disconnect();
    if (!FIELDS.some(field) || !one("#status .status")) return;
    watcher.disconnect();
    bring();
  });
  watcher.observe(document, { childList: true, subtree: true });
})();
