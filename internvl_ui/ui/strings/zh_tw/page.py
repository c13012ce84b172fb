"""頁面自己的文字：繁體中文。"""

TITLE = "InternVL"
SUBTITLE = "聊聊圖片和影片"
WELCOME = "想看點什麼？"
WELCOME_HELP = "加入一張或多張圖片，或是一段影片，然後提問。"
WELCOME_SHOWCASES = "也可以從下面的範例開始。"

EXAMPLES = "範例"
SHOWCASES = {
    "describe": ("描述", "請描述這張圖片。"),
    "receipt": ("讀收據", "買了什麼，各花了多少錢？請用表格列出。"),
    "chart": ("讀圖表", "哪個柱子最高？"),
    "pair": ("比較圖片", "哪張圖片有星形？"),
    "ground": ("指出位置", "請提供以下描述所指區域的邊界框座標：<ref>綠色十字形</ref>"),
    "video": ("看影片", "影片裡發生了什麼？"),
    "tiles": ("比較設定", "請描述這張圖片。"),
    "batch": ("批次提問", "圖片裡有什麼？"),
}
NEEDS_LARGER = "需要更大的模型"
BEYOND = "這個問題超出了 {model} 的能力：可以看看它怎麼說，再換更大的模型。"
KEPT_ANSWER = "這是 {model} 先前給出的回答；按「重試」可以重新提問"

LANGUAGE_SWITCH = "語言"
NEW_CONVERSATION = "新對話"
SETTINGS = "設定"
PANEL_IMAGE = "單張圖片"
PANEL_IMAGES = "多張圖片"
PANEL_VIDEO = "影片"
UPLOAD = {
    "upload_text.drop_image": "將圖片拖曳到這裡",
    "upload_text.drop_gallery": "將多張圖片拖曳到這裡",
    "upload_text.drop_video": "將影片拖曳到這裡",
    "upload_text.drop_file": "將檔案拖曳到這裡",
    "upload_text.click_to_upload": "點選以選擇",
    "common.upload": "加入檔案",
}
QUESTION = "問題"
QUESTION_PLACEHOLDER = "就看到的內容提問"
SEND = "傳送"
STOP = "停止"

SYSTEM = "系統提示詞"
SYSTEM_HELP = "對話開始前要讓模型知道的內容。留空則使用模型自帶的提示詞。"
MAX_NEW_TOKENS = "回答長度上限"
MAX_NEW_TOKENS_HELP = "回答超過這麼多 token 就會被截斷。一個 token 大約相當於一到兩個中文字。"
SAMPLE = "取樣"
SAMPLE_HELP = "開啟：每次回答會有變化。關閉：一律選最可能的詞，同樣的問題得到同樣的回答。"
TEMPERATURE = "取樣溫度"
TEMPERATURE_HELP = "取樣時有效：越低越穩健，越高越有創意。"
TOP_P = "Top-p"
TOP_P_HELP = "取樣時有效：只在累積機率達到此值的最可能的詞中選擇。"
TOP_K = "Top-k"
TOP_K_HELP = "取樣時有效：最多在這麼多個詞中選擇。0 表示不限。"
REPETITION = "重複懲罰"
REPETITION_HELP = "大於 1 時，已經用過的詞較不容易再次出現。"
SEED = "隨機種子"
SEED_HELP = "取樣時有效：相同的數字會得到相同的回答。-1 表示隨機。"
MAX_TILES = "每張圖片的圖塊數"
MAX_TILES_HELP = "大圖最多切成這麼多個圖塊：越多看得越細，也越慢。"
FRAMES = "每段影片的影格數"
FRAMES_HELP = "從影片中平均擷取這麼多個影格給模型看。"
SEVERAL = "多張圖片"
SEVERAL_HELP = "分別編號：Image-1、Image-2……便於比較。合併：當作一張圖片來看。"
NUMBERED = "分別編號"
COMBINED = "合併"
GROUP_PICTURES = "模型怎麼看"
GROUP_ANSWERS = "模型怎麼答"

