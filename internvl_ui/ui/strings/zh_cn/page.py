"""页面自己的文字：简体中文。"""

TITLE = "InternVL"
SUBTITLE = "聊聊图片和视频"
WELCOME = "想看点什么？"
WELCOME_HELP = "添加一张或多张图片，或者一段视频，然后提问。"
WELCOME_SHOWCASES = "也可以从下面的例子开始。"

EXAMPLES = "示例"
SHOWCASES = {
    "describe": ("描述", "请描述这张图片。"),
    "receipt": ("读小票", "买了什么，各花了多少钱？请用表格列出。"),
    "chart": ("读图表", "哪个柱子最高？"),
    "pair": ("比较图片", "哪张图片有星形？"),
    "ground": ("指出位置", "请提供以下描述所指区域的边界框坐标：<ref>绿色十字形</ref>"),
    "video": ("看视频", "视频里发生了什么？"),
    "tiles": ("对比设置", "请描述这张图片。"),
    "batch": ("批量提问", "图片里有什么？"),
}
NEEDS_LARGER = "需要更大的模型"
BEYOND = "这个问题超出了 {model} 的能力：可以看看它怎么说，再换更大的模型。"
KEPT_ANSWER = "这是 {model} 之前给出的回答；按“重试”可以重新提问"

LANGUAGE_SWITCH = "语言"
NEW_CONVERSATION = "新对话"
SETTINGS = "设置"
PANEL_IMAGE = "单张图片"
PANEL_IMAGES = "多张图片"
PANEL_VIDEO = "视频"
UPLOAD = {
    "upload_text.drop_image": "将图片拖到这里",
    "upload_text.drop_gallery": "将多张图片拖到这里",
    "upload_text.drop_video": "将视频拖到这里",
    "upload_text.drop_file": "将文件拖到这里",
    "upload_text.click_to_upload": "点击选择",
    "common.upload": "添加文件",
}
QUESTION = "问题"
QUESTION_PLACEHOLDER = "就看到的内容提问"
SEND = "发送"
STOP = "停止"

SYSTEM = "系统提示词"
SYSTEM_HELP = "对话开始前要让模型知道的内容。留空则使用模型自带的提示词。"
MAX_NEW_TOKENS = "回答长度上限"
MAX_NEW_TOKENS_HELP = "回答超过这么多 token 就会被截断。一个 token 大约相当于一到两个汉字。"
SAMPLE = "采样"
SAMPLE_HELP = "开启：每次回答会有变化。关闭：总是选最可能的词，同样的问题得到同样的回答。"
TEMPERATURE = "采样温度"
TEMPERATURE_HELP = "采样时有效：越低越稳妥，越高越有创意。"
TOP_P = "Top-p"
TOP_P_HELP = "采样时有效：只在累计概率达到此值的最可能的词中选择。"
TOP_K = "Top-k"
TOP_K_HELP = "采样时有效：最多在这么多个词中选择。0 表示不限。"
REPETITION = "重复惩罚"
REPETITION_HELP = "大于 1 时，已经用过的词更不容易再次出现。"
SEED = "随机种子"
SEED_HELP = "采样时有效：相同的数字会得到相同的回答。-1 表示随机。"
MAX_TILES = "每张图片的图块数"
MAX_TILES_HELP = "大图最多切成这么多个图块：越多看得越细，也越慢。"
FRAMES = "每段视频的帧数"
FRAMES_HELP = "从视频中均匀抽取这么多帧给模型看。"
SEVERAL = "多张图片"
SEVERAL_HELP = "分别编号：Image-1、Image-2……便于比较。合并：当作一张图片来看。"
NUMBERED = "分别编号"
COMBINED = "合并"
GROUP_PICTURES = "模型怎么看"
GROUP_ANSWERS = "模型怎么答"

