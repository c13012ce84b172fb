"""系统提示词及其名称：简体中文。"""

from internvl_ui.ui.strings import en

PRESET_NAMES = {
    "Default": "默认",
    "Concise": "简洁",
    "Step by step": "逐步推理",
    "Thinking": "深度思考",
    "Describe for the blind": "为视障者描述",
    "Extract a table": "提取表格",
    "Read all text": "读出全部文字",
    "Explain to a child": "讲给孩子听",
}
PRESETS = {
    "Default": "",
    "Concise": "在问题允许的范围内用最少的字回答。不要开场白，不要重复。",
    "Step by step": (
        "逐步解决问题。先说出你看到的、与问题有关的内容，再分步编号推理，最后单独用一行给出答案。"
    ),
    "Thinking": en.PRESETS["Thinking"],
    "Describe for the blind": (
        "请为看不见图片的人描述图片。先用一句话说明这是一张什么图，再从左到右、由近及远描述其中的"
        "人、物、颜色，以及所有能读出的文字。只说看得见的内容，不清楚的地方要说明。"
    ),
    "Extract a table": (
        "把图片中的内容整理成一个带表头的 Markdown 表格。文字和数字照原样抄写。空白或无法辨认的"
        "单元格留空。除表格外什么都不要写。"
    ),
    "Read all text": (
        "把图片中的全部文字照原样、按阅读顺序写下来，并保留换行。无法辨认的地方用 […] 标出。"
        "不要写别的。"
    ),
    "Explain to a child": "像讲给十岁孩子听那样解释：用短句子、日常的词，必要时打个比方。",
}
