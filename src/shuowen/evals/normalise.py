"""Text as it is compared: what two readers may write differently without either being wrong.

In this order: markup goes (HTML tags and entities, the marks of Markdown), compatibility forms
become plain ones (Unicode NFKC: full-width letters, ligatures, circled digits), typographic
punctuation becomes ASCII, and all white space and invisible characters go.
"""

from __future__ import annotations

import html
import re
import unicodedata

_TAG_NAMES = (
    "a|b|blockquote|body|br|caption|code|col|colgroup|dd|div|dl|dt|em|figcaption|figure|footer|"
    "h[1-6]|head|header|hr|html|i|img|li|main|mark|meta|ol|p|pre|s|section|small|span|strong|style|"
    "sub|sup|table|tbody|td|tfoot|th|thead|title|tr|u|ul|!--|!doctype"
)
# Only tags by name: "a < b > c" and "#include <stdio.h>" are text.
_TAG = re.compile(rf"<\s*(?:/\s*)?(?:{_TAG_NAMES})(?:\s[^<>]*|\s*/?)>", re.IGNORECASE)
# Names have a length, so that a reader stuck at "[[[[" costs no more than its characters.
_PICTURE_OR_LINK = re.compile(r"!?\[([^\]\n]{0,1000})\]\([^()\s]*\)")
_LINE_START = re.compile(r"^[ \t]*(?:#{1,6}|[-*+>])[ \t]+", re.MULTILINE)
_TABLE_RULE = re.compile(r"^(?=[ \t]*[:|-][ \t:-]*\|)[ \t:|-]+$", re.MULTILINE)
_EMPHASIS = re.compile(r"\*\*|__")

_SINGLE_QUOTES = "‘’‚‛′`´"
_DOUBLE_QUOTES = "“”„‟″「」『』«»"
_DASHES = "‐‑‒–—―−─"
_MIDDLE_DOTS = "·•‧∙⋅・"
_FOLDED = str.maketrans(
    {
        **dict.fromkeys(_SINGLE_QUOTES, "'"),
        **dict.fromkeys(_DOUBLE_QUOTES, '"'),
        **dict.fromkeys(_DASHES, "-"),
        **dict.fromkeys(_MIDDLE_DOTS, "."),
        **dict.fromkeys("《〈⟨‹", "<"),
        **dict.fromkeys("》〉⟩›", ">"),
        **dict.fromkeys("【〔〖", "["),
        **dict.fromkeys("】〕〗", "]"),
        "。": ".",
        "、": ",",
        "〜": "~",
    }
)
# Markdown's table bars go last, when full-width bars have become plain ones.
_DROPPED = re.compile(r"[\s|\u00ad\u200b-\u200f\u2060\ufeff]+")


def strip_markup(text: str) -> str:
    """`text` without HTML tags and entities and without Markdown's marks.

    Table bars are left to `normalise_text`. A list mark is taken only at the start of a line, and
    an angle bracket only with a tag's name behind it.
    """
    untagged = html.unescape(_TAG.sub(" ", text))
    linkless = _PICTURE_OR_LINK.sub(r"\1", untagged)
    return _EMPHASIS.sub("", _LINE_START.sub("", _TABLE_RULE.sub("", linkless)))


def normalise_text(text: str, *, fold_case: bool = False) -> str:
    """`text` as it is compared.

    Args:
        text: Plain text, Markdown or HTML.
        fold_case: Whether capitals and small letters are the same: for receipts and tables.
    """
    # Folded before NFKC, which takes an acute accent apart, and after it, which makes new marks.
    compatible = unicodedata.normalize("NFKC", strip_markup(text).translate(_FOLDED))
    squeezed = _DROPPED.sub("", compatible.translate(_FOLDED))
    return squeezed.casefold() if fold_case else squeezed
