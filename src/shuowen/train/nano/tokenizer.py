"""A small byte-level BPE tokenizer in the files of Qwen2: one token for each character.

Text is spelt character by character: BPE has the merges that join the bytes of each character of
the alphabet, every other character stays bytes. Only the fixed texts, the system prompt and the
Chinese reading prompts, are short: each of their words grows, character by character, out of one
pair, its *seed*, and pairs merge bottom-up, so that nothing of a word is ever joined where its seed
does not stand. Seeds are pairs that hardly occur elsewhere: by the language model of this package
fewer than 1 in 100,000 characters begins any one of them. Where one does occur in an answer, the
text is the same and only spelt with fewer tokens. The English prompts stay long, for the pairs of
their words are common in all English.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import starmap
from pathlib import Path

from tokenizers import pre_tokenizers

from shuowen.errors import UsageError
from shuowen.prompt.tokenizer import Tokenizer
from shuowen.prompt.tokenizer_files import open_tokenizer
from shuowen.train.nano.chat_template import CHAT_TEMPLATE

ADDED_TOKENS = (
    *("<|endoftext|>", "<|im_start|>", "<|im_end|>"),
    *("<img>", "</img>", "<IMG_CONTEXT>", "<quad>", "</quad>"),
    *("<ref>", "</ref>", "<box>", "</box>"),
)
"""In the order that they have in InternVL3's folders."""

FIXED_WORDS = (
    ("你是书生", "是书"),
    ("·万象", "·万"),
    ("，英文名是InternVL", "nV"),
    ("，是由上海人工智能实验室", "由上"),
    ("、清华大学及多家合作单位联合开发的多模态大语言模型", "态大"),
    ("请识别图中的全部文字", "请识"),
    ("，按阅读顺序逐行输出", "行输"),
    ("，保持原样", "原样"),
    ("，不要解释或补充", "释或"),
    ("请识别图中的手写文字", "请识"),
    ("，逐行输出", "行输"),
    ("；无法辨认的字用", "字用"),
    ("□代替", "□代"),
    ("，不要猜测", "要猜"),
)
"""Words of the fixed texts, as Qwen2 cuts text into words, each with its seed."""

_BYTES = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)

Merge = tuple[str, str]


def write_tokenizer(folder: Path, alphabet: Iterable[str]) -> Tokenizer:
    """Write vocab.json, merges.txt, tokenizer.json, added_tokens.json and tokenizer_config.json.

    Args:
        folder: Where to; it is made when missing.
        alphabet: Characters that are to be one token each. Equal alphabets in equal order give
            equal files; those of the fixed texts come on top.

    Returns:
        The tokenizer, as it is read from the folder.

    Raises:
        UsageError: Something in the alphabet is not one character, or not in Unicode's form NFC,
            in which Qwen2 writes all text.
    """
    merges = list(_merges(_checked(alphabet)))
    tokens = [*sorted(pre_tokenizers.ByteLevel.alphabet()), *(a + b for a, b in merges)]
    vocabulary = {token: token_id for token_id, token in enumerate(tokens)}
    added = {token: len(tokens) + index for index, token in enumerate(ADDED_TOKENS)}
    folder.mkdir(parents=True, exist_ok=True)
    _dump(folder / "vocab.json", vocabulary)
    lines = ("#version: 0.2", *(" ".join(merge) for merge in merges))
    (folder / "merges.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    _dump(folder / "added_tokens.json", added)
    _dump(folder / "tokenizer_config.json", _config(added))
    # Last: from here on the folder would be read by this file alone.
    raw = open_tokenizer(folder)
    raw.save(str(folder / "tokenizer.json"))
    return Tokenizer.from_folder(folder)


def _checked(alphabet: Iterable[str]) -> list[str]:
    characters = list(dict.fromkeys(alphabet))
    for each in characters:
        if len(each) != 1 or unicodedata.normalize("NFC", each) != each:
            raise UsageError(
                f"{each!r} cannot be a token of its own.", "Give single characters in form NFC."
            )
    return characters


def _merges(alphabet: Sequence[str]) -> Iterator[Merge]:
    """Characters first, so that words are made of whole ones; every merge once."""
    known: set[Merge] = set()
    texts = "".join(word for word, _ in FIXED_WORDS)
    runs = [*map(_character_merges, [*alphabet, *texts]), *starmap(_word_merges, FIXED_WORDS)]
    for merge in (merge for run in runs for merge in run):
        if merge not in known:
            known.add(merge)
            yield merge


def _character_merges(character: str) -> Iterator[Merge]:
    """Byte by byte from the left: the first byte of a character says where it begins."""
    spelt = _spell(character)
    for end in range(1, len(spelt)):
        yield spelt[:end], spelt[end]


def _word_merges(word: str, seed: str) -> Iterator[Merge]:
    """The seed, then what stands behind it, then what stands before it."""
    start = word.index(seed)
    yield _spell(seed[0]), _spell(seed[1])
    for end in range(start + 2, len(word)):
        yield _spell(word[start:end]), _spell(word[end])
    for begin in range(start - 1, -1, -1):
        yield _spell(word[begin]), _spell(word[begin + 1 :])


def _spell(text: str) -> str:
    """The letters that stand for the bytes of `text` in a byte-level vocabulary."""
    return "".join(piece for piece, _ in _BYTES.pre_tokenize_str(text))


def _config(added: dict[str, int]) -> dict[str, object]:
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    return {
        "tokenizer_class": "Qwen2Tokenizer",
        "add_bos_token": False,
        "add_prefix_space": False,
        "added_tokens_decoder": {
            str(token_id): {"content": token, **flags, "special": True}
            for token, token_id in added.items()
        },
        "additional_special_tokens": list(ADDED_TOKENS),
        "chat_template": CHAT_TEMPLATE,
        "clean_up_tokenization_spaces": False,
        "bos_token": None,
        "eos_token": "<|im_end|>",
        "pad_token": "<|endoftext|>",
        "unk_token": None,
        "errors": "replace",
        "split_special_tokens": False,
        # What transformers' processor looks for.
        "extra_special_tokens": {
            "context_image_token": "<IMG_CONTEXT>",
            "start_image_token": "<img>",
            "end_image_token": "</img>",
            "video_token": "<video>",
        },
    }


def _dump(path: Path, record: object) -> None:
    path.write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
