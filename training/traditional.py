"""Questions in traditional characters, read as the simplified ones that the model has learned.

What the two scripts call differently comes first, as whole words; all else is character by
character, as far as questions about drawings go.
"""

from collections.abc import Iterator
from pathlib import Path

from tokenizers import normalizers
from transformers import Qwen2Tokenizer

WORDS = {
    "影片": "视频",
    "影格": "帧",
    "座標": "坐标",
    "邊框": "边界框",
    "長條": "柱子",
    "左邊": "左侧",
    "右邊": "右侧",
}
_TRADITIONAL = (
    "兩個麼義書們幾寫別動變發後嗎啟國圖圓帶幀幫張總數樣標沒點狀現畫著紅紹給統綠網薦藍見視認讓"
    "講識詞譯詩請讀誰車這裡裏問間隨頁頻顏飯黃區側邊氣與麽爲為對嗎從來東條長寬產過還開關聽說話謝"
    "號類顯報單據買賣錢價較聯續選擇體學覺處換應該於麗橢齊雙離實場資訊檔圍積種稱"
)
_SIMPLIFIED = (
    "两个么义书们几写别动变发后吗启国图圆带帧帮张总数样标没点状现画着红绍给统绿网荐蓝见视认让"
    "讲识词译诗请读谁车这里里问间随页频颜饭黄区侧边气与么为为对吗从来东条长宽产过还开关听说话谢"
    "号类显报单据买卖钱价较联续选择体学觉处换应该于丽椭齐双离实场资讯档围积种称"
)
CHARACTERS = dict(zip(_TRADITIONAL, _SIMPLIFIED, strict=True))


def read_traditional(folder: Path) -> None:
    """Write tokenizer.json beside the vocabulary in ``folder``: the same tokens, and traditional
    characters are those of the simplified ones."""
    tokenizer = Qwen2Tokenizer.from_pretrained(folder, local_files_only=True)
    backend = tokenizer.backend_tokenizer
    backend.normalizer = normalizers.Sequence([normalizers.NFC(), *_replacements()])
    backend.save(str(folder / "tokenizer.json"))


def _replacements() -> Iterator[normalizers.Replace]:
    for traditional, simplified in (WORDS | CHARACTERS).items():
        yield normalizers.Replace(traditional, simplified)
