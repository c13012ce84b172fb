"""其他模組和 Gradio 的句子及其譯文：繁體中文。"""

TOASTS = {
    "Error": "發生錯誤",
    "Warning": "請注意",
    "Info": "提示",
    "File(s) exceed the maximum allowed size of {size}: {names}": (
        "超過了 {size} 的上限：{names}。請縮小後再試。"
    ),
    "Invalid file type: {name}. Only {types} allowed.": (
        "這裡放不了 {name}。各種圖片和影片都可以拖到問題框裡。"
    ),
    "Error uploading file": "檔案沒有上傳成功，請重新加入。",
    "Connection errored out.": "無法連線到伺服器，請過一分鐘再試。",
    "Connection to the server was lost. Attempting reconnection...": (
        "與伺服器的連線已中斷，頁面會繼續重試。"
    ),
}
SENTENCES = {
    "{name} is being loaded just now; choose again afterwards.": "正在載入 {name}，請稍後再選擇。",
    "The page is being closed.": "頁面正在關閉。",
    "{count} GPUs together": "{count} 個 GPU 合計",
    "this machine's memory, without a GPU": "這台機器的記憶體（沒有 GPU）",
    '"{name}" is neither a picture nor a video that can be read here, or it is incomplete. '
    "Choose a picture (JPEG, PNG, WebP, HEIC …) or a video (MP4, WebM …).": (
        "「{name}」不是這裡能讀取的圖片或影片，或是檔案不完整。"
        "請選擇圖片（JPEG、PNG、WebP、HEIC 等）或影片（MP4、WebM 等）。"
    ),
    '"{name}" has no frame between {start:g} and {end:g} seconds; it is {duration:.1f} seconds '
    "long. Choose other times.": (
        "「{name}」在第 {start:g} 秒到第 {end:g} 秒之間沒有畫面；全長 {duration:.1f} 秒。"
        "請選擇別的時間。"
    ),
    '"{name}" is not a picture that can be read here. Save it as PNG or JPEG and try again.': (
        "「{name}」不是這裡能讀取的圖片。請另存為 PNG 或 JPEG 後再試。"
    ),
    '"{name}" is damaged or incomplete. Choose another copy of it, or save it anew.': (
        "「{name}」已損毀或不完整。請換一份，或是重新儲存。"
    ),
    '"{name}" is not a video that can be read here, or it is incomplete. Save it as MP4 and try '
    "again.": "「{name}」不是這裡能讀取的影片，或是檔案不完整。請另存為 MP4 後再試。",
    '"{name}" is a picture, not a video. Give it as a picture.': (
        "「{name}」是圖片，不是影片。請作為圖片加入。"
    ),
    '"{name}" has no pictures, only sound. Choose another video.': (
        "「{name}」沒有畫面，只有聲音。請選擇別的影片。"
    ),
    '"{name}" is coded in a way that is not known here. Save it as H.264 in MP4.': (
        "「{name}」的編碼方式無法辨識。請另存為 H.264 編碼的 MP4。"
    ),
    '"{name}" is a folder. Choose a file in it.': "「{name}」是資料夾。請選擇其中的檔案。",
    '"{name}" is not there. Choose the file again.': "找不到「{name}」。請重新選擇檔案。",
    '"{name}" may not be read. Give yourself permission to it.': (
        "沒有讀取「{name}」的權限。請先取得權限。"
    ),
    '"{name}" is empty (0 bytes). Choose a file with something in it.': (
        "「{name}」是空檔案（0 位元組）。請選擇有內容的檔案。"
    ),
    '"{name}" has {width:,} x {height:,} pixels, more than {most} million. Make it smaller and '
    "try again.": ("「{name}」有 {width:,} × {height:,} 像素，超過了 {most} 百萬。請縮小後再試。"),
    '"{name}" is too large for a table. Split it.': "「{name}」作為表格太大了。請拆分。",
    '"{name}" is no table that can be read. Save it as CSV with the columns image and question.': (
        "「{name}」不是能讀取的表格。請另存為含 image 和 question 兩欄的 CSV。"
    ),
    '"{name}" has no rows. Fill in the columns image and question.': (
        "「{name}」沒有內容。請填寫 image 和 question 兩欄。"
    ),
    '"{name}" has no column image. Name the column of the pictures image.': (
        "「{name}」沒有 image 欄。請將圖片所在的欄命名為 image。"
    ),
    '"{name}" is no text. Save the table as CSV in UTF-8.': (
        "「{name}」不是文字檔。請將表格另存為 UTF-8 編碼的 CSV。"
    ),
    '"{name}" has {count:,} files; at most {most:,} are taken at a time. Share them out among '
    "several zips.": "「{name}」有 {count:,} 個檔案，一次最多 {most:,} 個。請分成幾個 zip。",
    '"{name}" is no zip that can be read, or it is incomplete. Pack it anew.': (
        "「{name}」不是能讀取的 zip，或是檔案不完整。請重新壓縮。"
    ),
    '"{name}" has too many files. Share them out among several zips.': (
        "「{name}」的檔案太多。請分成幾個 zip。"
    ),
    '"{name}" becomes too large when it is unpacked. Pack fewer files.': (
        "「{name}」解壓縮後太大。請減少壓縮的檔案。"
    ),
    '"{name}" is packed in an unusual way. Pack it as an ordinary zip.': (
        "「{name}」的壓縮方式不常見。請壓縮為一般的 zip。"
    ),
    '"{name}" is an archive within an archive. Unpack it first.': (
        "「{name}」是壓縮檔裡的壓縮檔。請先解壓縮。"
    ),
    '"{name}" is encrypted. Pack it without a password.': (
        "「{name}」已加密。請不設密碼重新壓縮。"
    ),
    '"{name}" is damaged in the zip. Pack it anew.': "zip 中的「{name}」已損毀。請重新壓縮。",
    "The video reader decord is not installed. Install it with pip install decord, or use the "
    "reader pyav.": "未安裝影片讀取套件 decord。請用 pip install decord 安裝，或改用 pyav。",
    '"{name}" cannot be read with decord. Save it as H.264 in MP4, or use the reader pyav.': (
        "decord 無法讀取「{name}」。請另存為 H.264 編碼的 MP4，或改用 pyav。"
    ),
    '"{name}" has {count} frames and no frame {wanted}, counted from 0. Ask for an earlier one.': (
        "「{name}」有 {count} 個影格，沒有第 {wanted} 個（從 0 數起）。請選擇更早的影格。"
    ),
    '"{name}" is damaged: none of its frames can be decoded. Choose another copy of it.': (
        "「{name}」已損毀：沒有一個影格能解碼。請換一份。"
    ),
    "This conversation has {prompt} tokens and the answer may take {answer}, but the model can "
    "hold {limit}: start a new conversation, choose fewer tiles or frames, or allow a shorter "
    "answer.": (
        "這個對話有 {prompt} 個 token，回答最多還要 {answer} 個，而模型只能容納 {limit} 個："
        "請開啟新對話、減少圖塊或影格數，或是縮短回答。"
    ),
    "The answer may have no tokens at all; allow at least one.": (
        "回答長度上限為零；請至少允許一個 token。"
    ),
    "Questions and answers do not alternate; start a new conversation.": (
        "問題和回答沒有交替出現；請開啟新對話。"
    ),
    "There is no question to answer; write one and send it.": "沒有要回答的問題；請寫一個再傳送。",
    "The question is empty; write one and send it.": "問題是空的；請寫下問題再傳送。",
    "The checkpoint's tokenizer has no token {name}; choose another.": (
        "檢查點的分詞器沒有 {name} 這個 token；請選擇別的檢查點。"
    ),
    "The questions have {tags} <image> tags, but {images} images were given; write one tag for "
    "each entry of num_patches_list.": (
        "問題中有 {tags} 個 <image> 標記，但給了 {images} 張圖片；"
        "請為 num_patches_list 的每一項寫一個標記。"
    ),
    "The questions have {tags} <image> tags, but num_patches_list has {entries} entries; give "
    "one for each tag, or one for each question.": (
        "問題中有 {tags} 個 <image> 標記，但 num_patches_list 有 {entries} 項；"
        "請為每個標記或每個問題給一項。"
    ),
    "The conversation has places for {expected} tiles, but {given} were given; num_patches_list "
    "must add up to the tiles of the whole conversation.": (
        "對話中有 {expected} 個圖塊的位置，但給了 {given} 個；"
        "num_patches_list 的總和須等於整個對話的圖塊數。"
    ),
    "batch_chat knows no history; ask follow-up questions with chat.": (
        "batch_chat 沒有對話記錄；請用 chat 追問。"
    ),
    "The model ran out of memory: ask with fewer images, tiles or frames, allow a shorter answer, "
    "or start a new conversation.": (
        "模型的記憶體不足：請減少圖片、圖塊或影格數，縮短回答，或是開啟新對話。"
    ),
    "Something went wrong inside the model; try again, and if it happens again start a new "
    "conversation. The server's log has the details.": (
        "模型內部發生錯誤；請再試一次，如果仍然出錯，請開啟新對話。詳情請見伺服器記錄。"
    ),
    "The model could not be loaded; the server's log has the details.": (
        "模型無法載入；詳情請見伺服器記錄。"
    ),
    "This is no conversation that was saved here.": "這不是在這裡儲存的對話。",
    "This conversation was saved by another version of the page; it cannot be read here.": (
        "這個對話是由另一個版本的頁面儲存的，在這裡無法讀取。"
    ),
    "This conversation is damaged or incomplete and cannot be read.": (
        "這個對話已損毀或不完整，無法讀取。"
    ),
}
"""其他模組的英文句子及其譯文。"""
