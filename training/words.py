"""The words of questions and answers, in each language: templates and the names that fill them.

A template's fields: ``{name}`` "red circle", ``{a}`` "a red circle", ``{plural}`` "red circles",
``{colour}``, ``{shape}``, ``{place}``, ``{number}``, ``{k}`` (an image's or frame's number),
``{list}`` and, where one is needed, ``{value}``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from training.scenes import CELLS, COLOURS, SHAPES

_PLACES = tuple(place for row in CELLS for place in row)


@dataclass(frozen=True, slots=True)
class Language:
    """``ask``: by kind of question, the ways to put it, the usual ones first and more often.
    ``say``: the one right way to answer. Names are looked up by the scene's English ones."""

    code: str
    colours: Mapping[str, str]
    shapes: Mapping[str, str]
    places: Mapping[str, str]
    numbers: Sequence[str]
    ask: Mapping[str, Sequence[str]]
    say: Mapping[str, str]
    article: str
    article_before_vowel: str
    plural: str
    joint: str
    comma: str
    anything: str
    """What a shape of any kind is called."""

    def name(self, shape: str | None, colour: str | None) -> str:
        """A kind of object: by shape, by colour, by both, or any."""
        noun = self.shapes[shape] if shape else self.anything
        if colour is None:
            return noun
        return f"{self.colours[colour]} {noun}" if self.plural else f"{self.colours[colour]}{noun}"

    def a(self, name: str) -> str:
        return (self.article_before_vowel if name[0] in "aeiou" else self.article) + name

    def plural_of(self, name: str) -> str:
        return name + ("es" if name.endswith("s") else self.plural) if self.plural else name

    def listed(self, items: Sequence[str]) -> str:
        if len(items) == 1:
            return items[0]
        return self.comma.join(items[:-1]) + self.joint + items[-1]


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


