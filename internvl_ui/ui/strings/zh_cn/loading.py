"""加载模型时的英文句子及其译文：简体中文。"""

SENTENCES = {
    "There is no checkpoint folder “{name}”; check the path, or give a Hugging Face id such as "
    "OpenGVLab/InternVL3-1B.": (
        "没有名为“{name}”的检查点文件夹；请检查路径，或给出 Hugging Face 上的名称，"
        "例如 OpenGVLab/InternVL3-1B。"
    ),
    "“{name}” is on this machine and has no revision “{revision}”; leave the revision out, or "
    "give a Hugging Face id.": (
        "“{name}”在这台机器上，没有版本“{revision}”；请去掉版本，或给出 Hugging Face 上的名称。"
    ),
    "“{name}” is a file without a config.json beside it; name the folder of a checkpoint, or a "
    "weight file in one.": (
        "文件“{name}”旁边没有 config.json；请指定检查点的文件夹，或其中的权重文件。"
    ),
    "“{name}” is a file that is no safetensors file, and no other kind is read; convert the "
    "weights to safetensors.": (
        "“{name}”不是 safetensors 文件，而这里不读取其他格式；请将权重转换为 safetensors。"
    ),
    "“{name}” is neither a folder here nor in the local cache, and the Hub cannot be reached.": (
        "“{name}”既不是这里的文件夹，也不在本地缓存中，而且无法连接 Hub。"
    ),
    "“{name}” has no revision “{revision}” on the Hub.": "Hub 上的“{name}”没有版本“{revision}”。",
    "“{name}” is neither a folder here nor a checkpoint that the Hub lets you read.": (
        "“{name}”既不是这里的文件夹，也不是 Hub 允许读取的检查点。"
    ),
    "“{name}” could not be downloaded; check the network and the free disk space.": (
        "“{name}”没有下载成功；请检查网络和磁盘的剩余空间。"
    ),
    "“{name}” has no {file}; name the folder that holds a checkpoint.": (
        "“{name}”没有 {file}；请指定检查点所在的文件夹。"
    ),
    "The {file} of “{name}” cannot be read as JSON; download the checkpoint again.": (
        "“{name}”的 {file} 无法作为 JSON 读取；请重新下载检查点。"
    ),
    "The {file} of “{name}” is not a JSON object.": "“{name}”的 {file} 不是 JSON 对象。",
    "The config.json of “{name}” lacks or garbles a value ({reason}); download the checkpoint "
    "again.": "“{name}”的 config.json 缺少某个值或值有误（{reason}）；请重新下载检查点。",
    "The {file} of “{name}” names no weight files; download the checkpoint again.": (
        "“{name}”的 {file} 没有列出权重文件；请重新下载检查点。"
    ),
    'The {file} of “{name}” has no metadata, which its reader wants; write "metadata": {{}} into '
    "it.": '“{name}”的 {file} 没有读取时需要的 metadata；请在其中写入 "metadata": {{}}。',
    "“{name}” is incomplete: the weight file {files} is missing; download the checkpoint again "
    "(only safetensors files are read).": (
        "“{name}”不完整：缺少权重文件 {files}；请重新下载检查点（只读取 safetensors 文件）。"
    ),
    "{first} and {count} more": "{first} 及另外 {count} 个",
    "“{name}” is a checkpoint of kind “{kind}”, not an InternVL; supported are internvl_chat and "
    "internvl (InternVL3, InternVL2.5, InternVL3.5) with a vision tower {towers[0]} or "
    "{towers[1]} and a language model {languages}.": (
        "“{name}”是“{kind}”类型的检查点，不是 InternVL；"
        "这里支持 internvl_chat 和 internvl（InternVL3、InternVL2.5、InternVL3.5），"
        "视觉编码器为 {towers[0]} 或 {towers[1]}，语言模型为 {languages}。"
    ),
    "The {part} of “{name}” is “{found}”; supported are {known}. Choose another checkpoint, such "
    "as one of the InternVL3 family.": (
        "“{name}”的{part}是“{found}”；这里支持 {known}。请选择别的检查点，例如 InternVL3 系列的。"
    ),
    "vision tower": "视觉编码器",
    "vision tower's norm": "视觉编码器的归一化层",
    "language model": "语言模型",
    "The language model of “{name}” is “internlm3 with qkv_bias {attention} and bias {rest}”; "
    "supported are internlm3 with both or neither. Choose another checkpoint, such as one of the "
    "InternVL3 family.": (
        "“{name}”的语言模型是 internlm3，其 qkv_bias 为 {attention}，bias 为 {rest}；"
        "这里只支持两者相同的 internlm3。请选择别的检查点，例如 InternVL3 系列的。"
    ),
    "“{name}” wants the conversation template “{wanted}”; only internvl2_5 is known, that of "
    "InternVL2.5 and later.": (
        "“{name}”使用对话模板“{wanted}”；这里只认识 internvl2_5，即 InternVL2.5 及之后版本的模板。"
    ),
    "“{name}” uses pixel shuffle v1; only InternVL2.5 and later load.": (
        "“{name}”使用 pixel shuffle v1；这里只能加载 InternVL2.5 及之后的版本。"
    ),
    "“{name}” holds unmerged LoRA weights; merge them first.": (
        "“{name}”含有未合并的 LoRA 权重；请先合并。"
    ),
    "“{name}” lacks the weight {weights}; download the checkpoint again.": (
        "“{name}”缺少权重 {weights}；请重新下载检查点。"
    ),
    "“{name}” has, in another shape than its configuration says, the weight {weights}; download "
    "the checkpoint again.": "“{name}”中有权重的形状与配置不符：{weights}；请重新下载检查点。",
    "“{name}” has, though no part of the model takes it, the weight {weights}; download the "
    "checkpoint again.": "“{name}”中有模型用不到的权重：{weights}；请重新下载检查点。",
    "“{name}” cannot be loaded: {reason}": "“{name}”无法加载：{reason}",
    "A weight file of “{name}” is damaged; download the checkpoint again.": (
        "“{name}”有权重文件已损坏；请重新下载检查点。"
    ),
    "The tokenizer of “{name}” is damaged; download the checkpoint again.": (
        "“{name}”的分词器已损坏；请重新下载检查点。"
    ),
    "The tokenizer of “{name}” needs sentencepiece; install it with pip install sentencepiece "
    "protobuf.": (
        "“{name}”的分词器需要 sentencepiece；请用 pip install sentencepiece protobuf 安装。"
    ),
    "“{name}” has no tokenizer that can be read without its own code (tokenizer.json, vocab.json "
    "with merges.txt, or tokenizer.model); choose its -hf version.": (
        "“{name}”的分词器只能用它自带的代码读取（这里支持 tokenizer.json、"
        "vocab.json 加 merges.txt，或 tokenizer.model）；请选择它的 -hf 版本。"
    ),
    "The tokenizer of “{name}” lacks the token {token}, so it is not one of an InternVL chat "
    "model.": "“{name}”的分词器没有 {token} 这个 token，因此不属于 InternVL 对话模型。",
    "There is no dtype “{dtype}”; use auto, {known}.": (
        "没有“{dtype}”这种数据类型；请从 auto, {known} 中选择。"
    ),
    "flash_attention_2 needs {lacking}; use --attention sdpa instead.": (
        "flash_attention_2 需要：{lacking}。请改用 --attention sdpa。"
    ),
    "an NVIDIA GPU": "NVIDIA GPU",
    "half precision (--dtype bfloat16 or float16)": "半精度（--dtype bfloat16 或 float16）",
    "a GPU of the Ampere generation or later": "Ampere 或更新架构的 GPU",
    "flash-attn (pip install flash-attn --no-build-isolation)": (
        "flash-attn（pip install flash-attn --no-build-isolation）"
    ),
    "There is no quantization “{quantization}”; use 8bit or 4bit.": (
        "没有“{quantization}”这种量化方式；请用 8bit 或 4bit。"
    ),
    "Quantization {quantization} needs bitsandbytes; install it with pip install bitsandbytes, "
    "or load without quantization.": (
        "{quantization} 量化需要 bitsandbytes；请用 pip install bitsandbytes 安装，"
        "或不量化直接加载。"
    ),
    "The layers of “{name}” have a width that is no multiple of {width}, which 4bit needs; use "
    "8bit.": "“{name}”各层的宽度不是 {width} 的倍数，无法使用 4bit；请用 8bit。",
    "There is no device “{device}” here; use auto, {known}.": (
        "这里没有设备“{device}”；请从 auto, {known} 中选择。"
    ),
    "There is no placement “{placement}”; use split or automatic.": (
        "没有“{placement}”这种分配方式；请用 split 或 automatic。"
    ),
    "“{name}” needs about {need} in {precision}, but {where} has {free} free: {advice}.": (
        "“{name}”在 {precision} 下约需 {need}，但{where}只有 {free} 可用：请{advice}。"
    ),
    "this machine": "这台机器的内存",
    "the GPU": "显存",
    "all GPUs": "所有 GPU 的显存合计",
    "load it in {precision} ({need})": "改用 {precision} 加载（{need}）",
    "choose {model}, which needs {need} in {precision}": (
        "选择 {model}（{precision} 下需要 {need}）"
    ),
    "give a folder to offload to, close other programs, or use a larger machine": (
        "指定一个文件夹来存放放不下的部分、关闭其他程序，或换用更大的机器"
    ),
    "{first}, or {rest}": "{first}，或者{rest}",
    "“{name}” does not fit in {quantization}, and quantised layers cannot be offloaded; offload "
    "without quantization, or choose a smaller model.": (
        "“{name}”用 {quantization} 仍放不下，而量化后的层不能移到别处；请不要量化，"
        "让放不下的部分移到别处，或选择更小的模型。"
    ),
    "“{name}” has parts too large for what its GPUs have free ({free}): give a folder to offload "
    "to, use 8bit or 4bit, or choose a smaller model.": (
        "“{name}”有的部分太大，各 GPU 的可用显存（{free}）放不下："
        "请指定一个文件夹来存放放不下的部分、改用 8bit 或 4bit，或选择更小的模型。"
    ),
    "The adapter “{name}” needs peft; install it with pip install peft, or merge the adapter "
    "into its checkpoint.": (
        "适配器“{name}”需要 peft；请用 pip install peft 安装，或将适配器合并到它的检查点中。"
    ),
    "“{name}” has no {file}, so it is no adapter that can be read (only safetensors are).": (
        "“{name}”没有 {file}，不是能读取的适配器（只读取 safetensors 文件）。"
    ),
    "The adapter “{name}” is damaged; download it again.": "适配器“{name}”已损坏；请重新下载。",
    "The adapter “{name}” is of kind “{kind}”; supported is LORA.": (
        "适配器“{name}”的类型是“{kind}”；这里只支持 LORA。"
    ),
    "The adapter “{name}” has {key} {value}, which is not supported; merge it into its "
    "checkpoint with the tool that made it.": (
        "适配器“{name}”的 {key} 为 {value}，这里不支持；请用制作它的工具将它合并到检查点中。"
    ),
    "The adapter “{name}” holds no LoRA weights.": "适配器“{name}”中没有 LoRA 权重。",
    "The adapter “{name}” has the weight {key}, which has no place in this model; it was made "
    "for another one.": "适配器“{name}”的权重 {key} 在这个模型中没有位置；它是为别的模型制作的。",
    "{first} {then}": "{first}{then}",
}