READY = "就绪"
UPLOADING = "正在上传……"
LOADING = "正在加载模型……"
LOADING_PART = "正在加载模型：{percent}%"
LOADING_NAMED = "正在加载 {name}……"
LOADING_NAMED_PART = "正在加载 {name}：{percent}%"
QUEUED_NEXT = "下一个就轮到你"
QUEUED = "排队中：前面还有 {ahead} 个"
READING = "正在看第 {done} 个文件，共 {total} 个……"
READING_SOON = "正在看文件……"
PREFILL_TILES = "正在看第 {done} 个图块，共 {total} 个……"
PREFILL = "正在读问题……"
WRITING = "正在回答……"
DONE = "{tokens:,} 个 token，每秒 {speed} 个"
DONE_ONE = "1 个 token"
FIRST_TOKEN = "首个用时 {seconds:.2f} 秒"
VISUAL_TOKENS = "{tiles} 个图块，{visual:,} 个视觉 token"
VISUAL_TOKENS_ONE = "1 个图块，{visual:,} 个视觉 token"
REUSED = "复用了提示词 {prompt:,} 个 token 中的 {reused:,} 个"
LENGTH = "已达到设定的长度上限，回答被截断"
STOPPED = "已停止"

IMAGE_NUMBER = "Image-{number}"
VIDEO_READY = "{name} · {seconds:.1f} 秒 · {width} × {height}"
VIDEO_CAPTION = "{name} · {seconds:.1f} 秒"
NO_QUESTION = "请先写下问题。"
BUSY = "上一个回答还没写完；请等它写完，或者按“停止”。"
FULL = "现在排队的问题太多了，请过一分钟再试。"
NO_ANSWER = "模型没有给出回答；请再问一次，或者调整设置。"
VANISHED = "“{name}”已不在服务器上，请重新添加。"

NOT_DRAWABLE = "无法画出："
KEEP_PICTURE = "下载带标注框的图片"
KEEP_BOXES = "下载标注框（JSON）"
BOXES_FILE = "boxes"
DRAW_REGION = "框选区域"
REGION_HELP = "在图片上拖出一个矩形，或者输入它的四条边。"
REGION_NUMBERS = "四条边的位置，以整张图片的千分之一为单位"
REGION_EDGES = ("左", "上", "右", "下")
ADD_REGION = "加到问题里"
CANCEL = "取消"

PREVIEW = "模型看到的"
PREVIEW_SUM = "模型看到的 · {tiles} 个图块，{tokens:,} 个视觉 token"
PREVIEW_SUM_ONE = "模型看到的 · 1 个图块，{tokens:,} 个视觉 token"
PREVIEW_LOADING = "模型加载好之后，这里会显示图块。"
PICTURE_CUT = (
    "{name} · {width} × {height} · {columns} × {rows} 个图块加整图，共 {tokens:,} 个 token"
)
PICTURE_WHOLE = "{name} · {width} × {height} · 1 个图块，{tokens:,} 个 token"
GRID_LABEL = "{name}，切成 {columns} 列 {rows} 行"
WHOLE_LABEL = "{name}，未切分"
VIDEO_CUT = "{name} · {width} × {height} · {frames} 帧，约每 {every:.1f} 秒一帧"
VIDEO_ONE_FRAME = "{name} · {width} × {height} · 1 帧"
VIDEO_TOKENS = "{tiles} 个图块，{tokens:,} 个 token"
FRAME_TILES_EACH = "每帧 {columns} × {rows} 个图块加整帧"
MOST_FRAMES_TAKEN = "最多取 {frames} 帧"
FRAME_NUMBER = "Frame{number}"
TIME_LINE = "{start} 到 {end} 之间的帧，全长 {duration}"
WAY = "取帧方式"
EVENLY = "均匀"
EVERY = "固定间隔"
VIDEO_FRAMES = "帧数"
EVERY_SECONDS = "间隔秒数"
VIDEO_START = "从第几秒"
VIDEO_END = "到第几秒"
FRAME_TILES = "每帧图块数"

NO_FILE = "请提供一个文件：图片或视频。"