ENGLISH = Language(
    code="en",
    colours={name: name for name in COLOURS},
    shapes={name: name for name in SHAPES},
    places={name: name for name in _PLACES},
    numbers=("no", "one", "two", "three", "four", "five", "six"),
    article="a ",
    article_before_vowel="an ",
    plural="s",
    joint=" and ",
    comma=", ",
    anything="shape",
    ask={
        "colour": (
            "What colour is the {shape}?",
            "What colour is the {shape}?",
            "What color is the {shape}?",
            "Which colour does the {shape} have?",
            "Tell me the colour of the {shape}.",
        ),
        "shape": (
            "What shape is the {colour} one?",
            "Which shape is {colour}?",
            "What is the {colour} shape?",
        ),
        "place": (
            "What is {place}?",
            "What is {place}?",
            "What do you see {place}?",
            "Which shape is {place}?",
        ),
        "where": (
            "Where is the {name}?",
            "Where is the {name}?",
            "Where do you see the {name}?",
        ),
        "count": (
            "How many {plural} are there?",
            "How many {plural} are there?",
            "How many {plural} do you see?",
            "Count the {plural}.",
        ),
        "exists": ("Is there {a}?", "Is there {a}?", "Do you see {a}?", "Can you see {a}?"),
        "describe": (
            "Describe the image.",
            "Describe the image.",
            "Please describe the image.",
            "Describe this picture.",
            "What do you see?",
            "What is in the image?",
            "Describe the image in detail.",
            "Please describe the image shortly.",
        ),
        "box": (
            "Please provide the bounding box coordinate of the region this sentence describes: "
            "<ref>the {name}</ref>",
            "Please provide the bounding box coordinate of the region this sentence describes: "
            "<ref>{name}</ref>",
            "Point at the {name}.",
            "Draw a box around the {name}.",
        ),
        "it-colour": ("What colour is it?", "And its colour?"),
        "it-shape": ("What shape is it?",),
        "it-where": ("Where is it?", "And where is it?"),
        "which": ("Which image has {a}?", "Which image shows {a}?"),
        "contents": ("What is in Image-{k}?",),
        "contents-frame": ("What is in Frame{k}?", "What do you see in Frame{k}?"),
        "all": ("Describe the images.", "What is in the images?"),
        "exists-in": ("Is there {a} in Image-{k}?", "Do you see {a} in Image-{k}?"),
        "most": ("Which image has the most shapes?",),
        "difference": (
            "What is the difference between the images?",
            "What is different?",
            "Compare the images.",
        ),
        "event": (
            "What happens in the video?",
            "What happens in the video?",
            "What happens?",
            "Describe the video.",
            "Describe this video in detail.",
        ),
        "frame": ("In which frame does it happen?", "When does it happen?"),
        "frame-appears": ("In which frame does it appear?", "When does it appear?"),
        "frame-disappears": ("In which frame does it disappear?", "When does it disappear?"),
        "read": (
            "What does the text say?",
            "What does the text say?",
            "Read the text.",
            "What is written here?",
        ),
        "tallest": ("Which bar is the tallest?", "Which bar is the highest?"),
        "shortest": ("Which bar is the shortest?", "Which bar is the lowest?"),
        "value": ("What is the value of {name}?", "How high is {name}?"),
        "bars": ("How many bars are there?",),
        "axis": ("How high does the axis go?",),
    },
    say={
        "colour": "The {shape} is {colour}.",
        "shape": "The {colour} shape is {a}.",
        "place": "{list}.",
        "nothing": "Nothing.",
        "where": "The {name} is {place}.",
        "none": "There are no {plural}.",
        "yes": "Yes, there is {a}.",
        "no": "No, there is no {name}.",
        "describe-one": "I see {list}: {number} {name}.",
        "describe": "I see {list}: {number} {plural}.",
        "at": "{a} {place}",
        "contents": "{list}.",
        "box": "<ref>the {name}</ref><box>[[{value}]]</box>",
        "it-colour": "It is {colour}.",
        "it-shape": "It is {a}.",
        "it-where": "It is {place}.",
        "which": "Image-{k} has {a}.",
        "each-count": "Image-{k} has {number}",
        "most": "{list}: Image-{k} has the most shapes.",
        "recoloured": "In Image-2 the {name} is {colour}.",
        "missing": "In Image-2 the {name} is missing.",
        "added": "In Image-2 there is also {a}.",
        "same": "There is no difference.",
        "from-to": "First there is {first}, in the end {last}: {event}.",
        "from-to-nothing": "nothing",
        "moves-left": "the {name} moves left",
        "moves-right": "the {name} moves right",
        "moves-up": "the {name} moves up",
        "moves-down": "the {name} moves down",
        "appears": "{a} appears",
        "disappears": "the {name} disappears",
        "turns": "the {name} turns {colour}",
        "frame": "In Frame{k}.",
        "read": 'The text says "{value}".',
        "tallest": "{name} is the tallest.",
        "shortest": "{name} is the shortest.",
        "value": "The axis goes to {top}, and the value of {name} is {value}.",
        "bars-one": "There is one bar.",
        "bars": "There are {number} bars.",
        "axis": "The axis goes to {value}.",
        "unknown": (
            "I am only the small bundled model and know drawn shapes, short words and bar charts. "
            "I cannot tell what this picture shows."
        ),
    },
)

