"""Where an answer points: the boxes in its text, the picture they belong to, and drawing them.

A model writes `<ref>red circle</ref><box>[[12, 30, 400, 500]]</box>`, in thousandths of the whole
picture's width and height, however that was cut into tiles. Some answers come with the tags
stripped or with other numbers than four; nothing here raises for anything a model writes.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from PIL import Image as Pictures
from PIL import ImageDraw, ImageFont

from internvl_ui.conversation import Image, Message, image_numbers

SCALE = 1000
"""Coordinates run from 0 to this."""

COLOURS = (
    "#c92a2f",
    "#1f66c7",
    "#2b7a3d",
    "#c2570c",
    "#7c3aed",
    "#0b7a75",
    "#b8327f",
    "#7a5a33",
)
"""One a label, over and over; white is readable on each."""

TAGGED = re.compile(r"<ref>([^<]+)</ref>|<(box|quad)>\s*\[[-+\d\s.,\[\]]*\]\s*</\2>")
"""What a visitor writes for the model: a whole reference (its name is group 1) or a whole box."""

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle inside its picture and not empty, in thousandths of width and height."""

    left: float
    top: float
    right: float
    bottom: float

    def pixels(self, width: int, height: int) -> tuple[float, float, float, float]:
        """Left, top, right and bottom in a picture of ``width`` by ``height`` pixels."""
        across, down = width / SCALE, height / SCALE
        return self.left * across, self.top * down, self.right * across, self.bottom * down

    def overlap(self, other: "Box") -> float:
        """Intersection over union, from 0 to 1."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        shared = max(0.0, width) * max(0.0, height)
        areas = sum((b.right - b.left) * (b.bottom - b.top) for b in (self, other))
        return shared / (areas - shared)


@dataclass(frozen=True, slots=True)
class Region:
    """What an answer names and where it is.

    ``label_span`` and ``box_spans``: where in the answer the name and the boxes are written, tags
    and brackets included. ``odd``: what stands in a box's place but is none, as it is written.
    ``image``: the K of the nearest Image-K before it, if any.
    """

    label: str
    label_span: Span
    box_spans: tuple[Span, ...] = ()
    boxes: tuple[Box, ...] = ()
    odd: tuple[str, ...] = ()
    image: int | None = None


_NUMBERS = r"[\d\s.,+-]*"
_MARKS = re.compile(
    r"(?P<code>```.*?(?:```|\Z)|`[^`\n]+`)"
    r"|<ref>(?P<label>[^<\n]*)(?:</ref>)?"
    r"|<box>(?P<closed>[^<\n]*)</box>"
    r"|<box>(?P<open>[\d\s.,\[\]+-]*)"
    rf"|(?P<bare>\[\s*\[{_NUMBERS}\](?:[\s,]*\[{_NUMBERS}\])*\s*\])"
    # Not without limit: a model that runs wild writes thousands of brackets.
    r"|(?P<begun>\[\s*\[[\d\s.,\[\]+-]{0,600}\Z)"
    r"|(?<![A-Za-z\d_])Image-(?P<image>\d{1,6})(?!\d)",
    re.DOTALL,
)
_LIST = re.compile(r"\[([^\[\]]*)\]")
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)")
_IMAGE = re.compile(r"(?<![A-Za-z\d_])Image-(\d{1,6})(?!\d)")
# What parts a name from the words before it, in any of the languages that models write.
_BEFORE_A_NAME = re.compile(r"[.,;:!?|*()\[\]<>\n。，、；：！？（）]|^\s*[-+]\s", re.MULTILINE)
_LONGEST_NAME = 60
_QUOTES = "\"'”’)）」』》】"


def parse(answer: str, *, finished: bool = True) -> list[Region]:
    """The regions that ``answer`` names, in their order. Spans do not overlap.

    ``finished``: nothing more will come. Otherwise a list that has no end yet is no box yet,
    neither a good one nor an odd one. Code is not looked at. A name with no box is a region
    too if it is tagged; without tags, `name[[…]]` is one if some list in it has three numbers
    or more, and `[[…]]` alone only if it is all boxes.
    """
    regions: list[Region] = []
    image: int | None = None
    floor = 0
    for mark in _MARKS.finditer(answer):
        kind, start, end = mark.lastgroup, mark.start(), mark.end()
        if kind == "image":
            image = int(mark["image"])
            continue
        if kind == "code":
            floor = end
            continue
        if kind == "label":
            if named := _IMAGE.findall(mark["label"]):
                image = int(named[-1])
            regions.append(Region(" ".join(mark["label"].split()), (start, end), image=image))
            floor = end
            continue
        assert kind is not None
        boxes, odd = _read(mark[kind], whole=finished or kind == "closed")
        if not boxes and not odd and (finished or end < len(answer)):
            continue
        tagged = kind in ("closed", "open")
        if not tagged and not _is_region(answer[start - 1 : start], mark, boxes, odd):
            continue
        found = Region("", (start, start), ((start, end),), boxes, odd, image)
        if regions and _belongs(regions[-1], floor, answer[floor:start], tagged):
            regions[-1] = _joined(regions[-1], found)
        else:
            begin = _name_start(answer, floor, start)
            regions.append(
                replace(found, label=answer[begin:start].strip(), label_span=(begin, start))
            )
        floor = end
    return regions


def _read(content: str, *, whole: bool) -> tuple[tuple[Box, ...], tuple[str, ...]]:
    """The boxes in a list of lists of numbers, and what is none, as written. ``whole``: what has
    no closing bracket counts too."""
    lists = [match[0] for match in _LIST.finditer(content)]
    rest = content[content.rfind("]") + 1 :] if lists else content
    if whole and _NUMBER.search(rest):
        lists.append(rest.strip("[], \t\n"))
    boxes, odd = [], []
    for written in lists:
        box = _box(written)
        if box is not None:
            boxes.append(box)
        elif written.strip("[] "):
            odd.append(written)
    return tuple(boxes), tuple(odd)


def _box(written: str) -> Box | None:
    """The box of four numbers, put in order and cut off at the picture's edges; None if they are
    not four or nothing is left."""
    numbers = [float(number) for number in _NUMBER.findall(written)]
    if len(numbers) != 4 or _NUMBER.sub("", written).strip("[](), \t\n;"):
        return None
    clipped = [min(max(number, 0.0), float(SCALE)) for number in numbers]
    left, right = sorted(clipped[0::2])
    top, bottom = sorted(clipped[1::2])
    return Box(left, top, right, bottom) if left < right and top < bottom else None


def _is_region(
    before: str, mark: re.Match[str], boxes: tuple[Box, ...], odd: tuple[str, ...]
) -> bool:
    """Whether brackets without tags, after the letter ``before``, are boxes and not a matrix or
    an index."""
    if before.isalnum() or (before and before in _QUOTES):
        counts = [len(_NUMBER.findall(written)) for written in odd]
        return bool(boxes) or mark["begun"] is not None or any(count > 2 for count in counts)
    return bool(boxes) and not odd and mark["bare"] is not None and before != "="


def _belongs(region: Region, floor: int, between: str, tagged: bool) -> bool:
    """Whether a box is (one more) of ``region``, which ends at ``floor``, ``between`` before it."""
    if region.box_spans:
        return not between.strip(" ,\t")
    is_near = "\n" not in between if tagged else not between.strip()
    return region.label_span[1] == floor and is_near


def _joined(region: Region, more: Region) -> Region:
    return replace(
        region,
        box_spans=region.box_spans + more.box_spans,
        boxes=region.boxes + more.boxes,
        odd=region.odd + more.odd,
        image=more.image,
    )


def _name_start(answer: str, floor: int, end: int) -> int:
    """Where the words begin that name what the box at ``end`` is around."""
    words = answer[max(floor, end - _LONGEST_NAME) : end]
    cut = end - len(words)
    if cut > floor and " " in words:
        cut += words.index(" ") + 1
    stops = list(_BEFORE_A_NAME.finditer(answer, cut, end))
    begin = stops[-1].end() if stops else cut
    return begin + len(answer[begin:end]) - len(answer[begin:end].lstrip())


def numbered_images(messages: Sequence[Message]) -> Iterator[tuple[int, Image]]:
    """The conversation's images in order, each with the K by which the prompt calls it Image-K.
    Combined ones share one number, unless a video stands between them."""
    last = 0
    for message in messages:
        numbers = image_numbers(message, last)
        images = [part for part in message.media if isinstance(part, Image)]
        yield from zip(numbers, images, strict=True)
        last = max((last, *numbers))


def images_of(regions: Sequence[Region], messages: Sequence[Message]) -> list[Image | None]:
    """The image that each region of an answer to ``messages`` is in: the one that the answer
    names before it, or else the one that the question names, or else the last."""
    images = dict(numbered_images(messages))
    last = next(reversed(images.values()), None)
    named = _IMAGE.findall(messages[-1].text) if messages else []
    otherwise = images.get(int(named[-1]), last) if named else last
    return [
        otherwise if region.image is None else images.get(region.image, otherwise)
        for region in regions
    ]


def colours(regions: Sequence[Region]) -> list[str]:
    """A colour for each region; those of one label share it."""
    order: dict[str, int] = {}
    for place, region in enumerate(regions):
        order.setdefault(region.label.casefold() or f"\n{place}", len(order))
    return [
        COLOURS[order[region.label.casefold() or f"\n{place}"] % len(COLOURS)]
        for place, region in enumerate(regions)
    ]


def draw(picture: Pictures.Image, marks: Sequence[tuple[str, str, Box]]) -> Pictures.Image:
    """A copy of ``picture`` with boxes on it; a mark is a label, a colour and a box."""
    drawn = picture.convert("RGB")
    canvas = ImageDraw.Draw(drawn)
    side = max(picture.size)
    line = max(2, round(side / 300))
    font = ImageFont.load_default(max(11, round(side / 45)))
    for number, (label, colour, box) in enumerate(marks, 1):
        left, top, right, bottom = box.pixels(*picture.size)
        canvas.rectangle(
            (left, top, max(left, right - 1), max(top, bottom - 1)), None, colour, line
        )
        # The font that comes with Pillow has Latin letters only.
        words = label if label and all(ord(letter) < 0x250 for letter in label) else str(number)
        _tag(canvas, picture.size, words, colour, font, left, top)
    return drawn


def _tag(
    canvas: ImageDraw.ImageDraw,
    size: tuple[int, int],
    words: str,
    colour: str,
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
    left: float,
    top: float,
) -> None:
    """A label above its box's top left corner, or inside where there is no room."""
    _, _, wide, high = canvas.textbbox((0, 0), words, font)
    margin = high / 4
    width, height = wide + 2 * margin, high + 2 * margin
    x = max(0.0, min(left, size[0] - width))
    y = top - height if top >= height else top
    canvas.rectangle((x, y, x + width, y + height), colour)
    canvas.text((x + margin, y + margin), words, "white", font)


def without_tags(text: str) -> str:
    """``text`` as people say it: names without their tags, and no boxes."""
    return TAGGED.sub(lambda tagged: tagged[1] or "", text)
