"""The language model: how likely a character is after those before it."""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path

from shuowen.engines.embedded.language.ngrams import NgramModel
from shuowen.engines.embedded.language.protected import SMALL_LETTERS, may_be_chosen
from shuowen.engines.embedded.language.script import ScriptShares

MODEL_FOLDER = Path(__file__).parent / "data"
CHINESE_FILE, ENGLISH_FILE = "chinese.lm", "english.lm"
MAX_CONTEXT = 16
"""Characters of context that are looked at: numbers and Latin words in it become one symbol."""
CACHED_SCORES, CACHED_CONTEXTS = 1 << 16, 1 << 13


class LanguageModel:
    """Characters of Chinese, and small letters of English, after the text before them.

    The forms of a Chinese character are counted together: a traditional one has the symbol of its
    simplified one, full-width punctuation that of its half-width twin; `ScriptShares` splits them
    again. One model serves any number of threads.

    Attributes:
        chinese, english: The n-grams that it asks.
    """

    def __init__(self, chinese: NgramModel, english: NgramModel) -> None:
        self.chinese = chinese
        self.english = english
        self._shares = ScriptShares(chinese.header.symbols)
        self._cached = lru_cache(maxsize=CACHED_SCORES)(self._score)
        self._chinese_entries = lru_cache(maxsize=CACHED_CONTEXTS)(chinese.entries_after)
        self._english_entries = lru_cache(maxsize=CACHED_CONTEXTS)(english.entries_after)

    @classmethod
    def open(cls, folder: Path) -> LanguageModel:
        """Maps the files in a folder; raises `ModelError` when one is missing or damaged."""
        return cls(NgramModel.open(folder / CHINESE_FILE), NgramModel.open(folder / ENGLISH_FILE))

    def score(self, context: str, character: str) -> float:
        """Natural logarithm of a character's probability after `context`.

        Only the last characters of the context count. 0 for a character on which the model has no
        say (`protected`): a digit, a capital letter, white space.
        """
        return self._cached(context[-MAX_CONTEXT:], character)

    def _score(self, context: str, character: str) -> float:
        if character in SMALL_LETTERS:
            symbol = self.english.symbol(character)
            return self.english.log_probability(self._english_entries(context), symbol)
        if not may_be_chosen(character, chinese=True):
            return 0.0
        symbol = self.chinese.symbol(character)
        of_symbol = self.chinese.log_probability(self._chinese_entries(context), symbol)
        return of_symbol + self._shares.log_share(character, context)


@cache
def shared_language_model() -> LanguageModel:
    """The model in this package, opened once; raises `ModelError` when it is missing or damaged."""
    return LanguageModel.open(MODEL_FOLDER)
