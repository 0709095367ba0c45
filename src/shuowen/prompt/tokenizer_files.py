"""Opens the tokenizer of a model folder, in each of the forms that InternVL3 is published in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

from shuowen.errors import ModelError
from shuowen.prompt.sentencepiece import load_sentencepiece

_AGAIN = "Download the folder again."

# How Qwen2 cuts text into words before BPE (its published tokenizer.json).
_QWEN_WORDS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
    r"|[^\r\n\p{L}\p{N}]?\p{L}+"
    r"|\p{N}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+"
    r"|\s+(?!\S)"
    r"|\s+"
)


def open_tokenizer(folder: Path) -> Tokenizer:
    """Open a folder's tokenizer; every token that the folder adds is there and is special.

    `tokenizer.json` is taken before `vocab.json` with `merges.txt`, and these before
    `tokenizer.model`. Tokens of `added_tokens.json` and `tokenizer_config.json` that are not in
    them are added under their ids.

    Raises:
        ModelError: The folder has no tokenizer, or one that is damaged.
    """
    added = added_tokens(folder)
    if (folder / "tokenizer.json").is_file():
        tokenizer = _from_json(folder / "tokenizer.json")
    elif (folder / "vocab.json").is_file() and (folder / "merges.txt").is_file():
        tokenizer = _from_vocabulary(folder / "vocab.json", folder / "merges.txt")
    elif (folder / "tokenizer.model").is_file():
        return load_sentencepiece(folder / "tokenizer.model", added)
    else:
        raise ModelError(
            f"{folder} holds no tokenizer.",
            "It should hold tokenizer.json, or vocab.json and merges.txt, or tokenizer.model;"
            " download these files of the model.",
        )
    _add(tokenizer, added, folder)
    return tokenizer


def read_json(path: Path) -> Mapping[str, Any]:
    """A JSON object from a file, empty where there is no such file; raises `ModelError`."""
    if not path.is_file():
        return {}
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:  # of JSON or of UTF-8
        raise ModelError(f"{path} is damaged: {error}.", _AGAIN) from error
    if not isinstance(record, dict):
        raise ModelError(f"{path} holds no JSON object.", _AGAIN)
    return record


def added_tokens(folder: Path) -> dict[str, int]:
    """Tokens that the folder's JSON files add to its vocabulary, with their ids."""
    listed = read_json(folder / "tokenizer_config.json").get("added_tokens_decoder", {})
    try:
        tokens = {row["content"]: int(token_id) for token_id, row in listed.items()}
        for token, token_id in read_json(folder / "added_tokens.json").items():
            tokens[token] = int(token_id)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        message = f"The lists of added tokens in {folder} are damaged."
        raise ModelError(message, _AGAIN) from error
    return tokens


def _from_json(path: Path) -> Tokenizer:
    try:
        return Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises nothing narrower
        raise ModelError(f"{path} is damaged: {error}.", _AGAIN) from error


def _from_vocabulary(vocabulary: Path, merges: Path) -> Tokenizer:
    """Qwen2's tokenizer: NFC, words, bytes, BPE."""
    try:
        tokenizer = Tokenizer(models.BPE.from_file(str(vocabulary), str(merges)))
    except Exception as error:  # the library raises nothing narrower
        message = f"{vocabulary} and {merges.name} are damaged, or do not belong together: {error}."
        raise ModelError(message, _AGAIN) from error
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_QWEN_WORDS), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def _add(tokenizer: Tokenizer, added: Mapping[str, int], folder: Path) -> None:
    """Add what is missing, and make all special: only a template may write them."""
    own = {
        each.content: token_id for token_id, each in tokenizer.get_added_tokens_decoder().items()
    }
    wanted = sorted({**own, **added}.items(), key=lambda pair: pair[1])
    tokenizer.add_special_tokens([AddedToken(token, normalized=False) for token, _ in wanted])
    for token, token_id in wanted:
        if tokenizer.token_to_id(token) != token_id:
            raise ModelError(
                f"{folder}: token {token} should have the id {token_id}, but its vocabulary gives"
                f" it {tokenizer.token_to_id(token)}.",
                "The files belong to different models; download the folder again.",
            )