METER_LOADING = "模型加载好之后，会在这里计算 token 数。"
METER_VISUAL = "视觉 {tokens:,}"
METER_TEXT = "文字 {tokens:,}"
METER_HISTORY = "之前的对话 {tokens:,}"
METER_ANSWER = "回答 {tokens:,}"
METER_TOTAL = "{total:,} / {context:,} 个 token"
METER_OVER = "连同回答需要 {total:,} 个 token，而模型最多容纳 {context:,} 个。要减少哪一项？"
METER_TEXT_OVER = "仅文字就占 {text:,} 个 token，而模型最多容纳 {context:,} 个。请把问题写短一些。"
OFFER_TILES = "最多 {number} 个图块"
OFFER_TILES_ONE = "每张只用 1 个图块"
OFFER_FRAMES = "{number} 帧"
OFFER_FRAMES_ONE = "1 帧"
OFFER_ANSWER = "回答不超过 {number:,} 个 token"
OFFER_TURN = "略去最早的一轮"
LEFT_OUT = "已略去：模型不会再看到这一轮"
RESTORE_TURNS = "恢复略去的内容"

PRIVACY = "文件只存放在这台服务器上，{hours:g} 小时后删除。"

PRESET = "回答方式"
PRESET_HELP = "会填入下面的系统提示词。"
PRESET_OWN_WORDS = "自己写的"
PRESETS_OWN = "自己的预设"
PRESET_NAME = "名称"
PRESET_NAME_HELP = "以此名称保存上面的系统提示词，只存在这个浏览器里。"
PRESET_SAVE = "保存"
PRESET_DELETE = "删除"
PRESET_NAME_MISSING = "请给预设起一个名称，不能与页面自带的相同。"
PRESET_NOT_OWN = "请先在上面选择一个自己的预设，再删除。"
RESET = "重置"
COPY_LINK = "复制链接"
KEPT_HERE = "设置只保存在这个浏览器里。通过链接可以带到别的浏览器。"
LINK_ARRIVED = "这个链接带来了它的设置，可在侧边栏查看。"

CONVERSATIONS = "对话"
NO_CONVERSATIONS = "这里还没有内容。你问过的问题会保存在这个浏览器里。"
UNTITLED = "无标题"
DELETE_CONVERSATION = "删除"
DELETE_ALL = "全部删除"
DELETE_ALL_SURE = "要删除这个浏览器保存的全部对话吗？"
BROWSER_KEEPS_NOTHING = "这个浏览器不允许网页保存任何内容。"
KEPT_CONVERSATIONS = "对话只保存在这个浏览器里。可以在这里删除，也可以清除浏览器数据。"
SAVE_AS = "将当前对话另存为"
SAVE_KINDS = {"html": "网页", "md": "Markdown", "json": "JSON"}
BRING_IN = "打开已保存的 JSON 文件"
YOU = "你"
EXPORTED = "与 {model} 的对话，保存于 {when}"
NOTHING_TO_SAVE = "还没有可以保存的内容，请先提问。"
NOT_A_CONVERSATION = "这个文件不是在这里保存为 JSON 的对话。"
TOO_MANY_FILES = "这个对话的文件太多，无法在这里打开。"
TOO_LARGE_TO_OPEN = "这个对话太大，无法在这里打开。"
NOT_CARRIED = "保存时未包含 {names}：文件太大，或已不在服务器上。"
GONE = "已不在服务器上：{names}。你可以继续阅读；如果还想提问，请新建对话并重新添加。"

PAGE_CHAT = "对话"
PAGE_COMPARE = "对比"
PAGE_BATCH = "批量"
PAGES = "页面"