READY = "就緒"
UPLOADING = "正在上傳……"
LOADING = "正在載入模型……"
LOADING_PART = "正在載入模型：{percent}%"
LOADING_NAMED = "正在載入 {name}……"
LOADING_NAMED_PART = "正在載入 {name}：{percent}%"
QUEUED_NEXT = "下一個就輪到你"
QUEUED = "排隊中：前面還有 {ahead} 個"
READING = "正在看第 {done} 個檔案，共 {total} 個……"
READING_SOON = "正在看檔案……"
PREFILL_TILES = "正在看第 {done} 個圖塊，共 {total} 個……"
PREFILL = "正在讀問題……"
WRITING = "正在回答……"
DONE = "{tokens:,} 個 token，每秒 {speed} 個"
DONE_ONE = "1 個 token"
FIRST_TOKEN = "首個費時 {seconds:.2f} 秒"
VISUAL_TOKENS = "{tiles} 個圖塊，{visual:,} 個視覺 token"
VISUAL_TOKENS_ONE = "1 個圖塊，{visual:,} 個視覺 token"
REUSED = "重複利用了提示詞 {prompt:,} 個 token 中的 {reused:,} 個"
LENGTH = "已達到設定的長度上限，回答被截斷"
STOPPED = "已停止"

IMAGE_NUMBER = "Image-{number}"
VIDEO_READY = "{name} · {seconds:.1f} 秒 · {width} × {height}"
VIDEO_CAPTION = "{name} · {seconds:.1f} 秒"
NO_QUESTION = "請先寫下問題。"
BUSY = "上一個回答還沒寫完；請等它寫完，或按「停止」。"
FULL = "現在排隊的問題太多了，請過一分鐘再試。"
NO_ANSWER = "模型沒有給出回答；請再問一次，或是調整設定。"
VANISHED = "「{name}」已不在伺服器上，請重新加入。"

NOT_DRAWABLE = "無法畫出："
KEEP_PICTURE = "下載含標註框的圖片"
KEEP_BOXES = "下載標註框（JSON）"
BOXES_FILE = "boxes"
DRAW_REGION = "框選區域"
REGION_HELP = "在圖片上拖曳出一個矩形，或輸入它的四個邊。"
REGION_NUMBERS = "四個邊的位置，以整張圖片的千分之一為單位"
REGION_EDGES = ("左", "上", "右", "下")
ADD_REGION = "加到問題裡"
CANCEL = "取消"

PREVIEW = "模型看到的"
PREVIEW_SUM = "模型看到的 · {tiles} 個圖塊，{tokens:,} 個視覺 token"
PREVIEW_SUM_ONE = "模型看到的 · 1 個圖塊，{tokens:,} 個視覺 token"
PREVIEW_LOADING = "模型載入好之後，這裡會顯示圖塊。"
PICTURE_CUT = (
    "{name} · {width} × {height} · {columns} × {rows} 個圖塊加整張圖，共 {tokens:,} 個 token"
)
PICTURE_WHOLE = "{name} · {width} × {height} · 1 個圖塊，{tokens:,} 個 token"
GRID_LABEL = "{name}，切成 {columns} 欄 {rows} 列"
WHOLE_LABEL = "{name}，未切分"
VIDEO_CUT = "{name} · {width} × {height} · {frames} 個影格，約每 {every:.1f} 秒一個"
VIDEO_ONE_FRAME = "{name} · {width} × {height} · 1 個影格"
VIDEO_TOKENS = "{tiles} 個圖塊，{tokens:,} 個 token"
FRAME_TILES_EACH = "每個影格 {columns} × {rows} 個圖塊加整個影格"
MOST_FRAMES_TAKEN = "最多取 {frames} 個影格"
FRAME_NUMBER = "Frame{number}"
TIME_LINE = "{start} 到 {end} 之間的影格，全長 {duration}"
WAY = "取影格方式"
EVENLY = "平均"
EVERY = "固定間隔"
VIDEO_FRAMES = "影格數"
EVERY_SECONDS = "間隔秒數"
VIDEO_START = "從第幾秒"
VIDEO_END = "到第幾秒"
FRAME_TILES = "每個影格的圖塊數"

