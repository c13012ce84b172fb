"""What a visitor reads that the page itself says, in English."""

TITLE = "InternVL"
SUBTITLE = "Talk about pictures and videos"
WELCOME = "What would you like to see?"
WELCOME_HELP = "Add a picture, several, or a video, and ask about it."
WELCOME_SHOWCASES = "Or start with one of these."

# Showcases

EXAMPLES = "Examples"
SHOWCASES = {
    "describe": ("Describe", "Describe the image."),
    "receipt": ("Read a receipt", "What was bought, and what did each thing cost? As a table."),
    "chart": ("Read a chart", "Which bar is the tallest?"),
    "pair": ("Compare pictures", "Which image has a star?"),
    "ground": (
        "Point",
        "Please provide the bounding box coordinate of the region this sentence describes: "
        "<ref>the green cross</ref>",
    ),
    "video": ("Watch a video", "What happens in the video?"),
    "tiles": ("Compare settings", "Describe the image."),
    "batch": ("Ask about many", "What is in the image?"),
}
"""By the name of the showcase: its title, and what is asked."""
NEEDS_LARGER = "Needs a larger model"
BEYOND = "This question is beyond {model}: see what it says, and ask a larger model."
KEPT_ANSWER = "{model} gave this answer before; Retry asks it again"

LANGUAGE_SWITCH = "Language"
NEW_CONVERSATION = "New conversation"
SETTINGS = "Settings"
PANEL_IMAGE = "Image"
PANEL_IMAGES = "Images"
PANEL_VIDEO = "Video"
UPLOAD = {
    "upload_text.drop_image": "Drop a picture here",
    "upload_text.drop_gallery": "Drop pictures here",
    "upload_text.drop_video": "Drop a video here",
    "upload_text.drop_file": "Drop files here",
    "upload_text.click_to_upload": "click to choose",
    "common.upload": "Add files",
}
"""Gradio's own words for the panels, said our way."""
QUESTION = "Question"
QUESTION_PLACEHOLDER = "Ask about what you see"
SEND = "Send"
STOP = "Stop"

SYSTEM = "System prompt"
SYSTEM_HELP = "What the model should know before the conversation. Empty: the model's own."
MAX_NEW_TOKENS = "Longest answer"
MAX_NEW_TOKENS_HELP = (
    "Tokens after which an answer is cut off. A token is about three quarters of a word."
)
SAMPLE = "Sampling"
SAMPLE_HELP = (
    "On: answers vary. Off: always the likeliest word, so the same question gets the same answer."
)
TEMPERATURE = "Temperature"
TEMPERATURE_HELP = "With sampling: low is sober, high is adventurous."
TOP_P = "Top-p"
TOP_P_HELP = "With sampling: choose among the likeliest words that together have this probability."
TOP_K = "Top-k"
TOP_K_HELP = "With sampling: choose among this many words at most. 0: no limit."
REPETITION = "Repetition penalty"
REPETITION_HELP = "Above 1, words that were already used become less likely."
SEED = "Seed"
SEED_HELP = "With sampling: the same number gives the same answer again. -1: by chance."
MAX_TILES = "Tiles per image"
MAX_TILES_HELP = (
    "A large picture is cut into at most this many tiles: more shows finer detail and takes longer."
)
FRAMES = "Frames per video"
FRAMES_HELP = "A video is seen as this many pictures, spread evenly over its length."
SEVERAL = "Several images"
SEVERAL_HELP = (
    "Numbered: Image-1, Image-2, and so on, to compare them. Combined: seen as one picture."
)
NUMBERED = "Numbered"
COMBINED = "Combined"
GROUP_PICTURES = "What it sees"
GROUP_ANSWERS = "How it answers"

READY = "Ready"
UPLOADING = "Uploading…"
LOADING = "Loading the model…"
LOADING_PART = "Loading the model: {percent} %"
LOADING_NAMED = "Loading {name}…"
LOADING_NAMED_PART = "Loading {name}: {percent} %"
QUEUED_NEXT = "You are next"
QUEUED = "Queued: {ahead} ahead of you"
READING = "Looking at file {done} of {total}…"
READING_SOON = "Looking at the files…"
PREFILL_TILES = "Looking at tile {done} of {total}…"
PREFILL = "Reading the question…"
WRITING = "Writing…"
DONE = "{tokens:,} tokens at {speed} a second"
DONE_ONE = "1 token"
FIRST_TOKEN = "first after {seconds:.2f} s"
VISUAL_TOKENS = "{tiles} tiles, {visual:,} visual tokens"
VISUAL_TOKENS_ONE = "1 tile, {visual:,} visual tokens"
REUSED = "reused {reused:,} of {prompt:,} prompt tokens"
LENGTH = "Cut off at the longest answer set"
STOPPED = "Stopped"

