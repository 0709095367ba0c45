"""A small tokenizer and rows of logits for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer as RawTokenizer

from shuowen.generation.candidate import CandidateState
from shuowen.generation.results import Delta
from shuowen.prompt.tokenizer import Tokenizer
from tests.prompt.tiny_tokenizer import qwen_tokenizer_json

TOKENIZER = Tokenizer(RawTokenizer.from_str(qwen_tokenizer_json()))
VOCAB_SIZE = TOKENIZER.vocab_size
END = TOKENIZER.id_of("<|im_end|>")
BYTES = {TOKENIZER.token_bytes(each): each for each in range(VOCAB_SIZE)}


def letters(text: str) -> list[int]:
    """One token for each byte of the text."""
    return [BYTES[bytes((each,))] for each in text.encode()]


def row_for(token_id: int, second: int | None = None) -> NDArray[np.float32]:
    """Logits that prefer a token, then another."""
    row = np.linspace(-1, 0, VOCAB_SIZE, dtype=np.float32)
    row[token_id] = 9
    if second is not None:
        row[second] = 8
    return row


def random_rows(seed: int, num: int, scale: float = 3) -> NDArray[np.float32]:
    """(num, V) normal noise."""
    noise = np.random.default_rng(seed).normal(size=(num, VOCAB_SIZE))
    return (scale * noise).astype(np.float32)


def say(state: CandidateState, token_ids: Iterable[int]) -> list[Delta]:
    """Push a candidate through tokens as a model that wants exactly these, until it ends."""
    deltas = []
    for token_id in token_ids:
        if state.finished:
            break
        delta = state.advance(row_for(token_id)).delta
        deltas += [delta] if delta else []
    return deltas


def shown(deltas: Sequence[Delta]) -> str:
    """The text that someone who follows the deltas has in the end."""
    text = ""
    for delta in deltas:
        text = text[: len(text) - delta.retracted] + delta.text
    return text