NO_FILE = "請提供一個檔案：圖片或影片。"

METER_LOADING = "模型載入好之後，會在這裡計算 token 數。"
METER_VISUAL = "視覺 {tokens:,}"
METER_TEXT = "文字 {tokens:,}"
METER_HISTORY = "先前的對話 {tokens:,}"
METER_ANSWER = "回答 {tokens:,}"
METER_TOTAL = "{total:,} / {context:,} 個 token"
METER_OVER = "連同回答需要 {total:,} 個 token，而模型最多容納 {context:,} 個。要減少哪一項？"
METER_TEXT_OVER = (
    "光是文字就佔 {text:,} 個 token，而模型最多容納 {context:,} 個。請把問題寫短一點。"
)
OFFER_TILES = "最多 {number} 個圖塊"
OFFER_TILES_ONE = "每張只用 1 個圖塊"
OFFER_FRAMES = "{number} 個影格"
OFFER_FRAMES_ONE = "1 個影格"
OFFER_ANSWER = "回答不超過 {number:,} 個 token"
OFFER_TURN = "略去最早的一輪"
LEFT_OUT = "已略去：模型不會再看到這一輪"
RESTORE_TURNS = "復原略去的內容"

PRIVACY = "檔案只存放在這台伺服器上，{hours:g} 小時後刪除。"

PRESET = "回答方式"
PRESET_HELP = "會填入下面的系統提示詞。"
PRESET_OWN_WORDS = "自己寫的"
PRESETS_OWN = "自己的範本"
PRESET_NAME = "名稱"
PRESET_NAME_HELP = "以此名稱儲存上面的系統提示詞，只存在這個瀏覽器裡。"
PRESET_SAVE = "儲存"
PRESET_DELETE = "刪除"
PRESET_NAME_MISSING = "請給範本取一個名稱，不能與頁面自帶的相同。"
PRESET_NOT_OWN = "請先在上面選擇一個自己的範本，再刪除。"
RESET = "重設"
COPY_LINK = "複製連結"
KEPT_HERE = "設定只儲存在這個瀏覽器裡。透過連結可以帶到別的瀏覽器。"
LINK_ARRIVED = "這個連結帶來了它的設定，可在側邊欄查看。"

CONVERSATIONS = "對話"
NO_CONVERSATIONS = "這裡還沒有內容。你問過的問題會儲存在這個瀏覽器裡。"
UNTITLED = "無標題"
DELETE_CONVERSATION = "刪除"
DELETE_ALL = "全部刪除"
DELETE_ALL_SURE = "要刪除這個瀏覽器儲存的全部對話嗎？"
BROWSER_KEEPS_NOTHING = "這個瀏覽器不允許網頁儲存任何內容。"
KEPT_CONVERSATIONS = "對話只儲存在這個瀏覽器裡。可以在這裡刪除，也可以清除瀏覽器資料。"
SAVE_AS = "將目前的對話另存為"
SAVE_KINDS = {"html": "網頁", "md": "Markdown", "json": "JSON"}
BRING_IN = "開啟已儲存的 JSON 檔案"
YOU = "你"
EXPORTED = "與 {model} 的對話，儲存於 {when}"
NOTHING_TO_SAVE = "還沒有可以儲存的內容，請先提問。"
NOT_A_CONVERSATION = "這個檔案不是在這裡儲存為 JSON 的對話。"
TOO_MANY_FILES = "這個對話的檔案太多，無法在這裡開啟。"
TOO_LARGE_TO_OPEN = "這個對話太大，無法在這裡開啟。"
NOT_CARRIED = "儲存時未包含 {names}：檔案太大，或已不在伺服器上。"
GONE = "已不在伺服器上：{names}。你可以繼續閱讀；如果還想提問，請開啟新對話並重新加入。"

PAGE_CHAT = "對話"
PAGE_COMPARE = "比較"
PAGE_BATCH = "批次"
PAGES = "頁面"

