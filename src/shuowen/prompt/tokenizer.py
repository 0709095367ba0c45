"""Text to token ids and back. What people write never becomes a special token."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tokenizers import Tokenizer as RawTokenizer

from shuowen.errors import ModelError, UsageError
from shuowen.prompt.detokenizer import Detokenizer
from shuowen.prompt.special import BEGIN, ENDS, SHOWN
from shuowen.prompt.tokenizer_files import open_tokenizer, read_json


class Tokenizer:
    """The tokenizer of a model folder: Qwen2's byte-level BPE, or InternLM's sentencepiece BPE.

    Attributes:
        raw: The library's own tokenizer. It treats special tokens in text as text.
        vocab_size: The largest token id and 1.
        eos_ids: Tokens that end an answer.
        begin_id: The token that every sequence begins with; None for Qwen's.
    """

    def __init__(self, raw: RawTokenizer, *, has_begin: bool | None = None) -> None:
        """Wrap `raw`; `has_begin` is the folder's `add_bos_token`, None where it does not say."""
        raw.encode_special_tokens = True
        raw.no_truncation()
        raw.no_padding()
        self.raw = raw
        added = raw.get_added_tokens_decoder()
        self._special = {token_id: each.content for token_id, each in added.items()}
        num_own = raw.get_vocab_size(with_added_tokens=False)
        self.vocab_size = max([num_own, *(token_id + 1 for token_id in added)])
        ends = (raw.token_to_id(token) for token in ENDS)
        self.eos_ids = frozenset(token_id for token_id in ends if token_id is not None)
        begin_id = raw.token_to_id(BEGIN)
        self.begin_id: int | None = None if has_begin is False else begin_id
        self._alphabet = None if _falls_back_to_bytes(raw) else _byte_alphabet()
        self._bytes: dict[int, bytes] = {}
        self._shown: dict[int, bytes] = {}

    @classmethod
    def from_folder(cls, folder: Path) -> Tokenizer:
        """Open the tokenizer of a model folder.

        Raises:
            ModelError: The folder has no tokenizer, or one that is damaged.
        """
        says = read_json(folder / "tokenizer_config.json").get("add_bos_token")
        return cls(open_tokenizer(folder), has_begin=says if isinstance(says, bool) else None)

    def encode_text(self, text: str) -> list[int]:
        """Ids of plain text; what looks like a special token in it is spelt out."""
        try:
            return self.raw.encode(text, add_special_tokens=False).ids
        except TypeError:  # half of a surrogate pair, which JSON can bring in
            return self.encode_text(text.encode("utf-8", "replace").decode())

    def has(self, token: str) -> bool:
        """Whether the vocabulary holds `token`."""
        return self.raw.token_to_id(token) is not None

    def id_of(self, token: str) -> int:
        """Id of a token, such as a special one; raises `ModelError` when there is no such token."""
        token_id = self.raw.token_to_id(token)
        if token_id is None:
            raise ModelError(
                f"The tokenizer has no token {token}.",
                "Take the tokenizer files of an InternVL3 folder.",
            )
        return token_id

    def token_bytes(self, token_id: int) -> bytes:
        """What a token stands for, in UTF-8; a token may be a part of a character.

        Raises:
            UsageError: There is no such token. (Models have rows for ids that no token has.)
        """
        known = self._bytes.get(token_id)
        if known is None:
            known = self._bytes[token_id] = self._spell(token_id)
        return known

    def known_bytes(self, token_id: int) -> bytes:
        """What `token_bytes` gives, and nothing for an id that no token has."""
        return b"" if self.raw.id_to_token(token_id) is None else self.token_bytes(token_id)

    def decode(self, token_ids: Iterable[int]) -> str:
        """Text of an answer.

        Marks that an answer is read by, such as `<box>`, are part of it; other special tokens and
        ids that no token has are left out. Bytes that are no UTF-8 become U+FFFD.
        """
        return b"".join(map(self.shown_bytes, token_ids)).decode("utf-8", "replace")

    def detokenizer(self) -> Detokenizer:
        """What `decode` does, token by token."""
        return Detokenizer(self.shown_bytes)

    def shown_bytes(self, token_id: int) -> bytes:
        """What a token adds to an answer's text: its bytes, or nothing."""
        known = self._shown.get(token_id)
        if known is None:
            known = self._shown[token_id] = self._show(token_id)
        return known

    def _show(self, token_id: int) -> bytes:
        if self.raw.id_to_token(token_id) is None:
            return b""
        special = self._special.get(token_id)
        return b"" if special is not None and special not in SHOWN else self.token_bytes(token_id)

    def _spell(self, token_id: int) -> bytes:
        token = self.raw.id_to_token(token_id)
        if token is None:
            raise UsageError(
                f"There is no token with the id {token_id}.",
                f"Ids are 0 to {self.vocab_size - 1}.",
            )
        if token_id in self._special:
            return token.encode()
        if self._alphabet is not None:
            if not self._alphabet.keys() >= set(token):
                return token.encode()  # as the library does
            return bytes(self._alphabet[letter] for letter in token)
        if len(token) == 6 and token.startswith("<0x"):
            return bytes((int(token[3:5], 16),))
        return token.replace("▁", " ").encode()


def _falls_back_to_bytes(raw: RawTokenizer) -> bool:
    """Whether pieces are text with tokens like <0x0A> for the rest, as in sentencepiece."""
    return bool(getattr(raw.model, "byte_fallback", False))


def _byte_alphabet() -> dict[str, int]:
    """The letter that stands for each byte in a byte-level vocabulary (GPT-2, `bytes_to_unicode`).

    Printable bytes of Latin-1 stand for themselves, the others for letters from U+0100 on.
    """
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [value for value in range(256) if value not in printable]
    letters = {chr(value): value for value in printable}
    return letters | {chr(0x100 + index): value for index, value in enumerate(others)}
