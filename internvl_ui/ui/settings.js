// The visitor's settings on their way to the browser's memory and into a link.
window.visitorSettings = (() => {
  // Before the kept settings are back on the page, its own must not be kept in their place; what
  // the visitor changes meanwhile is kept as soon as they are.
  let restored = false;
  let early = null;

  const link = (names, defaults, values) => {
    const address = new URL(location.href);
    address.hash = "";
    names.forEach((name, index) => {
      const value = values[index];
      const same = value === null || value === defaults[index];
      if (same) address.searchParams.delete(name);
      else address.searchParams.set(name, value);
    });
    return address.href;
  };

  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Browsers have no clipboard for pages that come without https.
      const box = document.createElement("textarea");
      box.value = text;
      document.body.append(box);
      box.select();
      document.execCommand("copy");
      box.remove();
    }
  };

  const keep = (names, defaults, values) => {
    if (!restored) {
      early = values;
      return;
    }
    const changed = names.flatMap((name, i) => (values[i] === defaults[i] ? [] : [[name, values[i]]]));
    localStorage.setItem("internvl-ui-settings", JSON.stringify(Object.fromEntries(changed)));
  };

  return {
    keep,
    kept: () => {
      try {
        return JSON.parse(localStorage.getItem("internvl-ui-settings"));
      } catch {
        return null;
      }
    },
    // A link's settings are the visitor's own from then on; a reload must not bring them again.
    arrived: (names, defaults) => {
      restored = true;
      if (early) keep(names, defaults, early);
      const address = new URL(location.href);
      names.forEach((name) => address.searchParams.delete(name));
      if (address.href !== location.href) history.replaceState(history.state, "", address);
    },
    copyLink: async (names, defaults, values) => {
      await copy(link(names, defaults, values));
      const button = document.querySelector("#copy-link");
      button.classList.add("done");
      setTimeout(() => button.classList.remove("done"), 2000);
    },
  };
})();