BATCH_INTRO = "很多图片，同样的问题"
BATCH_HELP = (
    "对每张图片都提出每个问题。可以添加图片、图片的 zip 压缩包，或再加一个表格"
    "（含 image 和 question 两列的 CSV），指定哪张图片问什么。"
)
BATCH_FILES = "图片、zip、表格"
BATCH_QUESTIONS = "问题"
BATCH_QUESTIONS_PLACEHOLDER = "每行一个问题"
BATCH_SETTINGS = "提问方式"
BATCH_START = "开始"
BATCH_PAUSE = "暂停"
BATCH_RESUME = "继续"
BATCH_AGAIN = "重新提问失败的行"
BATCH_NEW = "新的批量任务"
BATCH_READY = "就绪"
BATCH_UNPACKING = "正在查看文件……"
BATCH_BAR = "已回答 {done} / {total}"
BATCH_FAILED = "{failed} 个失败"
BATCH_PROGRESS = "已完成的行"
BATCH_ROWS = "各行"
BATCH_COLUMNS = ("", "图片", "问题", "回答")
BATCH_WAITING = "等待中"
BATCH_CLIPPED = "……（其余内容见文件）"
BATCH_RUNNING = "正在回答"
BATCH_PAUSED = "已暂停。完成的部分会保留，关闭页面也不会丢失。"
BATCH_DONE = "已完成"
BATCH_DONE_FAILED = "已完成，但有 {failed} 个失败；每一行写明了原因。"
BATCH_GONE = "之前的批量任务已不在服务器上，请重新开始。"
BATCH_NO_FILES = "请先添加图片。"
BATCH_TOO_LONG = "这样会超过 {most:,} 行，即一次的上限；请减少图片或问题。"
BATCH_BUSY = "现在运行的批量任务太多了，请过几分钟再试。"
BATCH_NO_IMAGE = "表格的这一行没有写图片，请填写 image 列。"
BATCH_MISSING = "文件中没有“{name}”；请添加后重新开始。"
BATCH_AMBIGUOUS = "有多张图片都叫“{name}”；请连文件夹一起写上。"
BATCH_ROW_NO_QUESTION = "这一行没有问题；请在表格里或上面写一个。"
BATCH_NOT_IN_TABLE = "表格里没有关于这张图片的行。"
BATCH_DOCUMENT = "“{name}”是文档；请将其中的表格另存为 CSV，或将其中的图片另存为文件。"
BATCH_FOREIGN = "“{name}”没有上传成功；请上传后再试。"
BATCH_TAKE = "下载结果"
BATCH_SHEET = "回答"
CELL_CLIPPED = "……［已截断：单元格放不下更多内容］"
SECONDS_LEFT = "大约还需 {seconds} 秒"
MINUTES_LEFT = "大约还需 {minutes} 分钟"
HOURS_LEFT = "大约还需 {hours:.1f} 小时"

COMPARE_INTRO = "同一个问题，几种问法"
COMPARE_HELP = (
    "模型一次只回答一个问题，所以各列会依次填满。第一列看过的文件，其余各列不必再看一遍；"
    "下面的数字会体现这一点。"
)
COMPARE_FILES = "图片和视频"
COMPARE_COUNT = "列数"
COMPARE_BLIND = "盲测"
COMPARE_BLIND_HELP = "在你投票之前，回答按随机顺序排列，也不显示名称。"
COMPARE_START = "开始对比"
COMPARE_WAY = "{letter} 的设置"
COMPARE_MORE = "更多"
COMPARE_SYSTEM = "或者自己写系统提示词"
COMPARE_SEED = "随机种子（-1：随机）"
COMPARE_ANSWER = "回答 {number}"
COMPARE_SAME = "没有差别"
COMPARE_VOTE = "这个最好"
COMPARE_VOTE_TIE = "不相上下"
COMPARE_BEST = "最佳"
COMPARE_TIE = "平局"
COMPARE_WAITING = "等待轮到它"
COMPARE_COLUMN = "第 {number} 列，共 {total} 列 · {words}"
COMPARE_DONE = "已完成"
COMPARE_ASK_VOTE = "已完成。哪个最好？投票后会显示各是哪一个。"
COMPARE_VOTED = "谢谢，结果在下面的表格里。"
COMPARE_RESULTS = "结果"
COMPARE_TOKENS = "{tokens:,} 个 token"
COMPARE_SPEED = "每秒 {speed} 个"
COMPARE_COLUMNS = (
    "轮次",
    "问题",
    "文件",
    "列",
    "设置",
    "回答",
    "token 数",
    "首个 token（秒）",
    "token/秒",
    "投票",
)
COMPARE_CSV = "结果（CSV）"
OWN_SYSTEM = "模型自带的系统提示词"
SAMPLED = "采样"
LIKELIEST = "不采样"
SEED_BY_CHANCE = "随机种子不固定"
WAYS = {
    "preset": "{value}",
    "max_tiles": "{value} 个图块",
    "frames": "{value} 帧",
    "max_new_tokens": "最多 {value} 个 token",
    "temperature": "温度 {value}",
    "seed": "种子 {value}",
}

