// The choice of a language: a cookie, and the page anew. Conversation and settings come back by
// themselves; what was typed and added, but not sent, is carried over here.
(() => {
  const DRAFT = "internvl-ui-draft";
  const FIELDS = ["question", "compare-question", "batch-questions"];
  const FILES = {
    image: "#image .image-frame img",
    gallery: "#gallery .gallery-item img",
    video: "#video video",
    "compare-files": "#compare-files a[download]",
    "batch-files": "#batch-files a[download]",
  };
  const WORKING = "queued loading reading prefill writing uploading".split(" ");
  const one = (selector) => document.querySelector(selector);
  const field = (id) => one(`#${id} textarea`);
  const address = (shown) => shown.href || shown.currentSrc || shown.src;

  const leaveDraft = () => {
    const words = FIELDS.filter((id) => field(id)?.value).map((id) => [id, field(id).value]);
    const files = Object.entries(FILES).map(([panel, selector]) => [
      panel,
      [...document.querySelectorAll(selector)].map(address).filter(Boolean),
    ]);
    sessionStorage.setItem(DRAFT, JSON.stringify({ words, files }));
  };

  const fetched = async (from) => {
    const content = await (await fetch(from)).blob();
    const name = decodeURIComponent(new URL(from).pathname.split("/").pop());
    return new File([content], name, { type: content.type });
  };

  const bringDraft = async () => {
    const { words, files } = JSON.parse(sessionStorage.getItem(DRAFT));
    sessionStorage.removeItem(DRAFT);
    for (const [id, value] of words) {
      if (!field(id) || field(id).value) continue;
      field(id).value = value;
      field(id).dispatchEvent(new Event("input", { bubbles: true }));
    }
    for (const [panel, addresses] of files) {
      if (!addresses.length) continue;
      const found = await Promise.allSettled(addresses.map(fetched));
      const here = found.filter(({ value }) => value).map(({ value }) => value);
      if (here.length) await visitorFiles.put(panel, here);
    }
  };

  const choose = (select) => {
    // An answer that is being written would end with the page.
    if (WORKING.includes(one("#status .status")?.dataset.state)) {
      select.value = document.documentElement.lang;
      return;
    }
    leaveDraft();
    // Inside another site's frame, as on a Space, a browser sends no other kind of cookie.
    const frame = location.protocol === "https:" ? "SameSite=None; Secure; Partitioned" : "SameSite=Lax";
    document.cookie = `${select.dataset.cookie}=${select.value}; path=/; max-age=31536000; ${frame}`;
    location.reload();
  };
  document.addEventListener("change", (event) => {
    if (event.target.matches?.("#languages select")) choose(event.target);
  });

  // What Gradio says in English whatever the language.
  const ours = (theirs) => {
    const toasts = JSON.parse(one("#languages select")?.dataset.toasts ?? "{}");
    for (const [template, words] of Object.entries(toasts)) {
      const pattern = template
        .replace(/[.*+?^$()|[\]\\]/g, "\\$&")
        .replace(/\{(\w+)\}/g, "(?<$1>.+)");
      const found = new RegExp(`^${pattern}$`, "s").exec(theirs.trim());
      if (found) return words.replace(/\{(\w+)\}/g, (_, name) => found.groups[name]);
    }
    return theirs;
  };
  const reword = () => {
    for (const toast of document.querySelectorAll(".toast-body :not(:has(*), svg *)")) {
      if (toast.dataset.said === toast.textContent) continue;
      const words = ours(toast.textContent);
      if (words !== toast.textContent) toast.textContent = words;
      toast.dataset.said = toast.textContent;
    }
  };
  new MutationObserver(reword).observe(document, { childList: true, subtree: true });

  // The page's own beginning writes into the question's box too.
  const watcher = new MutationObserver(() => {
    if (!sessionStorage.getItem(DRAFT)) return watcher.disconnect();
    if (!FIELDS.some(field) || !one("#status .status")) return;
    watcher.disconnect();
    bringDraft();
  });
  watcher.observe(document, { childList: true, subtree: true });
})();
