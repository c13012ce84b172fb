// The choice of a language: a cookie, and the page anew. Conversation, settings and what is not sent
// yet come back by themselves.
(() => {
  const WORKING = "queued loading reading prefill writing uploading".split(" ");
  const one = (selector) => document.querySelector(selector);

  const choose = (select) => {
    // An answer that is being written would end with the page.
    if (WORKING.includes(one("#status .status")?.dataset.state)) {
      select.value = document.documentElement.lang;
      return;
    }
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
})();
