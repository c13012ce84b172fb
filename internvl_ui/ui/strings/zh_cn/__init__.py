"""页面上的全部文字：简体中文。"""

from internvl_ui.ui.strings.zh_cn import loading, others
from internvl_ui.ui.strings.zh_cn.others import *  # noqa: F403
from internvl_ui.ui.strings.zh_cn.page import *  # noqa: F403
from internvl_ui.ui.strings.zh_cn.prompts import *  # noqa: F403

LANGUAGE = "zh-CN"
SENTENCES = others.SENTENCES | loading.SENTENCES
