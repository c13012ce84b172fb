// A region of an image in the composer, drawn with mouse, finger or numbers, becomes a <box> in the
// question. What the question says is what the image shows: the text is the one truth.
(() => {
  const SCALE = 1000;
  const dialog = () => document.querySelector("#region dialog");
  const question = () => document.querySelector("#question textarea");
  const fields = () => [...dialog().querySelectorAll("input[type=number]")];
  const clamp = (value) => Math.min(SCALE, Math.max(0, Math.round(value)));

  // Images that can be pointed at, in the order and by the numbers that the prompt has them.
  const images = () => [
    ...document.querySelectorAll("#image .image-frame img, #gallery .thumbnail-item img"),
  ];
  const before = () => {
    const numbers = [...document.querySelectorAll("#chat .user-row figure[name^='image-']")];
    return Math.max(0, ...numbers.map((figure) => Number(figure.getAttribute("name").slice(6))));
  };
  const nameOf = (place) => {
    const number = before() + place + 1;
    return images().length > 1 || number > 1 ? `Image-${number} ` : "";
  };

  let chosen = 0;
  const box = () => {
    const [x1, y1, x2, y2] = fields().map((field) => clamp(Number(field.value) || 0));
    return [Math.min(x1, x2), Math.min(y1, y2), Math.max(x1, x2), Math.max(y1, y2)];
  };
  const place = (element, [x1, y1, x2, y2]) => {
    element.hidden = x1 === x2 || y1 === y2;
    const sides = { left: x1, top: y1, width: x2 - x1, height: y2 - y1 };
    for (const [side, length] of Object.entries(sides)) {
      element.style[side] = `${(length / SCALE) * 100}%`;
    }
  };
  const show = () => {
    place(dialog().querySelector(".drawn"), box());
    dialog().querySelector(".add").disabled = dialog().querySelector(".drawn").hidden;
  };
  const set = (numbers) => {
    fields().forEach((field, index) => (field.value = numbers[index]));
    show();
  };
  const choose = (index) => {
    chosen = index;
    const image = images()[index];
    dialog().querySelector(".sheet img").src = image.src;
    dialog()
      .querySelectorAll(".which button")
      .forEach((button, at) => button.setAttribute("aria-pressed", at === index));
    set([0, 0, 0, 0]);
  };
  const open = () => {
    if (!images().length) return;
    const which = dialog().querySelector(".which");
    which.replaceChildren(
      ...images().map((image, index) => {
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = nameOf(index).trim();
        button.onclick = () => choose(index);
        return button;
      })
    );
    which.hidden = images().length < 2;
    dialog().showModal();
    choose(0);
  };

  const add = () => {
    const field = question();
    const words = field.value;
    const gap = words && !/\s$/.test(words) ? " " : "";
    const text = `${words}${gap}${nameOf(chosen)}<box>[[${box().join(", ")}]]</box>`;
    dialog().close();
    Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value").set.call(field, text);
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  };

  // Drawing with a pointer: from where it goes down to where it is.
  let start = null;
  const at = (event) => {
    const frame = dialog().querySelector(".sheet").getBoundingClientRect();
    return [
      clamp(((event.clientX - frame.left) / frame.width) * SCALE),
      clamp(((event.clientY - frame.top) / frame.height) * SCALE),
    ];
  };
  document.addEventListener("pointerdown", (event) => {
    const sheet = event.target.closest?.("#region .sheet");
    if (!sheet || event.button) return;
    event.preventDefault();
    sheet.setPointerCapture(event.pointerId);
    start = at(event);
  });
  document.addEventListener("pointermove", (event) => {
    if (!start) return;
    const end = at(event);
    set([0, 1].map((axis) => Math.min(start[axis], end[axis])).concat(
      [0, 1].map((axis) => Math.max(start[axis], end[axis]))
    ));
  });
  for (const kind of ["pointerup", "pointercancel"]) {
    document.addEventListener(kind, () => (start = null));
  }

  document.addEventListener("click", (event) => {
    if (event.target.closest?.("#draw-region")) open();
    else if (event.target.closest?.("#region .add")) add();
    else if (event.target.closest?.("#region .cancel")) dialog().close();
  });
  document.addEventListener("input", (event) => {
    if (event.target.closest?.("#region")) show();
    else if (event.target.closest?.("#question")) mark();
  });

  // The boxes of the question on the images that they are in.
  const mark = () => {
    const pattern = /(?:Image-(\d+)\s*)?<box>\[\[(\d+), (\d+), (\d+), (\d+)\]\]<\/box>/g;
    document.querySelectorAll("#composer .marked").forEach((old) => old.remove());
    for (const [, number, ...numbers] of (question()?.value ?? "").matchAll(pattern)) {
      const image = images().at(number ? Number(number) - before() - 1 : -1);
      if (!image) continue;
      const mark = document.createElement("span");
      mark.className = "marked";
      const [x, y, width, height] = pixels(image);
      const [x1, y1, x2, y2] = numbers.map((number) => clamp(Number(number)) / SCALE);
      mark.style.left = `${x + x1 * width}px`;
      mark.style.top = `${y + y1 * height}px`;
      mark.style.width = `${(x2 - x1) * width}px`;
      mark.style.height = `${(y2 - y1) * height}px`;
      image.parentElement.append(mark);
    }
  };
  // Where an image's pixels lie in its parent: a small copy has margins or is cut off.
  const pixels = (image) => {
    const frame = image.getBoundingClientRect();
    const parent = image.parentElement.getBoundingClientRect();
    const ways = [frame.width / image.naturalWidth, frame.height / image.naturalHeight];
    const covers = getComputedStyle(image).objectFit === "cover";
    const scale = covers ? Math.max(...ways) : Math.min(...ways);
    const [width, height] = [image.naturalWidth * scale, image.naturalHeight * scale];
    const x = frame.left - parent.left + (frame.width - width) / 2;
    return [x, frame.top - parent.top + (frame.height - height) / 2, width, height];
  };
  const changed = (event) => {
    if (event.type === "resize" || event.target.closest?.("#composer")) mark();
  };
  document.addEventListener("load", changed, true);
  window.addEventListener("resize", changed);
})();