BATCH_INTRO = "很多圖片，同樣的問題"
BATCH_HELP = (
    "對每張圖片都提出每個問題。可以加入圖片、圖片的 zip 壓縮檔，或再加一個表格"
    "（含 image 和 question 兩欄的 CSV），指定哪張圖片問什麼。"
)
BATCH_FILES = "圖片、zip、表格"
BATCH_QUESTIONS = "問題"
BATCH_QUESTIONS_PLACEHOLDER = "每行一個問題"
BATCH_SETTINGS = "提問方式"
BATCH_START = "開始"
BATCH_PAUSE = "暫停"
BATCH_RESUME = "繼續"
BATCH_AGAIN = "重新提問失敗的列"
BATCH_NEW = "新的批次工作"
BATCH_READY = "就緒"
BATCH_UNPACKING = "正在檢視檔案……"
BATCH_BAR = "已回答 {done} / {total}"
BATCH_FAILED = "{failed} 個失敗"
BATCH_PROGRESS = "已完成的列"
BATCH_ROWS = "各列"
BATCH_COLUMNS = ("", "圖片", "問題", "回答")
BATCH_WAITING = "等待中"
BATCH_CLIPPED = "……（其餘內容請見檔案）"
BATCH_RUNNING = "正在回答"
BATCH_PAUSED = "已暫停。完成的部分會保留，關閉頁面也不會遺失。"
BATCH_DONE = "已完成"
BATCH_DONE_FAILED = "已完成，但有 {failed} 個失敗；每一列寫明了原因。"
BATCH_GONE = "先前的批次工作已不在伺服器上，請重新開始。"
BATCH_NO_FILES = "請先加入圖片。"
BATCH_TOO_LONG = "這樣會超過 {most:,} 列，也就是一次的上限；請減少圖片或問題。"
BATCH_BUSY = "現在執行的批次工作太多了，請過幾分鐘再試。"
BATCH_NO_IMAGE = "表格的這一列沒有寫圖片，請填寫 image 欄。"
BATCH_MISSING = "檔案中沒有「{name}」；請加入後重新開始。"
BATCH_AMBIGUOUS = "有多張圖片都叫「{name}」；請連資料夾一起寫上。"
BATCH_ROW_NO_QUESTION = "這一列沒有問題；請在表格裡或上面寫一個。"
BATCH_NOT_IN_TABLE = "表格裡沒有關於這張圖片的列。"
BATCH_DOCUMENT = "「{name}」是文件；請將其中的表格另存為 CSV，或將其中的圖片另存為檔案。"
BATCH_FOREIGN = "「{name}」沒有上傳成功；請上傳後再試。"
BATCH_TAKE = "下載結果"
BATCH_SHEET = "回答"
CELL_CLIPPED = "……［已截斷：儲存格放不下更多內容］"
SECONDS_LEFT = "大約還需 {seconds} 秒"
MINUTES_LEFT = "大約還需 {minutes} 分鐘"
HOURS_LEFT = "大約還需 {hours:.1f} 小時"

COMPARE_INTRO = "同一個問題，幾種問法"
COMPARE_HELP = (
    "模型一次只回答一個問題，所以各欄會依序填滿。第一欄看過的檔案，其餘各欄不必再看一遍；"
    "下面的數字會反映這一點。"
)
COMPARE_FILES = "圖片和影片"
COMPARE_COUNT = "欄數"
COMPARE_BLIND = "盲測"
COMPARE_BLIND_HELP = "在你投票之前，回答依隨機順序排列，也不顯示名稱。"
COMPARE_START = "開始比較"
COMPARE_WAY = "{letter} 的設定"
COMPARE_MORE = "更多"
COMPARE_SYSTEM = "或是自己寫系統提示詞"
COMPARE_SEED = "隨機種子（-1：隨機）"
COMPARE_ANSWER = "回答 {number}"
COMPARE_SAME = "沒有差別"
COMPARE_VOTE = "這個最好"
COMPARE_VOTE_TIE = "不相上下"
COMPARE_BEST = "最佳"
COMPARE_TIE = "平手"
COMPARE_WAITING = "等待輪到它"
COMPARE_COLUMN = "第 {number} 欄，共 {total} 欄 · {words}"
COMPARE_DONE = "已完成"
COMPARE_ASK_VOTE = "已完成。哪個最好？投票後會顯示各是哪一個。"
COMPARE_VOTED = "謝謝，結果在下面的表格裡。"
COMPARE_RESULTS = "結果"
COMPARE_TOKENS = "{tokens:,} 個 token"
COMPARE_SPEED = "每秒 {speed} 個"
COMPARE_COLUMNS = (
    "輪次",
    "問題",
    "檔案",
    "欄",
    "設定",
    "回答",
    "token 數",
    "首個 token（秒）",
    "token/秒",
    "投票",
)
COMPARE_CSV = "結果（CSV）"
OWN_SYSTEM = "模型自帶的系統提示詞"
SAMPLED = "取樣"
LIKELIEST = "不取樣"
SEED_BY_CHANCE = "隨機種子不固定"
WAYS = {
    "preset": "{value}",
    "max_tiles": "{value} 個圖塊",
    "frames": "{value} 個影格",
    "max_new_tokens": "最多 {value} 個 token",
    "temperature": "溫度 {value}",
    "seed": "種子 {value}",
}