IMAGE_NUMBER = "Image-{number}"
VIDEO_READY = "{name} · {seconds:.1f} s · {width} × {height}"
VIDEO_CAPTION = "{name} · {seconds:.1f} s"
NO_QUESTION = "Please write a question first."
BUSY = "An answer is still being written; wait for it or press Stop."
FULL = "Too many questions are waiting just now; please try again in a minute."
NO_ANSWER = "The model gave no answer; ask again or change the settings."
VANISHED = "{name} is no longer on the server; please add it again."

# Where an answer points
NOT_DRAWABLE = "Not drawable:"
KEEP_PICTURE = "Download the picture with boxes"
KEEP_BOXES = "Download the boxes as JSON"
BOXES_FILE = "boxes"
DRAW_REGION = "Draw a region"
REGION_HELP = "Drag a rectangle over the picture, or type its edges."
REGION_NUMBERS = "Edges, in thousandths of the whole picture"
REGION_EDGES = ("Left", "Top", "Right", "Bottom")
ADD_REGION = "Add to the question"
CANCEL = "Cancel"

# What the model sees, and what a question costs

PREVIEW = "What the model sees"
PREVIEW_SUM = "What the model sees · {tiles} tiles, {tokens:,} visual tokens"
PREVIEW_SUM_ONE = "What the model sees · 1 tile, {tokens:,} visual tokens"
PREVIEW_LOADING = "The tiles are shown as soon as the model is loaded."
PICTURE_CUT = (
    "{name} · {width} × {height} · {columns} × {rows} tiles and the whole, {tokens:,} tokens"
)
PICTURE_WHOLE = "{name} · {width} × {height} · one tile, {tokens:,} tokens"
GRID_LABEL = "{name}, cut into {columns} columns and {rows} rows"
WHOLE_LABEL = "{name}, not cut"
VIDEO_CUT = "{name} · {width} × {height} · {frames} frames, about one every {every:.1f} s"
VIDEO_ONE_FRAME = "{name} · {width} × {height} · 1 frame"
VIDEO_TOKENS = "{tiles} tiles, {tokens:,} tokens"
FRAME_TILES_EACH = "{columns} × {rows} tiles and the whole of each frame"
MOST_FRAMES_TAKEN = "{frames} frames are the most that are taken"
FRAME_NUMBER = "Frame{number}"
TIME_LINE = "Frames between {start} and {end} of {duration}"
WAY = "Frames"
EVENLY = "Evenly"
EVERY = "Every so often"
VIDEO_FRAMES = "How many"
EVERY_SECONDS = "Seconds between two"
VIDEO_START = "From second"
VIDEO_END = "To second"
FRAME_TILES = "Tiles a frame"

NO_FILE = "Give a file: a picture or a video."

METER_LOADING = "Tokens are counted as soon as the model is loaded."
METER_VISUAL = "{tokens:,} visual"
METER_TEXT = "{tokens:,} text"
METER_HISTORY = "{tokens:,} earlier turns"
METER_ANSWER = "{tokens:,} answer"
METER_TOTAL = "{total:,} of {context:,} tokens"
METER_OVER = (
    "This takes {total:,} tokens with its answer, and the model holds {context:,}. "
    "What may be less?"
)
METER_TEXT_OVER = (
    "The words alone take {text:,} tokens, and the model holds {context:,}. "
    "Please shorten the question."
)
OFFER_TILES = "At most {number} tiles"
OFFER_TILES_ONE = "One tile each"
OFFER_FRAMES = "{number} frames"
OFFER_FRAMES_ONE = "1 frame"
OFFER_ANSWER = "An answer of {number:,} tokens"
OFFER_TURN = "Leave out the earliest turn"
LEFT_OUT = "Left out: the model does not get this turn any more"
RESTORE_TURNS = "Bring back what was left out"

PRIVACY = "Files stay on this server and are deleted after {hours:g} hours."

# Settings that are kept

PRESET = "Kind of answer"
PRESET_HELP = "Fills in the system prompt below."
PRESET_OWN_WORDS = "Your own words"
PRESETS_OWN = "Presets of your own"
PRESET_NAME = "Name"
PRESET_NAME_HELP = "Keeps the system prompt above under this name, in this browser only."
PRESET_SAVE = "Save"
PRESET_DELETE = "Delete"
PRESET_NAME_MISSING = "Please give the preset a name that is not one of the page's own."
PRESET_NOT_OWN = "Choose one of your own presets above to delete it."
RESET = "Reset"
COPY_LINK = "Copy link"
KEPT_HERE = "Settings are kept in this browser only. The link carries them to another."
LINK_ARRIVED = "This link brought its own settings; they are in the side bar."

