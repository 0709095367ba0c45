"""Whether the words beside a picture ask something, or only wish to have it transcribed.

Programs that were made for language models send long prompts that say how to transcribe; what
stands in those is no question, so little is taken for one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from shuowen.server.chat.wording import asks_for_more

_SENTENCE = re.compile(r"[^.!?。！？\n]+(?:\.(?=\S)[^.!?。！？\n]+)*[.!?。！？]?")
_FEW_SENTENCES = 2
_MARK = re.compile(r"[?？]\s*$")
_BEGIN = re.compile(
    r"\s*(?:please )?(?:(?:what|when|where|which|who|whom|whose|why|how|find|look for)\b"
    r"|(?:在文[档件][中里])?(?:请问|查找|找出|找到|什么|谁|哪|何时|何处|多少|几|怎么|怎样|如何|为什么|为何))",
    re.IGNORECASE,
)
_ASKED_LATER = re.compile(r"多少|什么|哪[里个些年天]|几[月日号点个]|何时|谁")
_TRANSCRIBING = re.compile(
    r"\b(?:read|ocr|transcri\w+|extract\w*|recogni[sz]\w*|recognition|convert\w*|pars(?:e|ing)"
    r"|digiti[sz]\w*|output|return|reproduce|copy|markdown|html|latex|json|say|says|written|text)\b"
    r"|转写|轉寫|抄录|识别|識別|提取|转成|转换|转为|读取|读出|朗读|读一?下|抽取|解析|输出|还原"
    r"|写了什么|写着什么|写的是什么|说了什么|是什么内容|内容是什么|文字|这是什么",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Question:
    """What is asked beside a picture.

    Attributes:
        text: The words that ask; never empty.
        is_asked: Whether it is a question by its form, and not just a few words.
    """

    text: str
    is_asked: bool


def question_beside(text: str) -> Question | None:
    """What the words beside a picture ask; None for nothing, and for wishes to have its text."""
    sentences = [match.group().strip() for match in _SENTENCE.finditer(text)]
    sentences = [each for each in sentences if each]
    others = [each for each in sentences if not _is_wish(each)]
    is_short = len(sentences) <= _FEW_SENTENCES
    asked = [each for each in others if _is_question(each, is_short)]
    if asked:
        return Question(" ".join(asked), is_asked=True)
    if others and len(others) == len(sentences):
        return Question(" ".join(others), is_asked=False)
    return None


def _is_wish(sentence: str) -> bool:
    return _TRANSCRIBING.search(sentence) is not None or asks_for_more(sentence)


def _is_question(sentence: str, is_short: bool) -> bool:
    """By its mark, or, where it stands nearly alone, by a word that asks."""
    if _MARK.search(sentence):
        return True
    return is_short and bool(_BEGIN.match(sentence) or _ASKED_LATER.search(sentence))