MODEL = "模型"
MODEL_LOADED = "正在使用"
MODEL_FITS = "可以运行：{precisions}"
MODEL_TIGHT = "需要 {need}：还要再腾出 {more}"
MODEL_TOO_LARGE = "放不下：需要 {need}，总共只有 {total}"
MODEL_SIZE = "bf16 下 {size}"
MODEL_HERE = "已下载"
MODEL_DOWNLOAD = "未下载"
ROOM = "{name}：{total} 中有 {free} 可用。"
ROOM_CPU = "不支持 bf16 的处理器用 float32 计算，占用的内存是 bf16 的两倍。"
SWITCHING = "由哪个模型回答在启动时决定：app.py --model OpenGVLab/InternVL3-8B。"

MODEL_LOCAL = "在这台机器上"
SWITCH_MODEL = "换一个模型"
SWITCH_MODEL_HELP = "之后由它回答这个页面上的所有人。对话会保留。"
SWITCH_PRECISION = "精度"
SWITCH_PRECISION_HELP = "位数越少，占用的内存越少。auto：这台机器最适合的精度。"
SWITCH = "切换"
SWITCH_FETCHING = "正在查找 {name}……"
SWITCH_DOWNLOADING = "正在下载 {name}：{size} 中已有 {done}。这期间由 {running} 回答。"
SWITCH_ENDING = "接下来是 {name}：先把已经开始的回答写完。"
SWITCHED = "现在由 {name} 回答。"
SWITCH_STILL = "仍由 {name} 回答。"
SWITCH_NOT_OFFERED = "这个模型无法以这种精度在这里加载；请从列表中选择。"
SWITCH_NOT_ALLOWED = (
    "只有运行这个页面的人能切换模型：在那台机器上切换，或者用 app.py --switching on "
    "允许所有人切换。"
)

TOKENS = "{tokens:,} 个 token"
TOKENS_ONE = "1 个 token"
SPEED = "{speed} token/秒"
SECONDS = "{seconds:.2f} 秒"
CUT_OFF = {"length": "达到长度上限被截断", "stopped": "已停止"}
ROW_TILES = "图块"
ROW_VISUAL = "视觉 token"
ROW_TEXT = "文字 token"
ROW_REUSED = "复用的 token"
ROW_FIRST = "首个 token 用时"
ROW_SPEED = "速度"
ROW_MODEL = "模型"
ROW_SEED = "随机种子"
NO_SEED = "无：没有随机成分"
THOUGHTS = "思考过程"
THINKING = "正在思考，已 {seconds} 秒"
THOUGHT = "思考了 {seconds} 秒"
CONTINUE = "继续"

EDIT_QUESTION = "换一种说法提问"
MENTION_LIST = "可以提到的图片"
MOVE_FORWARD = "将 {name} 前移"
NEITHER = "“{name}”既不是图片也不是视频。"
ONE_VIDEO = "一次只能添加一段视频：未添加“{name}”。"
LOST_IN_RELOAD = "重新加载时丢失，请重新添加：{names}。"
