"""Which encoding a text file was written in, told by its bytes.

Half of the old encodings decode anything. What tells the right one is what comes out: the commonest
characters of a language, its letters next to each other. The wrong ones give rare characters.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NUM_SAMPLE_BYTES = 64 * 1024
_MIN_SHARE = 0.05

_PUNCTUATION = "，。、；：？！（）《》"
_SIMPLIFIED = (
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年"
)
_TRADITIONAL = (
    "的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之年"
)
_HANGUL = "이다는의에을를가고한하지은로기사도리인어해자시대서나정수아일과니부전라그있보"
_CYRILLIC = "[а-яё]"
_ACCENTED = "[à-öø-ÿœ]"

_TELLING = {
    "gb18030": re.compile(f"[{_SIMPLIFIED}{_PUNCTUATION}]"),
    "big5": re.compile(f"[{_TRADITIONAL}{_PUNCTUATION}「」]"),
    "cp932": re.compile("[ぁ-ヿ、。]"),
    "euc-jp": re.compile("[ぁ-ヿ、。]"),
    "cp949": re.compile(f"[{_HANGUL}]"),
    "cp1251": re.compile(f"{_CYRILLIC}{{3,}}"),
    "cp1252": re.compile(f"{_ACCENTED}(?=[A-Za-z])|(?<=[A-Za-z]){_ACCENTED}|[–—‘’“”…€°§«»]"),
}
_NO_FILES = frozenset(
    ("idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape", "utf-7")
)
"""Codecs that Python counts as encodings of text, and in which no file is written: they are slow to
a degree that a stranger can choose, or give halves of characters, which no answer can hold."""
_OTHER = re.compile(r"[^\x00-\x7f]")


def decoded(data: bytes, named: str = "") -> str:
    """The text of a file; every file decodes, as Latin-1 if all else fails.

    Args:
        data: The file.
        named: The encoding that its sender names; believed where it fits.
    """
    for encoding in _certain(data, named):
        text = _strictly(data, encoding)
        if text is not None:
            return text
    text = _strictly(data, _most_telling(data))
    return data.decode("latin-1") if text is None else text


def _certain(data: bytes, named: str) -> Iterator[str]:
    """Encodings that prove themselves by decoding at all."""
    yield from (encoding for mark, encoding in _MARKS if data.startswith(mark))
    if named and _is_text_encoding(named):
        yield named
    odd, even = (data[start:_NUM_SAMPLE_BYTES:2].count(0) for start in (1, 0))
    if max(odd, even) > len(data[:_NUM_SAMPLE_BYTES]) / 4 and min(odd, even) == 0:
        yield "utf-16-le" if odd else "utf-16-be"  # Western text without a mark
    yield "utf-8"


def _most_telling(data: bytes) -> str:
    start = next((index for index, byte in enumerate(data) if byte > 0x7F), 0)
    sample = data[start : start + _NUM_SAMPLE_BYTES]
    shares = {encoding: _share(sample, encoding) for encoding in _TELLING}
    best = max(shares, key=lambda encoding: shares[encoding])
    if shares[best] >= _MIN_SHARE:
        return best
    return "cp1252" if _strictly(data, "gb18030") is None else "gb18030"


def _share(sample: bytes, encoding: str) -> float:
    """Share of telling characters among those beyond ASCII; 0 where it does not decode."""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        text = decoder.decode(sample)  # a character cut off at the end is not asked for
    except UnicodeError:
        return 0.0
    num_other = len(_OTHER.findall(text))
    num_telling = sum(map(len, _TELLING[encoding].findall(text)))
    return num_telling / num_other if num_other else 0.0


def _strictly(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except (UnicodeError, LookupError, ValueError):
        return None


def _is_text_encoding(name: str) -> bool:
    """Python has codecs that are no encodings of text, such as base64 and zip."""
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError):
        return False
    return found._is_text_encoding and found.name not in _NO_FILES
