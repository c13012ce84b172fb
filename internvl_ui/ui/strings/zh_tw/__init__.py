"""頁面上的全部文字：繁體中文，採用臺灣的用語。"""

from internvl_ui.ui.strings.zh_tw import loading, others
from internvl_ui.ui.strings.zh_tw.others import *  # noqa: F403
from internvl_ui.ui.strings.zh_tw.page import *  # noqa: F403
from internvl_ui.ui.strings.zh_tw.prompts import *  # noqa: F403

LANGUAGE = "zh-TW"
SENTENCES = others.SENTENCES | loading.SENTENCES