# Conversations that are kept

CONVERSATIONS = "Conversations"
NO_CONVERSATIONS = "Nothing here yet. What you ask is kept in this browser."
UNTITLED = "Without words"
DELETE_CONVERSATION = "Delete"
DELETE_ALL = "Delete all"
DELETE_ALL_SURE = "Delete all conversations that this browser keeps?"
BROWSER_KEEPS_NOTHING = "This browser lets no page keep anything."
KEPT_CONVERSATIONS = (
    "Conversations are kept in this browser only. Delete them here, or with the browser's data."
)
SAVE_AS = "Save this one as"
SAVE_KINDS = {"html": "Web page", "md": "Markdown", "json": "JSON"}
"""By the ending of the file's name."""
BRING_IN = "Open a saved JSON file"
YOU = "You"
EXPORTED = "With {model}, saved on {when}"
NOTHING_TO_SAVE = "There is nothing to save yet; ask something first."
NOT_A_CONVERSATION = "This file is no conversation that was saved here as JSON."
TOO_MANY_FILES = "This conversation has more files than can be opened here."
TOO_LARGE_TO_OPEN = "This conversation is too large to be opened here."
NOT_CARRIED = "Saved without {names}: too large, or no longer on the server."
GONE = (
    "No longer on the server: {names}. You can read on; to ask about it again, "
    "start a new conversation and add it."
)
"""The names of files that were deleted after their time or with a restart."""
# Pages

PAGE_CHAT = "Chat"
PAGE_COMPARE = "Compare"
PAGE_BATCH = "Batch"
PAGES = "Pages"

# Batch

BATCH_INTRO = "Many pictures, the same questions"
BATCH_HELP = (
    "Every picture is asked every question. Add pictures, a zip of them, or both with a table "
    "(CSV with the columns image and question) that says which picture is asked what."
)
BATCH_FILES = "Pictures, zips, a table"
BATCH_QUESTIONS = "Questions"
BATCH_QUESTIONS_PLACEHOLDER = "One question a line"
BATCH_SETTINGS = "How to ask"
BATCH_START = "Start"
BATCH_PAUSE = "Pause"
BATCH_RESUME = "Resume"
BATCH_AGAIN = "Ask the failed ones again"
BATCH_NEW = "New batch"
BATCH_READY = "Ready"
BATCH_UNPACKING = "Looking through the files…"
BATCH_BAR = "{done} of {total} answered"
BATCH_FAILED = "{failed} failed"
BATCH_PROGRESS = "Rows that are done"
BATCH_ROWS = "Rows"
BATCH_COLUMNS = ("", "Picture", "Question", "Answer")
BATCH_WAITING = "Waiting"
BATCH_CLIPPED = "… (the rest is in the files)"
BATCH_RUNNING = "Answering"
BATCH_PAUSED = "Paused. What is done is kept, also when you close this page."
BATCH_DONE = "Done"
BATCH_DONE_FAILED = "Done, but {failed} failed; each row says why."
BATCH_GONE = "The batch of before is no longer on the server; start a new one."
BATCH_NO_FILES = "Please add pictures first."
BATCH_TOO_LONG = (
    "This makes more than {most:,} rows, the most that are taken at a time; take fewer pictures "
    "or questions."
)
BATCH_BUSY = "Too many batches run just now; please try again in a few minutes."
BATCH_NO_IMAGE = "This row of the table names no picture; fill in its column image."
BATCH_MISSING = "{name} was not among the files; add it and start again."
BATCH_AMBIGUOUS = "Several pictures are called {name}; write its folder too."
BATCH_ROW_NO_QUESTION = "This row has no question; write one in the table or above."
BATCH_NOT_IN_TABLE = "No row of the table asks about this picture."
BATCH_DOCUMENT = "{name} is a document; save the table in it as CSV, or its pictures as files."
BATCH_FOREIGN = "{name} was not uploaded; upload it and try again."
BATCH_TAKE = "Download"
BATCH_SHEET = "Answers"
CELL_CLIPPED = "… [cut: a cell holds no more]"
SECONDS_LEFT = "about {seconds} s left"
MINUTES_LEFT = "about {minutes} min left"
HOURS_LEFT = "about {hours:.1f} h left"

# Compare

