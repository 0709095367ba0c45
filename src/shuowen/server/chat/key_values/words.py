"""Words in comparable form: what a label says, whatever its case, width, script variant or dots."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

_HAN = "\u3005\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_HAN}]|(?:(?![{_HAN}])[^\W\d_])+|\d+|[^\s]")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")

# Traditional characters that labels use, each followed by its simplified form.
_PAIRS = (
    "號号發发總总計计額额單单價价數数稱称電电話话編编碼码統统證证號号聯联機机關关開开銷销賣卖買买"
    "貨货運运費费稅税項项備备註注時时間间戶户銀银帳账賬账應应實实際际點点種种類类別别參参業业務务"
    "產产學学醫医門门診诊藥药險险檢检驗验報报張张頁页車车輛辆駕驾駛驶執执聲声請请簽签訂订購购"
    "質质規规條条見见員员職职責责讀读書书畢毕課课級级現现結结餘余課课繳缴國国區区縣县鄉乡鎮镇"
    "村村莊庄廠厂樓楼臺台灣湾廣广東东華华葉叶陳陈馬马許许記记錄录據据幣币圓圆樣样寫写寄寄來来"
    "從从傳传郵邮網网址址後后歲岁齡龄個个為为與与對对無无內内於于長长寬宽體体輕轻適适選选擇择"
)
_SIMPLIFIED = {ord(old): new for old, new in zip(_PAIRS[::2], _PAIRS[1::2], strict=True)}

# Short forms that printed labels use, and the word that they stand for.
_SHORT = {
    "#": "no",
    "number": "no",
    "num": "no",
    "nos": "no",
    "nr": "no",
    "amt": "amount",
    "qty": "quantity",
    "inv": "invoice",
    "addr": "address",
    "tel": "phone",
    "telephone": "phone",
    "acct": "account",
    "desc": "description",
    "dept": "department",
    "ref": "reference",
    "reg": "registration",
    "incl": "including",
    "inc": "including",
    "inclusive": "including",
    "excl": "excluding",
    "exc": "excluding",
    "exclusive": "excluding",
    "dob": "birthdate",
}
SKIPPED = frozenset(".'’-_/&·*\"“”`,()[]（）【】")
"""Signs inside a label that say nothing: "P.O. No", "driver's", "e-mail", "Amount (RM)"."""


_LONGEST_KEPT = 40
"""Characters of a word whose comparable form is remembered."""


class Word(NamedTuple):
    """A word, a Chinese character, a run of digits or a sign of a text.

    Attributes:
        key: Its comparable form.
        start, end: Its characters in the text.
    """

    key: str
    start: int
    end: int


def words_of(text: str) -> tuple[Word, ...]:
    """The words and signs of `text`, in order."""
    return tuple(
        Word(comparable(match.group()), match.start(), match.end())
        for match in _WORD.finditer(text)
    )


def comparable(word: str) -> str:
    """`word` without case, width, script variant and common shortenings."""
    # What a stranger wrote is not kept: it may be as long as a request.
    return _comparable(word) if len(word) <= _LONGEST_KEPT else _comparable.__wrapped__(word)


@lru_cache(maxsize=20_000)
def _comparable(word: str) -> str:
    plain = unicodedata.normalize("NFKC", word).casefold().translate(_SIMPLIFIED)
    return _SHORT.get(plain, plain)


def label_keys(name: str) -> tuple[str, ...]:
    """What a label says, word by word: `invoiceNo`, `invoice_no` and "Invoice #" say the same."""
    spaced = _CAMEL.sub(" ", name).replace("_", " ")
    return tuple(word.key for word in words_of(spaced) if word.key not in SKIPPED)


def is_han(key: str) -> bool:
    """Whether a word is a Chinese character."""
    return _is_han(key[:1])


@lru_cache(maxsize=20_000)
def _is_han(letter: str) -> bool:
    return re.match(f"[{_HAN}]", letter) is not None


def is_letters(key: str) -> bool:
    """Whether a word is made of letters: no digits, no sign."""
    return key[:1].isalpha()
