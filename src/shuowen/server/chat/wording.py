"""The embedded reader's own sentences, in English and Chinese: what it does and what it is not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff]")
# What people ask of a picture that a reader cannot do, as they say it.
_MORE_THAN_TEXT = re.compile(
    r"\b(?:describe|description|caption|translate|translation|summari[sz]e|summary|explain|"
    r"analy[sz]e|what(?:'s| is| do you see)? (?:in|on|shown in) (?:this|the) "
    r"(?:picture|image|photo)"
    r"|who is (?:this|that|it|he|she|in|on|shown)|what colou?r)\b"
    r"|描述|形容|看图说话|翻译|翻譯|译成|總結|总结|概括|摘要|概述|解释|解釋|分析|什么颜色|(?:这|那|他|她|图[片中里上]*)[^\s，。]{0,4}是谁"
    r"|图(?:片|中|里|上)?(?:是|有)什么",
    re.IGNORECASE,
)
_LENGTH = re.compile(
    r"\b(?:in|to) (?:\w+ ){0,2}(?:words?|sentences?|lines?|paragraphs?|bullet points?)\b"
    r"|[用以]?[\d一二三四五六七八九十两几]+\s*(?:句话?|个字|字|段话?)",
    re.IGNORECASE,
)
"""How long a summary is to be."""
_MADE_NAME = re.compile(r"file (\d+)")
"""How a file is called that came without a name (`parts.py`)."""


@dataclass(frozen=True)
class Wording:
    """Sentences in the language of a question."""

    is_chinese: bool

    def _said(self, english: str, chinese: str) -> str:
        return chinese if self.is_chinese else english

    def nothing_to_read(self, name: str) -> str:
        """A file without text."""
        name = self.file(name)
        return self._said(
            f"Nothing to read was found in {name}. This reader transcribes text; it does not"
            " describe pictures.",
            f"在 {name} 中没有找到可读的文字。本阅读器只抄录文字，不描述图片。",
        )

    def file(self, name: str) -> str:
        """A file's name; one that was made up here is in the language of the question."""
        made = _MADE_NAME.fullmatch(name)
        return f"文件 {made.group(1)}" if made and self.is_chinese else name

    def only_quotes(self) -> str:
        """Before quotes from a document of which more was asked."""
        return self._said(
            "This reader transcribes and quotes; it does not describe, translate or summarise.",
            "本阅读器只抄录和引用原文，不描述、不翻译、不总结。",
        )

    def where_asked(self) -> str:
        """After a transcription, before what fits the question."""
        return self._said("Where your words stand:", "与问题用词相应之处：")

    def no_rows(self, path: str) -> str:
        """A list of a schema that stays empty."""
        return self._said(
            f"No table rows were found for {path}; the list is empty.",
            f"没有找到 {path} 对应的表格行，列表为空。",
        )

    def only_text(self) -> str:
        """Before the text of a page of which more was asked."""
        return self._said(
            "This reader transcribes; it does not describe, translate or summarise."
            " Here is the text as it stands:",
            "本阅读器只抄录文字，不描述、不翻译、不总结。原文如下：",
        )

    def no_picture(self) -> str:
        """A chat with nothing to read."""
        return self._said(
            "This is Shuowen's embedded reader. It transcribes scanned pages, photos of documents"
            " and PDFs as Markdown, and quotes what they say. Attach a picture or a PDF to your"
            " message. It is not a language model: it does not chat, describe pictures or"
            " translate.",
            "这是说文的内置阅读器：把扫描页、文件照片和 PDF 抄录成 Markdown，并能引用其中的原文。"
            "请在消息中附上图片或 PDF。它不是语言模型：不聊天，不描述图片，也不翻译。",
        )

    def passages(self, names: Sequence[str]) -> str:
        """Before quotes."""
        listed = self._listed(names)
        return self._said(
            f"Passages of {listed} that share words with the question, quoted and not rephrased:",
            f"以下是 {listed} 中与问题用词相同的段落，均为原文引用，未作改写：",
        )

    def no_passage(self, names: Sequence[str]) -> str:
        """Nothing in a document fits the question."""
        listed = self._listed(names)
        return self._said(
            f"No passage of {listed} shares words with the question. This reader finds and quotes"
            " passages; it does not compose answers.",
            f"{listed} 中没有与问题用词相同的段落。本阅读器只查找并引用原文，不撰写回答。",
        )

    def only_the_first(self, num_letters: int) -> str:
        """A text that is longer than what is searched."""
        return self._said(
            f"Only the first {num_letters:,} characters were searched.",
            f"只查找了前 {num_letters:,} 个字符。",
        )

    def page(self, number: int) -> str:
        """Where a passage stands."""
        return self._said(f"page {number}", f"第 {number} 页")

    def missing(self, paths: Sequence[str]) -> str:
        """Values that a schema insists on and that were not found."""
        listed = ", ".join(paths)
        return self._said(
            f"The schema insists on values that were not found: {listed}. Nothing is made up in"
            ' their place: allow null there, or name their labels with "x-labels".',
            f"未找到模式所要求的值：{listed}。本阅读器不编造内容：请允许这些字段为 null，"
            "或用 x-labels 写明它们的标签。",
        )

    def nothing_to_fill_from(self) -> str:
        """A schema without a document."""
        return self._said(
            "There is no picture or PDF in the chat to fill the schema from.",
            "对话中没有可供填写的图片或 PDF。",
        )

    def unreadable(self, name: str, reason: str) -> str:
        """One of several files that cannot be read."""
        name = self.file(name)
        return self._said(f"{name} could not be read: {reason}", f"无法读取 {name}：{reason}")

    def _listed(self, names: Sequence[str]) -> str:
        known = list(dict.fromkeys(self.file(name) for name in names if name))
        if not known:
            return self._said("the document", "文档")
        return self._said(", ", "、").join(known)


def wording_for(text: str) -> Wording:
    """The sentences for who asked `text`: Chinese when it has a Chinese character."""
    return Wording(_HAN.search(text) is not None)


def without_more(text: str) -> str:
    """A question without the words that ask for what a reader cannot do."""
    return _MORE_THAN_TEXT.sub(" ", _LENGTH.sub(" ", text))


def asks_for_more(text: str) -> bool:
    """Whether a question asks for what a reader cannot do: describing, translating, summing up."""
    return _MORE_THAN_TEXT.search(text) is not None