COMPARE_INTRO = "The same question, asked in several ways"
COMPARE_HELP = (
    "One model answers one question at a time, so the columns fill one after another. What the "
    "first has seen of the files the others need not look at again; the numbers say so."
)
COMPARE_FILES = "Pictures and videos"
COMPARE_COUNT = "Columns"
COMPARE_BLIND = "Blind"
COMPARE_BLIND_HELP = "The answers stand in random order and without names until you have voted."
COMPARE_START = "Compare"
COMPARE_WAY = "Settings of {letter}"
COMPARE_MORE = "More"
COMPARE_SYSTEM = "Or a system prompt in your own words"
COMPARE_SEED = "Seed (-1: by chance)"
COMPARE_ANSWER = "Answer {number}"
COMPARE_SAME = "No difference"
COMPARE_VOTE = "This one is best"
COMPARE_VOTE_TIE = "All alike"
COMPARE_BEST = "Best"
COMPARE_TIE = "Tie"
COMPARE_WAITING = "Waiting for its turn"
COMPARE_COLUMN = "Column {number} of {total} · {words}"
COMPARE_DONE = "Done"
COMPARE_ASK_VOTE = "Done. Which is best? The vote also shows which was which."
COMPARE_VOTED = "Thank you; the result is in the table below."
COMPARE_RESULTS = "Results"
COMPARE_TOKENS = "{tokens:,} tokens"
COMPARE_SPEED = "{speed} a second"
COMPARE_COLUMNS = (
    "Round",
    "Question",
    "Files",
    "Column",
    "Settings",
    "Answer",
    "Tokens",
    "First token (s)",
    "Tokens/s",
    "Vote",
)
COMPARE_CSV = "Results as CSV"
OWN_SYSTEM = "the model's own system prompt"
SAMPLED = "sampling"
LIKELIEST = "no sampling"
SEED_BY_CHANCE = "seed by chance"
WAYS = {
    "preset": "{value}",
    "max_tiles": "tiles: {value}",
    "frames": "{value} frames",
    "max_new_tokens": "at most {value} tokens",
    "temperature": "temperature {value}",
    "seed": "seed {value}",
}


# The family of models

MODEL = "Model"
MODEL_LOADED = "Answers now"
MODEL_FITS = "Fits: {precisions}"
MODEL_TIGHT = "Needs {need}: {more} more would have to be free"
MODEL_TOO_LARGE = "Does not fit: needs {need}, of {total} in all"
MODEL_SIZE = "{size} in bf16"
MODEL_HERE = "downloaded"
MODEL_DOWNLOAD = "not downloaded"
MODEL_LOCAL = "on this machine"
ROOM = "{free} free of {total}: {name}."
ROOM_CPU = "A processor without bf16 computes in float32, which takes twice what bf16 does."
SWITCHING = "Which model answers is decided at the start: app.py --model OpenGVLab/InternVL3-8B."
SWITCH_MODEL = "Another model"
SWITCH_MODEL_HELP = "It answers everybody on this page from then on. Conversations stay."
SWITCH_PRECISION = "Precision"
SWITCH_PRECISION_HELP = "Fewer bits take less memory. auto: what this machine computes best with."
SWITCH = "Switch"
SWITCH_FETCHING = "Looking for {name}…"
SWITCH_DOWNLOADING = "Downloading {name}: {done} of {size}. {running} answers meanwhile."
SWITCH_ENDING = "{name} is next: answers that were begun are finished first."
SWITCHED = "{name} answers from now on."
SWITCH_STILL = "{name} answers as before."
SWITCH_NOT_OFFERED = "This model cannot be loaded here in this precision; choose one of the list."
SWITCH_NOT_ALLOWED = (
    "The model is switched by whoever runs this page: at the machine itself, or by everybody with "
    "app.py --switching on."
)

# Under an answer, and its thoughts
TOKENS = "{tokens:,} tokens"
TOKENS_ONE = "1 token"
SPEED = "{speed} tokens/s"
SECONDS = "{seconds:.2f} s"
CUT_OFF = {"length": "cut off at the longest answer set", "stopped": "stopped"}
ROW_TILES = "Tiles"
ROW_VISUAL = "Visual tokens"
ROW_TEXT = "Text tokens"
ROW_REUSED = "Reused tokens"
ROW_FIRST = "Time to first token"
ROW_SPEED = "Speed"
ROW_MODEL = "Model"
ROW_SEED = "Seed"
NO_SEED = "none: nothing was left to chance"
THOUGHTS = "Thoughts"
THINKING = "Thinking for {seconds} s"
THOUGHT = "Thought for {seconds} s"
CONTINUE = "Continue"

# The question box
EDIT_QUESTION = "Your question, to be asked in other words"
MENTION_LIST = "Images to name"
MOVE_FORWARD = "Move {name} forward"
NEITHER = "{name} is neither a picture nor a video."
ONE_VIDEO = "One video at a time: {name} was left out."
LOST_IN_RELOAD = "Lost in the reload, please add again: {names}."
