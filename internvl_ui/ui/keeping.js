// The visitor's conversations, kept in this browser: the list of them, and their way to the page
// and back. Which of them is on the page belongs to the tab, so that a reload brings it back.
window.keptConversations = (() => {
  const HERE = "internvl-ui-conversation";
  let picked = "";
  // Before the kept conversation is back, an empty page is no reason to forget it.
  let back = false;
  const drawn = new Map();

  const result = (request) =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });

  let opened;
  const store = async (mode) => {
    opened ??= (() => {
      const request = indexedDB.open("internvl-ui", 1);
      request.onupgradeneeded = () =>
        request.result.createObjectStore("conversations", { keyPath: "id" });
      return result(request);
    })();
    return (await opened).transaction("conversations", mode).objectStore("conversations");
  };

  const here = () => {
    try {
      return sessionStorage.getItem(HERE);
    } catch {
      return null;
    }
  };
  // Until the conversation is back, the page does not invite to a new one.
  const returning = (is) => document.documentElement.classList.toggle("returning", is);
  returning(Boolean(here()));
  const goTo = (id) => (id ? sessionStorage.setItem(HERE, id) : sessionStorage.removeItem(HERE));

  // A small picture as an address that holds it: those of the server end with it.
  const inside = async (address) => {
    if (!drawn.has(address)) {
      const answer = await fetch(address);
      if (!answer.ok) return null;
      const blob = await answer.blob();
      const reader = new FileReader();
      const read = new Promise((resolve) => (reader.onload = () => resolve(reader.result)));
      reader.readAsDataURL(blob);
      drawn.set(address, await read);
    }
    return drawn.get(address);
  };

  const keep = async (text) => {
    if (!text && !back) return;
    back = true;
    returning(false);
    if (!text) {
      goTo(null);
      return draw();
    }
    const kept = JSON.parse(text);
    // The server knows the name of one that was opened; one begun here has it from the tab.
    const id = kept.id || here() || crypto.getRandomValues(new Uint32Array(4)).join("-");
    goTo(id);
    kept.id = id;
    for (const file of Object.values(kept.files)) {
      if (file.thumbnail) file.thumbnail = await inside(file.thumbnail);
    }
    const before = await result((await store("readonly")).get(id));
    const messages = JSON.stringify(kept.messages);
    const same = before?.messages === messages;
    const changed = same ? before.changed : Date.now();
    const picture = Object.values(kept.files).find((file) => file.thumbnail)?.thumbnail ?? "";
    const entry = { id, title: kept.title, picture, changed, messages, text: JSON.stringify(kept) };
    await result((await store("readwrite")).put(entry));
    await draw();
  };

  const button = (kind, label, words, act) => {
    const made = document.createElement("button");
    made.type = "button";
    made.className = kind;
    made.textContent = words;
    if (label) made.setAttribute("aria-label", label);
    if (act) made.addEventListener("click", act);
    return made;
  };

  const press = (id) => document.querySelector(`#${id}`)?.click();

  // Nothing goes at the first press: that makes the button ask, until one looks elsewhere.
  const sure = (made, question, act) => {
    const words = made.textContent;
    made.addEventListener("click", () => {
      if (made.classList.contains("sure")) return act();
      made.classList.add("sure");
      made.textContent = question;
      made.focus();
    });
    made.addEventListener("blur", () => {
      made.classList.remove("sure");
      made.textContent = words;
    });
  };

  const open = async (entry) => {
    picked = entry.id;
    press("open-kept");
  };

  const remove = async (ids) => {
    const conversations = await store("readwrite");
    await Promise.all(ids.map((id) => result(conversations.delete(id))));
    if (ids.includes(here())) press("clear");
    await draw();
  };

  // The hour of something today, else the day.
  const day = (date) => {
    const today = date.toDateString() === new Date().toDateString();
    const shown = today ? { hour: "numeric", minute: "2-digit" } : { day: "numeric", month: "short" };
    return date.toLocaleString(document.documentElement.lang, shown);
  };

  const draw = async () => {
    const place = document.querySelector("#kept-list");
    if (!place) return;
    const words = place.dataset;
    let entries;
    try {
      entries = await result((await store("readonly")).getAll());
    } catch {
      place.textContent = words.unable;
      return;
    }
    entries.sort((one, other) => other.changed - one.changed);
    const list = document.createElement("ul");
    for (const entry of entries) {
      const row = document.createElement("li");
      const title = entry.title || words.untitled;
      const name = button("kept-open", "", title, () => open(entry));
      if (entry.id === here()) name.setAttribute("aria-current", "true");
      const picture = document.createElement(entry.picture ? "img" : "span");
      if (entry.picture) Object.assign(picture, { src: entry.picture, alt: "" });
      picture.className = "kept-picture";
      const when = document.createElement("time");
      const changed = new Date(entry.changed);
      when.dateTime = changed.toISOString();
      when.textContent = day(changed);
      name.title = `${title}\n${changed.toLocaleString(document.documentElement.lang)}`;
      const cross = button("kept-delete", `${words.delete}: ${title}`, "×");
      sure(cross, words.delete, () => remove([entry.id]));
      row.append(picture, name, when, cross);
      list.append(row);
    }
    const empty = document.createElement("p");
    empty.textContent = words.empty;
    const all = button("kept-delete-all", "", words.deleteAll);
    sure(all, words.sure, () => remove(entries.map((entry) => entry.id)));
    place.replaceChildren(...(entries.length ? [list, all] : [empty]));
  };

  const text = async (id) => {
    try {
      return (id && (await result((await store("readonly")).get(id)))?.text) || "";
    } catch {
      return "";
    }
  };

  document.addEventListener("visibilitychange", () => document.hidden || draw());

  return {
    keep,
    // What was on the page before a reload.
    current: async () => {
      const kept = await text(here());
      back = !kept;
      if (kept) setTimeout(returning, 10_000, false);
      else returning(false);
      draw();
      return kept;
    },
    chosen: () => text(picked),
    download: (file) => {
      if (!file) return;
      const link = document.createElement("a");
      link.href = file.address;
      link.download = file.name;
      link.click();
    },
  };
})();