MODEL = "模型"
MODEL_LOADED = "正在使用"
MODEL_FITS = "可以執行：{precisions}"
MODEL_TIGHT = "需要 {need}：還要再騰出 {more}"
MODEL_TOO_LARGE = "放不下：需要 {need}，總共只有 {total}"
MODEL_SIZE = "bf16 下 {size}"
MODEL_HERE = "已下載"
MODEL_DOWNLOAD = "未下載"
ROOM = "{name}：{total} 中有 {free} 可用。"
ROOM_CPU = "不支援 bf16 的處理器用 float32 計算，占用的記憶體是 bf16 的兩倍。"
SWITCHING = "由哪個模型回答在啟動時決定：app.py --model OpenGVLab/InternVL3-8B。"

MODEL_LOCAL = "在這台機器上"
SWITCH_MODEL = "換一個模型"
SWITCH_MODEL_HELP = "之後由它回答這個頁面上的所有人。對話會保留。"
SWITCH_PRECISION = "精度"
SWITCH_PRECISION_HELP = "位元數越少，占用的記憶體越少。auto：這台機器最適合的精度。"
SWITCH = "切換"
SWITCH_FETCHING = "正在尋找 {name}……"
SWITCH_DOWNLOADING = "正在下載 {name}：{size} 中已有 {done}。這段期間由 {running} 回答。"
SWITCH_ENDING = "接下來是 {name}：先把已經開始的回答寫完。"
SWITCHED = "現在由 {name} 回答。"
SWITCH_STILL = "仍由 {name} 回答。"
SWITCH_NOT_OFFERED = "這個模型無法以這種精度在這裡載入；請從清單中選擇。"
SWITCH_NOT_ALLOWED = (
    "只有執行這個頁面的人能切換模型：在那台機器上切換，或是用 app.py --switching on "
    "允許所有人切換。"
)

TOKENS = "{tokens:,} 個 token"
TOKENS_ONE = "1 個 token"
SPEED = "{speed} token/秒"
SECONDS = "{seconds:.2f} 秒"
CUT_OFF = {"length": "達到長度上限被截斷", "stopped": "已停止"}
ROW_TILES = "圖塊"
ROW_VISUAL = "視覺 token"
ROW_TEXT = "文字 token"
ROW_REUSED = "重複利用的 token"
ROW_FIRST = "首個 token 費時"
ROW_SPEED = "速度"
ROW_MODEL = "模型"
ROW_SEED = "隨機種子"
NO_SEED = "無：沒有隨機成分"
THOUGHTS = "思考過程"
THINKING = "正在思考，已 {seconds} 秒"
THOUGHT = "思考了 {seconds} 秒"
CONTINUE = "繼續"

EDIT_QUESTION = "換一種說法提問"
MENTION_LIST = "可以提到的圖片"
MOVE_FORWARD = "將 {name} 前移"
NEITHER = "「{name}」既不是圖片也不是影片。"
ONE_VIDEO = "一次只能加入一段影片：未加入「{name}」。"
LOST_IN_RELOAD = "重新載入時遺失，請重新加入：{names}。"
