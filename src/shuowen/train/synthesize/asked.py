"""What a made document is asked, and the right answers: the questions of reading, and fields."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from shuowen.prompt.tasks import reading_prompt
from shuowen.train.synthesize.made import Language, MadeDocument

FIELDS_PROMPTS: Mapping[Language, str] = MappingProxyType(
    {
        "zh": "请提取图中各栏目的内容，以JSON格式输出：键为栏目名称，值为填写的内容，未填写的留空，"
        "不要解释。",
        "en": "Please extract the fields in the image and output them as JSON: each label with what"
        " is filled in, an empty string where nothing is. Add no explanations.",
    }
)
"""Asks for the entries of a form or a receipt."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A question about a document, and what a perfect reader answers."""

    question: str
    answer: str


def questions(document: MadeDocument) -> tuple[Asked, ...]:
    """All that a document is asked, at least one thing: its text or tables first, then fields."""
    language = document.language
    if document.plain_html is not None:
        table = reading_prompt("table", language)
        return (Asked(question=table, answer=document.plain_html),)
    text = Asked(question=reading_prompt("text", language), answer=document.text)
    if not document.fields:
        return (text,)
    fields = json.dumps(field_values(document), ensure_ascii=False)
    return text, Asked(question=FIELDS_PROMPTS[language], answer=fields)


def field_values(document: MadeDocument) -> dict[str, str]:
    """The entries of a form or receipt by their keys, in reading order."""
    return {field.key: field.value for field in document.fields}
