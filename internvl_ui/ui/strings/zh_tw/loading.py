"""載入模型時的英文句子及其譯文：繁體中文。"""

SENTENCES = {
    "There is no checkpoint folder “{name}”; check the path, or give a Hugging Face id such as "
    "OpenGVLab/InternVL3-1B.": (
        "沒有名為「{name}」的檢查點資料夾；請檢查路徑，或提供 Hugging Face 上的名稱，"
        "例如 OpenGVLab/InternVL3-1B。"
    ),
    "“{name}” is on this machine and has no revision “{revision}”; leave the revision out, or "
    "give a Hugging Face id.": (
        "「{name}」在這台機器上，沒有版本「{revision}」；請去掉版本，或提供 Hugging Face 上的名稱。"
    ),
    "“{name}” is a file without a config.json beside it; name the folder of a checkpoint, or a "
    "weight file in one.": (
        "檔案「{name}」旁邊沒有 config.json；請指定檢查點的資料夾，或其中的權重檔。"
    ),
    "“{name}” is a file that is no safetensors file, and no other kind is read; convert the "
    "weights to safetensors.": (
        "「{name}」不是 safetensors 檔，而這裡不讀取其他格式；請將權重轉換為 safetensors。"
    ),
    "“{name}” is neither a folder here nor in the local cache, and the Hub cannot be reached.": (
        "「{name}」既不是這裡的資料夾，也不在本機快取中，而且無法連線到 Hub。"
    ),
    "“{name}” has no revision “{revision}” on the Hub.": (
        "Hub 上的「{name}」沒有版本「{revision}」。"
    ),
    "“{name}” is neither a folder here nor a checkpoint that the Hub lets you read.": (
        "「{name}」既不是這裡的資料夾，也不是 Hub 允許讀取的檢查點。"
    ),
    "“{name}” could not be downloaded; check the network and the free disk space.": (
        "「{name}」沒有下載成功；請檢查網路和磁碟的剩餘空間。"
    ),
    "“{name}” has no {file}; name the folder that holds a checkpoint.": (
        "「{name}」沒有 {file}；請指定檢查點所在的資料夾。"
    ),
    "The {file} of “{name}” cannot be read as JSON; download the checkpoint again.": (
        "「{name}」的 {file} 無法作為 JSON 讀取；請重新下載檢查點。"
    ),
    "The {file} of “{name}” is not a JSON object.": "「{name}」的 {file} 不是 JSON 物件。",
    "The config.json of “{name}” lacks or garbles a value ({reason}); download the checkpoint "
    "again.": "「{name}」的 config.json 缺少某個值或值有誤（{reason}）；請重新下載檢查點。",
    "The {file} of “{name}” names no weight files; download the checkpoint again.": (
        "「{name}」的 {file} 沒有列出權重檔；請重新下載檢查點。"
    ),
    'The {file} of “{name}” has no metadata, which its reader wants; write "metadata": {{}} into '
    "it.": '「{name}」的 {file} 沒有讀取時需要的 metadata；請在其中寫入 "metadata": {{}}。',
    "“{name}” is incomplete: the weight file {files} is missing; download the checkpoint again "
    "(only safetensors files are read).": (
        "「{name}」不完整：缺少權重檔 {files}；請重新下載檢查點（只讀取 safetensors 檔）。"
    ),
    "{first} and {count} more": "{first} 及另外 {count} 個",
    "“{name}” is a checkpoint of kind “{kind}”, not an InternVL; supported are internvl_chat and "
    "internvl (InternVL3, InternVL2.5, InternVL3.5) with a vision tower {towers[0]} or "
    "{towers[1]} and a language model {languages}.": (
        "「{name}」是「{kind}」類型的檢查點，不是 InternVL；"
        "這裡支援 internvl_chat 和 internvl（InternVL3、InternVL2.5、InternVL3.5），"
        "視覺編碼器為 {towers[0]} 或 {towers[1]}，語言模型為 {languages}。"
    ),
    "The {part} of “{name}” is “{found}”; supported are {known}. Choose another checkpoint, such "
    "as one of the InternVL3 family.": (
        "「{name}」的{part}是「{found}」；這裡支援 {known}。請選擇別的檢查點，"
        "例如 InternVL3 系列的。"
    ),
    "vision tower": "視覺編碼器",
    "vision tower's norm": "視覺編碼器的正規化層",
    "language model": "語言模型",
    "The language model of “{name}” is “internlm3 with qkv_bias {attention} and bias {rest}”; "
    "supported are internlm3 with both or neither. Choose another checkpoint, such as one of the "
    "InternVL3 family.": (
        "「{name}」的語言模型是 internlm3，其 qkv_bias 為 {attention}，bias 為 {rest}；"
        "這裡只支援兩者相同的 internlm3。請選擇別的檢查點，例如 InternVL3 系列的。"
    ),
    "“{name}” wants the conversation template “{wanted}”; only internvl2_5 is known, that of "
    "InternVL2.5 and later.": (
        "「{name}」使用對話範本「{wanted}」；這裡只認得 internvl2_5，"
        "即 InternVL2.5 及之後版本的範本。"
    ),
    "“{name}” uses pixel shuffle v1; only InternVL2.5 and later load.": (
        "「{name}」使用 pixel shuffle v1；這裡只能載入 InternVL2.5 及之後的版本。"
    ),
    "“{name}” holds unmerged LoRA weights; merge them first.": (
        "「{name}」含有未合併的 LoRA 權重；請先合併。"
    ),
    "“{name}” lacks the weight {weights}; download the checkpoint again.": (
        "「{name}」缺少權重 {weights}；請重新下載檢查點。"
    ),
    "“{name}” has, in another shape than its configuration says, the weight {weights}; download "
    "the checkpoint again.": "「{name}」中有權重的形狀與設定檔不符：{weights}；請重新下載檢查點。",
    "“{name}” has, though no part of the model takes it, the weight {weights}; download the "
    "checkpoint again.": "「{name}」中有模型用不到的權重：{weights}；請重新下載檢查點。",
    "“{name}” cannot be loaded: {reason}": "「{name}」無法載入：{reason}",
    "A weight file of “{name}” is damaged; download the checkpoint again.": (
        "「{name}」有權重檔已損毀；請重新下載檢查點。"
    ),
    "The tokenizer of “{name}” is damaged; download the checkpoint again.": (
        "「{name}」的分詞器已損毀；請重新下載檢查點。"
    ),
    "The tokenizer of “{name}” needs sentencepiece; install it with pip install sentencepiece "
    "protobuf.": (
        "「{name}」的分詞器需要 sentencepiece；請用 pip install sentencepiece protobuf 安裝。"
    ),
    "“{name}” has no tokenizer that can be read without its own code (tokenizer.json, vocab.json "
    "with merges.txt, or tokenizer.model); choose its -hf version.": (
        "「{name}」的分詞器只能用它自帶的程式碼讀取（這裡支援 tokenizer.json、"
        "vocab.json 加 merges.txt，或 tokenizer.model）；請選擇它的 -hf 版本。"
    ),
    "The tokenizer of “{name}” lacks the token {token}, so it is not one of an InternVL chat "
    "model.": "「{name}」的分詞器沒有 {token} 這個 token，因此不屬於 InternVL 對話模型。",
    "There is no dtype “{dtype}”; use auto, {known}.": (
        "沒有「{dtype}」這種資料型別；請從 auto, {known} 中選擇。"
    ),
    "flash_attention_2 needs {lacking}; use --attention sdpa instead.": (
        "flash_attention_2 需要：{lacking}。請改用 --attention sdpa。"
    ),
    "an NVIDIA GPU": "NVIDIA GPU",
    "half precision (--dtype bfloat16 or float16)": "半精度（--dtype bfloat16 或 float16）",
    "a GPU of the Ampere generation or later": "Ampere 或更新架構的 GPU",
    "flash-attn (pip install flash-attn --no-build-isolation)": (
        "flash-attn（pip install flash-attn --no-build-isolation）"
    ),
    "There is no quantization “{quantization}”; use 8bit or 4bit.": (
        "沒有「{quantization}」這種量化方式；請用 8bit 或 4bit。"
    ),
    "Quantization {quantization} needs bitsandbytes; install it with pip install bitsandbytes, "
    "or load without quantization.": (
        "{quantization} 量化需要 bitsandbytes；請用 pip install bitsandbytes 安裝，"
        "或不量化直接載入。"
    ),
    "The layers of “{name}” have a width that is no multiple of {width}, which 4bit needs; use "
    "8bit.": "「{name}」各層的寬度不是 {width} 的倍數，無法使用 4bit；請用 8bit。",
    "There is no device “{device}” here; use auto, {known}.": (
        "這裡沒有裝置「{device}」；請從 auto, {known} 中選擇。"
    ),
    "There is no placement “{placement}”; use split or automatic.": (
        "沒有「{placement}」這種配置方式；請用 split 或 automatic。"
    ),
    "“{name}” needs about {need} in {precision}, but {where} has {free} free: {advice}.": (
        "「{name}」在 {precision} 下約需 {need}，但{where}只有 {free} 可用：請{advice}。"
    ),
    "this machine": "這台機器的記憶體",
    "the GPU": "顯示記憶體",
    "all GPUs": "所有 GPU 的顯示記憶體合計",
    "load it in {precision} ({need})": "改用 {precision} 載入（{need}）",
    "choose {model}, which needs {need} in {precision}": (
        "選擇 {model}（{precision} 下需要 {need}）"
    ),
    "give a folder to offload to, close other programs, or use a larger machine": (
        "指定一個資料夾來存放放不下的部分、關閉其他程式，或換用更大的機器"
    ),
    "{first}, or {rest}": "{first}，或是{rest}",
    "“{name}” does not fit in {quantization}, and quantised layers cannot be offloaded; offload "
    "without quantization, or choose a smaller model.": (
        "「{name}」用 {quantization} 仍放不下，而量化後的層不能移到別處；請不要量化，"
        "讓放不下的部分移到別處，或選擇更小的模型。"
    ),
    "“{name}” has parts too large for what its GPUs have free ({free}): give a folder to offload "
    "to, use 8bit or 4bit, or choose a smaller model.": (
        "「{name}」有的部分太大，各 GPU 的可用顯示記憶體（{free}）放不下："
        "請指定一個資料夾來存放放不下的部分、改用 8bit 或 4bit，或選擇更小的模型。"
    ),
    "The adapter “{name}” needs peft; install it with pip install peft, or merge the adapter "
    "into its checkpoint.": (
        "適配器「{name}」需要 peft；請用 pip install peft 安裝，或將適配器合併到它的檢查點中。"
    ),
    "“{name}” has no {file}, so it is no adapter that can be read (only safetensors are).": (
        "「{name}」沒有 {file}，不是能讀取的適配器（只讀取 safetensors 檔）。"
    ),
    "The adapter “{name}” is damaged; download it again.": "適配器「{name}」已損毀；請重新下載。",
    "The adapter “{name}” is of kind “{kind}”; supported is LORA.": (
        "適配器「{name}」的類型是「{kind}」；這裡只支援 LORA。"
    ),
    "The adapter “{name}” has {key} {value}, which is not supported; merge it into its "
    "checkpoint with the tool that made it.": (
        "適配器「{name}」的 {key} 為 {value}，這裡不支援；請用製作它的工具將它合併到檢查點中。"
    ),
    "The adapter “{name}” holds no LoRA weights.": "適配器「{name}」中沒有 LoRA 權重。",
    "The adapter “{name}” has the weight {key}, which has no place in this model; it was made "
    "for another one.": "適配器「{name}」的權重 {key} 在這個模型中沒有位置；它是為別的模型製作的。",
    "{first} {then}": "{first}{then}",
}
