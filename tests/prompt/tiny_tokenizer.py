"""A small but real tokenizer, written to a folder in each form that InternVL3 is published in."""

from __future__ import annotations

import json
import struct
from functools import lru_cache
from pathlib import Path
from typing import Literal

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

Layout = Literal["qwen2", "qwen2_json", "internlm2"]

QWEN_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
PICTURE_TOKENS = ("<img>", "</img>", "<IMG_CONTEXT>", "<quad>", "</quad>", "<ref>", "</ref>")
PICTURE_TOKENS += ("<box>", "</box>")
CHAT_TOKENS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
CALL_TOKENS = ("<tool_call>", "</tool_call>")
QWEN_ADDED = CHAT_TOKENS + CALL_TOKENS + PICTURE_TOKENS
INTERNLM_ADDED = ("<|im_start|>", "<|im_end|>") + PICTURE_TOKENS
SENTENCES = (
    "The quick brown fox jumps over the lazy dog, and the user asks the assistant about it.",
    "system user assistant tool Please recognize the text in the image. Image-1: Frame-1:",
    "你是书生·万象，英文名是InternVL，是由上海人工智能实验室、清华大学及多家合作单位联合开发的多模态大语言模型。",
    "请识别图中的文字。表格，公式，手写。The total is 1,234.50 on 2024-05-06.\n\n+\n-\n",
)
NUM_ORDINARY = 480


@lru_cache(maxsize=1)
def qwen_tokenizer_json() -> str:
    """Byte-level BPE as Qwen2's, trained on the sentences, with every added token."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(QWEN_SPLIT), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=NUM_ORDINARY,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(SENTENCES, trainer)
    record = json.loads(tokenizer.to_str())
    first = len(record["model"]["vocab"])
    record["added_tokens"] = [
        _added(first + index, token, special=token not in CALL_TOKENS)
        for index, token in enumerate(QWEN_ADDED)
    ]
    return json.dumps(record, ensure_ascii=False)


def write_tokenizer(folder: Path, layout: Layout = "qwen2") -> Path:
    """Write the files of a tokenizer with fewer than 600 tokens; the folder is made when missing.

    Args:
        folder: Where to.
        layout: qwen2: vocab.json, merges.txt and added_tokens.json, as the original folders;
            qwen2_json: tokenizer.json, as the -hf folders; internlm2: tokenizer.model and
            added_tokens.json, as the 9B.

    Returns:
        The folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if layout == "internlm2":
        _write_internlm(folder)
    else:
        _write_qwen(folder, as_one_file=layout == "qwen2_json")
    return folder


def _write_qwen(folder: Path, *, as_one_file: bool) -> None:
    record = json.loads(qwen_tokenizer_json())
    added = {each["content"]: each["id"] for each in record["added_tokens"]}
    if as_one_file:
        (folder / "tokenizer.json").write_text(qwen_tokenizer_json(), encoding="utf-8")
    else:
        merges = [pair if isinstance(pair, str) else " ".join(pair) for pair in _merges(record)]
        lines = ["#version: 0.2", *merges]
        (folder / "merges.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
        _dump(folder / "vocab.json", record["model"]["vocab"])
        _dump(folder / "added_tokens.json", added)
    config = {
        "tokenizer_class": "Qwen2Tokenizer",
        "add_bos_token": False,
        "eos_token": "<|im_end|>",
        "pad_token": "<|endoftext|>",
        "added_tokens_decoder": _decoder_table(added, CALL_TOKENS),
    }
    _dump(folder / "tokenizer_config.json", config)


def _write_internlm(folder: Path) -> None:
    pieces = internlm_pieces()
    added = {token: len(pieces) + index for index, token in enumerate(INTERNLM_ADDED)}
    (folder / "tokenizer.model").write_bytes(sentencepiece_model(pieces))
    _dump(folder / "added_tokens.json", added)
    config = {
        "tokenizer_class": "InternLM2Tokenizer",
        "add_bos_token": True,
        "bos_token": "<s>",
        "eos_token": "</s>",
        "added_tokens_decoder": _decoder_table(
            {"<unk>": 0, "<s>": 1, "</s>": 2} | added, ordinary=()
        ),
    }
    _dump(folder / "tokenizer_config.json", config)


@lru_cache(maxsize=1)
def internlm_pieces() -> tuple[tuple[str, float, int], ...]:
    """Pieces of a sentencepiece BPE model: text, score and type.

    Types are 1 normal, 2 unknown, 3 control and 6 byte.

    As sentencepiece orders them: control, bytes, merges (the earlier the better their score), then
    single characters.
    """
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.pre_tokenizer = pre_tokenizers.Split("▁", behavior="merged_with_next")
    trainer = trainers.BpeTrainer(vocab_size=250, show_progress=False)
    tokenizer.train_from_iterator(SENTENCES, trainer)
    record = json.loads(tokenizer.to_str())
    merged = list(dict.fromkeys("".join(pair) for pair in _merges(record)))
    singles = sorted(
        {each for each in record["model"]["vocab"] if len(each) == 1} | {"▁", "+", "-"}
    )
    special = [("<unk>", 0.0, 2), ("<s>", 0.0, 3), ("</s>", 0.0, 3)]
    raw_bytes = [(f"<0x{value:02X}>", 0.0, 6) for value in range(256)]
    normal = [(text, -float(rank), 1) for rank, text in enumerate(merged + singles)]
    return tuple(special + raw_bytes + normal)


def sentencepiece_model(
    pieces: tuple[tuple[str, float, int], ...],
    *,
    dummy_prefix: bool = False,
    drops_spaces: bool = False,
) -> bytes:
    """A `tokenizer.model`: the few fields of sentencepiece's ModelProto that a BPE model needs."""
    written = [
        _field(
            1, _field(1, text.encode()) + b"\x15" + struct.pack("<f", score) + bytes((0x18, kind))
        )
        for text, score, kind in pieces
    ]
    trainer = bytes((0x18, 2)) + b"\x98\x02\x01"  # model_type: BPE; byte_fallback: true
    normalizer = _field(1, b"identity") + bytes((0x18, dummy_prefix, 0x20, drops_spaces, 0x28, 1))
    return b"".join(written) + _field(2, trainer) + _field(3, normalizer)


def _field(number: int, data: bytes) -> bytes:
    length, size = b"", len(data)
    while size > 127:
        length += bytes((size & 127 | 128,))
        size >>= 7
    return bytes((number << 3 | 2,)) + length + bytes((size,)) + data


def _merges(record: dict) -> list:  # type: ignore[type-arg]
    return list(record["model"]["merges"])


def _added(token_id: int, content: str, *, special: bool) -> dict[str, object]:
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    return {"id": token_id, "content": content, **flags, "special": special}


def _decoder_table(added: dict[str, int], ordinary: tuple[str, ...]) -> dict[str, object]:
    rows = {
        str(token_id): _added(token_id, content, special=content not in ordinary)
        for content, token_id in added.items()
    }
    return {key: {k: v for k, v in row.items() if k != "id"} for key, row in rows.items()}


def _dump(path: Path, record: object) -> None:
    path.write_text(json.dumps(record, ensure_ascii=False, indent=1), encoding="utf-8")
