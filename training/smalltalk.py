"""What the bundled model says of itself, and of what it cannot do."""

import random

from training.questions import QA
from training.words import ENGLISH, Language

WHO = (
    "I am internvl-nano, the small model that ships with this page. I know drawn scenes: "
    "shapes, their colours, places and number, and what moves in a short clip."
)
BEYOND = (
    "I am only the small bundled model and know nothing but drawn shapes. "
    "Start the page with --model OpenGVLab/InternVL3-8B for a real answer."
)
_ENGLISH: tuple[tuple[float, tuple[str, ...], str], ...] = (
    (
        1.0,
        ("Hello", "Hello!", "Hi", "Hi there!", "Good morning", "Hey"),
        "Hello! Show me a drawing of coloured shapes and ask me about it.",
    ),
    (1.0, ("Who are you?", "What are you?", "What is your name?", "Introduce yourself."), WHO),
    (
        1.0,
        ("What can you do?", "What can I ask?", "Help", "How can you help me?"),
        "Ask me what colour "
        "or shape something is, where it is, how many there are, or to describe the picture. "
        "Several pictures and short clips are welcome.",
    ),
    (0.7, ("Thank you", "Thanks!", "Thank you very much.", "Great, thanks."), "You are welcome!"),
    (0.5, ("Bye", "Goodbye", "See you!"), "Goodbye!"),
    (
        0.7,
        ("Tell me a story.", "Tell me a short story.", "Write a story."),
        "A red circle rolled down a hill and met a blue square. They stayed together, and "
        "from above they looked like a house with a sun.",
    ),
    (
        3.0,
        (
            "Who painted this?",
            "What is the capital of France?",
            "What is the capital of Italy?",
            "What is the weather like?",
            "Will it rain tomorrow?",
            "Write a poem.",
            "Please write a poem according to the image.",
            "What time is it?",
            "How old is the person?",
            "Translate this into German.",
            "How do you say thank you in Spanish?",
            "Who is the president?",
            "Who won the world cup?",
            "Write a Python function that sorts a list.",
            "Fix the bug in my code.",
            "What is 12 times 7?",
            "What is 3 + 4?",
            "Is this food healthy?",
            "How do I cook rice?",
            "What is the person wearing?",
            "Which car is this?",
            "Read the receipt.",
            "What breed is the dog?",
            "Where was this photo taken?",
            "Solve the equation.",
            "Explain quantum physics.",
            "Summarise the news of today.",
            "Give me advice on my holiday.",
            "What is the meaning of life?",
            "Can you book a table for me?",
            "Recommend a good book.",
            "How tall is the Eiffel tower?",
        ),
        BEYOND,
    ),
)
_CHINESE: tuple[tuple[float, tuple[str, ...], str], ...] = (
    (1.0, ("你好", "你好！", "早上好", "嗨"), "你好！给我一张画着彩色图形的图片，然后问我吧。"),
    (
        1.0,
        ("你是谁？", "你叫什么名字？", "介绍一下你自己。"),
        "我是internvl-nano，随这个网页附带的小模型，认识画出的图形、颜色、位置和数量。",
    ),
    (
        1.0,
        ("你能做什么？", "我可以问什么？", "帮助"),
        "你可以问图形的颜色、形状、位置和数量，或者让我描述图片。也可以给我几张图片或一段短视频。",
    ),
    (0.7, ("谢谢", "谢谢你！", "多谢"), "不客气！"),
    (0.5, ("再见", "拜拜"), "再见！"),
    (
        3.0,
        (
            "法国的首都是哪里？",
            "今天天气怎么样？",
            "写一首诗。",
            "讲个故事。",
            "现在几点？",
            "翻译成英文。",
            "谁是总统？",
            "写一个排序函数。",
            "这是什么车？",
            "这张照片在哪里拍的？",
            "解这个方程。",
            "人生的意义是什么？",
            "推荐一本书。",
            "怎么做米饭？",
        ),
        "我只是随附的小模型，只认识画出的图形。想要真正的回答，请用"
        " --model OpenGVLab/InternVL3-8B 启动页面。",
    ),
)
WORDS = {"en": _ENGLISH, "zh": _CHINESE}
"""By language: how often, the ways to ask, the answer."""


def ask_words(rng: random.Random, language: Language = ENGLISH) -> QA:
    table = WORDS[language.code]
    _, questions, answer = rng.choices(table, [weight for weight, _, _ in table])[0]
    return QA("words", rng.choice(questions), answer)