CHINESE = Language(
    code="zh",
    colours=dict(
        zip(COLOURS, ("红色", "绿色", "蓝色", "黄色", "紫色", "橙色", "黑色", "白色"), strict=True)
    ),
    shapes=dict(zip(SHAPES, ("圆形", "正方形", "三角形", "星形", "十字形"), strict=True)),
    places=dict(
        zip(
            _PLACES,
            ("左上角", "上方", "右上角", "左侧", "中间", "右侧", "左下角", "下方", "右下角"),
            strict=True,
        )
    ),
    numbers=("没有", "一", "两", "三", "四", "五", "六"),
    article="一个",
    article_before_vowel="一个",
    plural="",
    joint="和",
    comma="、",
    anything="图形",
    ask={
        "colour": ("{shape}是什么颜色？", "{shape}是什么颜色的？"),
        "shape": ("{colour}的是什么形状？", "{colour}的图形是什么形状？"),
        "place": ("{place}有什么？", "{place}是什么？"),
        "where": ("{name}在哪里？", "{name}在什么位置？"),
        "count": ("有几个{name}？", "图中有多少个{name}？"),
        "exists": ("有{name}吗？", "图中有没有{name}？"),
        "describe": ("请描述这张图片。", "描述一下图片。", "图片里有什么？", "你看到了什么？"),
        "box": (
            "请提供以下描述所指区域的边界框坐标：<ref>{name}</ref>",
            "请框出{name}。",
        ),
        "it-colour": ("它是什么颜色？",),
        "it-shape": ("它是什么形状？",),
        "it-where": ("它在哪里？",),
        "which": ("哪张图片有{name}？",),
        "contents": ("Image-{k}里有什么？",),
        "contents-frame": ("Frame{k}里有什么？",),
        "all": ("请描述这些图片。", "这些图片里有什么？"),
        "exists-in": ("Image-{k}里有{name}吗？",),
        "most": ("哪张图片的图形最多？",),
        "difference": ("这些图片有什么不同？", "两张图片有什么区别？"),
        "event": ("视频里发生了什么？", "请描述这个视频。"),
        "frame": ("发生在第几帧？",),
        "frame-appears": ("它在第几帧出现？",),
        "frame-disappears": ("它在第几帧消失？",),
        "read": ("图中写了什么？", "请读出文字。"),
        "tallest": ("哪个柱子最高？",),
        "shortest": ("哪个柱子最矮？",),
        "value": ("{name}的值是多少？",),
        "bars": ("有几个柱子？",),
        "axis": ("坐标轴到多少？",),
    },
    say={
        "colour": "{shape}是{colour}的。",
        "shape": "{colour}的图形是{shape}。",
        "place": "{list}。",
        "nothing": "什么也没有。",
        "where": "{name}在{place}。",
        "none": "没有{name}。",
        "yes": "是的，有{name}。",
        "no": "没有{name}。",
        "describe-one": "{list}：共{number}个{name}。",
        "describe": "{list}：共{number}个{name}。",
        "at": "{place}有{a}",
        "contents": "{list}。",
        "box": "<ref>{name}</ref><box>[[{value}]]</box>",
        "it-colour": "它是{colour}的。",
        "it-shape": "它是{shape}。",
        "it-where": "它在{place}。",
        "which": "Image-{k}有{name}。",
        "each-count": "Image-{k}有{number}个",
        "most": "{list}：Image-{k}的图形最多。",
        "recoloured": "Image-2里的{name}变成了{colour}。",
        "missing": "Image-2里没有{name}。",
        "added": "Image-2里多了{a}。",
        "same": "没有不同。",
        "from-to": "开始时{first}，最后{last}：{event}。",
        "from-to-nothing": "什么也没有",
        "moves-left": "{name}向左移动",
        "moves-right": "{name}向右移动",
        "moves-up": "{name}向上移动",
        "moves-down": "{name}向下移动",
        "appears": "出现了{a}",
        "disappears": "{name}消失了",
        "turns": "{name}变成了{colour}",
        "frame": "在Frame{k}。",
        "read": "文字是“{value}”。",
        "tallest": "{name}最高。",
        "shortest": "{name}最矮。",
        "value": "坐标轴到{top}，{name}的值是{value}。",
        "bars-one": "有一个柱子。",
        "bars": "有{number}个柱子。",
        "axis": "坐标轴到{value}。",
        "unknown": "我只是随附的小模型，只认识画出的图形、短词和柱状图，看不懂这张图片。",
    },
)
LANGUAGES = (ENGLISH, CHINESE)
