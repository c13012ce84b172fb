// Shows "uploading" in the status line while files travel, keeps a question from being sent
// without them, and leaves the verdict on a video to the server, as all else.
(() => {
  let uploads = 0;
  const status = () => document.querySelector("#status .status");

  const show = () => {
    document.documentElement.toggleAttribute("data-uploading", uploads > 0);
    const line = status();
    if (!line) return;
    if (uploads > 0 && !line.dataset.before) {
      line.dataset.before = line.dataset.state;
      line.dataset.state = "uploading";
    } else if (uploads === 0 && line.dataset.before) {
      line.dataset.state = line.dataset.before;
      delete line.dataset.before;
    }
  };

  const count = (change) => {
    uploads += change;
    show();
  };

  const fetchAsBefore = window.fetch;
  window.fetch = function (resource, options) {
    const address = String(resource?.url ?? resource);
    // Gradio's panel for videos would fetch 30 MB of a program that cuts them, and start it in a
    // way that the page's policy forbids. The page does not offer that.
    if (address.includes("/static/ffmpeg/")) return new Promise(() => {});
    const answer = fetchAsBefore.apply(this, arguments);
    if (options?.method === "POST" && /\/upload(\?|$)/.test(address)) {
      count(1);
      answer.then(() => count(-1), () => count(-1));
    }
    return answer;
  };

  const hold = (event) => {
    if (uploads === 0) return;
    const key = event.type === "keydown";
    const sends = key
      ? event.key === "Enter" && !event.shiftKey && event.target.closest?.("#question")
      : event.target.closest?.("#send, #batch-start, #compare-start");
    if (sends) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
  };
  // A video that this browser cannot play may still be one that the model can see: the server
  // says so, and Gradio's own "Video not playable" would contradict it.
  const unplayable = (event) => {
    if (event.target.closest?.("#video")) event.stopImmediatePropagation();
  };
  document.addEventListener("error", unplayable, true);
  document.addEventListener("keydown", hold, true);
  document.addEventListener("click", hold, true);
})();
