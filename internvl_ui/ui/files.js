// Files that are dropped or pasted anywhere go to the panel they belong to.
(() => {
  const one = (selector) => document.querySelector(selector);
  const PICTURE = /\.(jpe?g|png|webp|gif|bmp|heic|heif|avif|tiff?|jp2)$/i;
  const VIDEO = /\.(mp4|m4v|mov|mkv|webm|avi|ts|mts|m2ts|mpe?g|ogv|3gp|wmv|flv)$/i;
  const kind = (file) => {
    if (file.type.startsWith("image/") || PICTURE.test(file.name)) return "picture";
    if (file.type.startsWith("video/") || VIDEO.test(file.name)) return "video";
    return "other";
  };

  const tell = (sentences) => {
    const line = one("#left-out");
    line.textContent = sentences.join(" ");
    line.hidden = !sentences.length;
  };

  const appears = (selector) =>
    new Promise((resolve) => {
      const look = () => {
        const found = one(selector);
        if (found) {
          watcher.disconnect();
          resolve(found);
        }
      };
      const watcher = new MutationObserver(look);
      watcher.observe(document.body, { childList: true, subtree: true });
      look();
    });

  const put = async (panel, files) => {
    one(`#tab-${panel === "gallery" ? "images" : panel}-button`)?.click();
    const input = await appears(`#${panel} input[type=file]`);
    const chosen = new DataTransfer();
    for (const file of files) chosen.items.add(file);
    input.files = chosen.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  };

  window.visitorFiles = { put, tell };

  const place = async (files) => {
    const words = one("#asking").dataset;
    const of = (wanted) => files.filter((file) => kind(file) === wanted);
    const [pictures, videos] = [of("picture"), of("video")];
    const taken = one("#video video") ? 0 : 1;
    tell([
      ...of("other").map((file) => words.neither.replace("{name}", file.name)),
      ...videos.slice(taken).map((file) => words.oneVideo.replace("{name}", file.name)),
    ]);
    if (videos.length && taken) await put("video", videos.slice(0, taken));
    // Gradio takes what no browser draws in the gallery alone.
    const drawn = pictures.length === 1 && /image\/(?!hei|avif|tiff|jp2)/.test(pictures[0].type);
    const alone = drawn && !one("#image .image-frame") && !one("#gallery .gallery-item");
    if (pictures.length) await put(alone ? "image" : "gallery", pictures);
  };

  const elsewhere = (target) => {
    // Other places that take files, and pages on which nothing is asked.
    const own = one("#composer");
    if (!own?.offsetParent) return true;
    return !own.contains(target) && Boolean(target.closest?.("input, textarea, button, dialog"));
  };

  let inside = false;
  const brings = (event) =>
    !inside && event.dataTransfer?.types.includes("Files") && !elsewhere(event.target);
  const shown = (dropping) => document.documentElement.toggleAttribute("data-dropping", dropping);
  const over = (event) => {
    if (!brings(event)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    event.dataTransfer.dropEffect = "copy";
    shown(true);
  };
  const drop = (event) => {
    shown(false);
    if (!brings(event)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    place([...event.dataTransfer.files]);
  };
  const paste = (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    const writes = event.target.closest?.("input, textarea");
    // Office programs put a picture of the words beside the words.
    if (!files.length || elsewhere(event.target)) return;
    if (writes && event.clipboardData.types.includes("text/plain")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    place(files);
  };
  document.addEventListener("dragstart", () => (inside = true), true);
  document.addEventListener("dragend", () => (inside = false), true);
  document.addEventListener("dragenter", over, true);
  document.addEventListener("dragover", over, true);
  document.addEventListener("drop", drop, true);
  document.addEventListener("paste", paste, true);
  document.addEventListener("dragleave", (event) => event.relatedTarget || shown(false), true);
})();

// Gradio puts a button into a button. Only the inner one does anything: the outer one steps back
// and gives it its name.
new MutationObserver(() => {
  for (const outer of document.querySelectorAll("button.icon-button:not([role]):has(button)")) {
    outer.setAttribute("role", "group");
    outer.tabIndex = -1;
    outer.querySelector("button").setAttribute("aria-label", outer.getAttribute("aria-label") ?? "");
  }
}).observe(document, { subtree: true, childList: true });
