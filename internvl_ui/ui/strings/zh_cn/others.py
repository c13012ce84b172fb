"""其他模块和 Gradio 的句子及其译文：简体中文。"""

TOASTS = {
    "Error": "出错了",
    "Warning": "请注意",
    "Info": "提示",
    "File(s) exceed the maximum allowed size of {size}: {names}": (
        "超过了 {size} 的上限：{names}。请缩小后再试。"
    ),
    "Invalid file type: {name}. Only {types} allowed.": (
        "这里放不了 {name}。各种图片和视频都可以拖到问题框里。"
    ),
    "Error uploading file": "文件没有上传成功，请重新添加。",
    "Connection errored out.": "无法连接服务器，请过一分钟再试。",
    "Connection to the server was lost. Attempting reconnection...": (
        "与服务器的连接已断开，页面会继续重试。"
    ),
}
SENTENCES = {
    "{name} is being loaded just now; choose again afterwards.": "正在加载 {name}，请稍后再选择。",
    "The page is being closed.": "页面正在关闭。",
    "{count} GPUs together": "{count} 个 GPU 合计",
    "this machine's memory, without a GPU": "这台机器的内存（没有 GPU）",
    '"{name}" is neither a picture nor a video that can be read here, or it is incomplete. '
    "Choose a picture (JPEG, PNG, WebP, HEIC …) or a video (MP4, WebM …).": (
        "“{name}”不是这里能读取的图片或视频，或者文件不完整。"
        "请选择图片（JPEG、PNG、WebP、HEIC 等）或视频（MP4、WebM 等）。"
    ),
    '"{name}" has no frame between {start:g} and {end:g} seconds; it is {duration:.1f} seconds '
    "long. Choose other times.": (
        "“{name}”在第 {start:g} 秒到第 {end:g} 秒之间没有画面；全长 {duration:.1f} 秒。"
        "请选择别的时间。"
    ),
    '"{name}" is not a picture that can be read here. Save it as PNG or JPEG and try again.': (
        "“{name}”不是这里能读取的图片。请另存为 PNG 或 JPEG 后再试。"
    ),
    '"{name}" is damaged or incomplete. Choose another copy of it, or save it anew.': (
        "“{name}”已损坏或不完整。请换一份，或者重新保存。"
    ),
    '"{name}" is not a video that can be read here, or it is incomplete. Save it as MP4 and try '
    "again.": "“{name}”不是这里能读取的视频，或者文件不完整。请另存为 MP4 后再试。",
    '"{name}" is a picture, not a video. Give it as a picture.': (
        "“{name}”是图片，不是视频。请作为图片添加。"
    ),
    '"{name}" has no pictures, only sound. Choose another video.': (
        "“{name}”没有画面，只有声音。请选择别的视频。"
    ),
    '"{name}" is coded in a way that is not known here. Save it as H.264 in MP4.': (
        "“{name}”的编码方式无法识别。请另存为 H.264 编码的 MP4。"
    ),
    '"{name}" is a folder. Choose a file in it.': "“{name}”是文件夹。请选择其中的文件。",
    '"{name}" is not there. Choose the file again.': "找不到“{name}”。请重新选择文件。",
    '"{name}" may not be read. Give yourself permission to it.': (
        "没有读取“{name}”的权限。请先取得权限。"
    ),
    '"{name}" is empty (0 bytes). Choose a file with something in it.': (
        "“{name}”是空文件（0 字节）。请选择有内容的文件。"
    ),
    '"{name}" has {width:,} x {height:,} pixels, more than {most} million. Make it smaller and '
    "try again.": ("“{name}”有 {width:,} × {height:,} 像素，超过了 {most} 百万。请缩小后再试。"),
    '"{name}" is too large for a table. Split it.': "“{name}”作为表格太大了。请拆分。",
    '"{name}" is no table that can be read. Save it as CSV with the columns image and question.': (
        "“{name}”不是能读取的表格。请另存为含 image 和 question 两列的 CSV。"
    ),
    '"{name}" has no rows. Fill in the columns image and question.': (
        "“{name}”没有内容。请填写 image 和 question 两列。"
    ),
    '"{name}" has no column image. Name the column of the pictures image.': (
        "“{name}”没有 image 列。请将图片所在的列命名为 image。"
    ),
    '"{name}" is no text. Save the table as CSV in UTF-8.': (
        "“{name}”不是文本。请将表格另存为 UTF-8 编码的 CSV。"
    ),
    '"{name}" has {count:,} files; at most {most:,} are taken at a time. Share them out among '
    "several zips.": "“{name}”有 {count:,} 个文件，一次最多 {most:,} 个。请分成几个 zip。",
    '"{name}" is no zip that can be read, or it is incomplete. Pack it anew.': (
        "“{name}”不是能读取的 zip，或者文件不完整。请重新压缩。"
    ),
    '"{name}" has too many files. Share them out among several zips.': (
        "“{name}”的文件太多。请分成几个 zip。"
    ),
    '"{name}" becomes too large when it is unpacked. Pack fewer files.': (
        "“{name}”解压后太大。请减少压缩的文件。"
    ),
    '"{name}" is packed in an unusual way. Pack it as an ordinary zip.': (
        "“{name}”的压缩方式不常见。请压缩为普通的 zip。"
    ),
    '"{name}" is an archive within an archive. Unpack it first.': (
        "“{name}”是压缩包里的压缩包。请先解压。"
    ),
    '"{name}" is encrypted. Pack it without a password.': "“{name}”已加密。请不设密码重新压缩。",
    '"{name}" is damaged in the zip. Pack it anew.': "zip 中的“{name}”已损坏。请重新压缩。",
    "The video reader decord is not installed. Install it with pip install decord, or use the "
    "reader pyav.": "未安装视频读取库 decord。请用 pip install decord 安装，或改用 pyav。",
    '"{name}" cannot be read with decord. Save it as H.264 in MP4, or use the reader pyav.': (
        "decord 无法读取“{name}”。请另存为 H.264 编码的 MP4，或改用 pyav。"
    ),
    '"{name}" has {count} frames and no frame {wanted}, counted from 0. Ask for an earlier one.': (
        "“{name}”有 {count} 帧，没有第 {wanted} 帧（从 0 数起）。请选择更早的帧。"
    ),
    '"{name}" is damaged: none of its frames can be decoded. Choose another copy of it.': (
        "“{name}”已损坏：没有一帧能解码。请换一份。"
    ),
    "This conversation has {prompt} tokens and the answer may take {answer}, but the model can "
    "hold {limit}: start a new conversation, choose fewer tiles or frames, or allow a shorter "
    "answer.": (
        "这个对话有 {prompt} 个 token，回答最多还要 {answer} 个，而模型只能容纳 {limit} 个："
        "请新建对话、减少图块或帧数，或者缩短回答。"
    ),
    "The answer may have no tokens at all; allow at least one.": (
        "回答长度上限为零；请至少允许一个 token。"
    ),
    "Questions and answers do not alternate; start a new conversation.": (
        "问题和回答没有交替出现；请新建对话。"
    ),
    "There is no question to answer; write one and send it.": "没有要回答的问题；请写一个再发送。",
    "The question is empty; write one and send it.": "问题是空的；请写下问题再发送。",
    "The checkpoint's tokenizer has no token {name}; choose another.": (
        "检查点的分词器没有 {name} 这个 token；请选择别的检查点。"
    ),
    "The questions have {tags} <image> tags, but {images} images were given; write one tag for "
    "each entry of num_patches_list.": (
        "问题中有 {tags} 个 <image> 标记，但给了 {images} 张图片；"
        "请为 num_patches_list 的每一项写一个标记。"
    ),
    "The questions have {tags} <image> tags, but num_patches_list has {entries} entries; give "
    "one for each tag, or one for each question.": (
        "问题中有 {tags} 个 <image> 标记，但 num_patches_list 有 {entries} 项；"
        "请为每个标记或每个问题给一项。"
    ),
    "The conversation has places for {expected} tiles, but {given} were given; num_patches_list "
    "must add up to the tiles of the whole conversation.": (
        "对话中有 {expected} 个图块的位置，但给了 {given} 个；"
        "num_patches_list 的总和须等于整个对话的图块数。"
    ),
    "batch_chat knows no history; ask follow-up questions with chat.": (
        "batch_chat 没有对话历史；请用 chat 追问。"
    ),
    "The model ran out of memory: ask with fewer images, tiles or frames, allow a shorter answer, "
    "or start a new conversation.": (
        "模型的内存不够了：请减少图片、图块或帧数，缩短回答，或者新建对话。"
    ),
    "Something went wrong inside the model; try again, and if it happens again start a new "
    "conversation. The server's log has the details.": (
        "模型内部出错了；请再试一次，如果仍然出错，请新建对话。详情见服务器日志。"
    ),
    "The model could not be loaded; the server's log has the details.": (
        "模型无法加载；详情见服务器日志。"
    ),
    "This is no conversation that was saved here.": "这不是在这里保存的对话。",
    "This conversation was saved by another version of the page; it cannot be read here.": (
        "这个对话是由另一个版本的页面保存的，在这里无法读取。"
    ),
    "This conversation is damaged or incomplete and cannot be read.": (
        "这个对话已损坏或不完整，无法读取。"
    ),
}
"""其他模块的英文句子及其译文。"""
