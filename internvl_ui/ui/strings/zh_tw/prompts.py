"""系統提示詞及其名稱：繁體中文。"""

from internvl_ui.ui.strings import en

PRESET_NAMES = {
    "Default": "預設",
    "Concise": "簡潔",
    "Step by step": "逐步推理",
    "Thinking": "深度思考",
    "Describe for the blind": "為視障者描述",
    "Extract a table": "擷取表格",
    "Read all text": "讀出全部文字",
    "Explain to a child": "講給孩子聽",
}
PRESETS = {
    "Default": "",
    "Concise": "在問題允許的範圍內用最少的字回答。不要開場白，不要重複。",
    "Step by step": (
        "逐步解決問題。先說出你看到的、與問題有關的內容，再分步編號推理，最後單獨用一行給出答案。"
    ),
    "Thinking": en.PRESETS["Thinking"],
    "Describe for the blind": (
        "請為看不見圖片的人描述圖片。先用一句話說明這是一張什麼圖，再從左到右、由近及遠描述其中的"
        "人、物、顏色，以及所有能讀出的文字。只說看得見的內容，不清楚的地方要說明。"
    ),
    "Extract a table": (
        "把圖片中的內容整理成一個有標題列的 Markdown 表格。文字和數字照原樣抄寫。空白或無法辨認的"
        "儲存格留空。除了表格之外什麼都不要寫。"
    ),
    "Read all text": (
        "把圖片中的全部文字照原樣、按閱讀順序寫下來，並保留換行。無法辨認的地方用 […] 標出。"
        "不要寫別的。"
    ),
    "Explain to a child": "像講給十歲孩子聽那樣解釋：用短句子、日常的詞，必要時打個比方。",
}
