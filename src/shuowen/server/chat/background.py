"""Open WebUI's calls in the background of a chat, answered at once and without a model.

For every new chat Open WebUI 0.12 asks the model for a title, for tags, for what could be asked
next, and for search words; on a processor that is four answers nobody waits for, before the one
somebody does. The calls are told by their shape (Open WebUI's config.py, DEFAULT_…_TEMPLATE): one
user message that begins with a task, names the JSON key it wants, and ends with the chat between
`<chat_history>` marks. No message that a person writes looks so.

`answer_background` is for every model, where the server's option `background` says "answer": the
route asks it before the model. `answer_for_reader` knows the calls that only a language model can
answer, and that a reader can but wave through.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from shuowen.server.chat.context import question_in
from shuowen.server.chat.cutting import count_tokens
from shuowen.server.chat.key_values.label_names import Keys
from shuowen.server.chat.key_values.words import words_of
from shuowen.server.chat.model import Began, ChatEvent, ChatQuestion, Counted, Ended, Said
from shuowen.server.chat.wording import wording_for

_TASK = "### Task:"
_HISTORY, _HISTORY_END = "<chat_history>", "</chat_history>"
_TURN = re.compile(r"^(USER|ASSISTANT|SYSTEM|TOOL): ", re.MULTILINE)
_WANTED = re.compile(r'\{\s*"(title|tags|follow_ups|queries|prompt|text)":')
# What the task's own words say, besides the key that the answer must have.
_WORDS: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        "title": re.compile(r"\btitle\b"),
        "tags": re.compile(r"\btags\b"),
        "follow_ups": re.compile(r"\b(?:follow|might|next)\b"),
        "queries": re.compile(r"\bsearch quer(?:y|ies)\b"),
        "prompt": re.compile(r"\bimage generation\b"),
        "text": re.compile(r"\bautocompletion\b"),
    }
)
_EMOJI = re.compile(r"^Your task is to reflect .{0,80}\bemoji\b", re.DOTALL)
_COMPACTION = re.compile(r"^### Task:\n.{0,200}\bcompacted\b", re.DOTALL)

_LONGEST_TITLE, _LONGEST_QUERY = 40, 200
_MOST_LETTERS = 20_000
"""Characters of a chat that are looked at."""
_MARKS = re.compile(r"^[#>\-*\s]+|[*_`|]|<!--.*?-->", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class _Chat:
    """The chat that a call shows.

    Attributes:
        asked: The first thing that the person said; may be empty.
        last: The last.
        answered: What was answered, all turns together.
    """

    asked: str
    last: str
    answered: str

    @property
    def is_chinese(self) -> bool:
        return wording_for(self.asked or self.last or self.answered[:200]).is_chinese


def answer_background(question: ChatQuestion) -> str | None:
    """The answer to a background call of Open WebUI; None for any other question."""
    text = _only_text(question)
    if text is None:
        return None
    if _EMOJI.match(text) and "Message: ```" in text and text.rstrip().endswith("```"):
        return "🙂"
    start, end = text.find(_HISTORY), text.rfind(_HISTORY_END)
    if not text.startswith(_TASK) or not 0 <= start < end:
        return None
    task = text[:start]
    wanted = _WANTED.search(task)
    if wanted is None or not _WORDS[wanted.group(1)].search(task):
        return None
    answer = _ANSWERS[wanted.group(1)](_chat(text[start + len(_HISTORY) : end]))
    return json.dumps({wanted.group(1): answer}, ensure_ascii=False)


def told(text: str, question: ChatQuestion) -> Iterator[ChatEvent]:
    """A text as the events of an answer, with estimated tokens."""
    yield Began()
    yield Said(text=text)
    yield Ended(finish_reason="stop")
    yield Counted(
        prompt_tokens=sum(count_tokens(message.text) for message in question.messages),
        completion_tokens=count_tokens(text),
    )


def answer_for_reader(question: ChatQuestion) -> str | None:
    """The answer to a call that needs a language model: no tools, and no summary of the chat."""
    first = question.messages[0]
    is_about_tools = first.text.startswith("Available Tools: ") and '"tool_calls"' in first.text
    if first.role == "system" and is_about_tools:
        return '{"tool_calls": []}'
    # Without a summary Open WebUI makes its own list of what was said.
    text = _only_text(question)
    if text is None or "### Messages Being Compacted:" not in text:
        return None
    return "" if _COMPACTION.match(text) else None


def _only_text(question: ChatQuestion) -> str | None:
    """The words of a question of one user message without files; None for any other."""
    users = [message for message in question.messages if message.role != "system"]
    if len(users) != 1 or users[0].role != "user" or question.files:
        return None
    return users[0].text


def _chat(history: str) -> _Chat:
    history = history.strip("\n")[-_MOST_LETTERS:]
    pieces = _TURN.split(history)
    turns = list(zip(pieces[1::2], pieces[2::2], strict=True))
    asked = [question_in(text) for role, text in turns if role == "USER"]
    answered = "\n".join(text.strip() for role, text in turns if role == "ASSISTANT")
    own = [text for text in asked if text and text != "None"] or [""]
    return _Chat(own[0], own[-1], answered)


def _title(chat: _Chat) -> str:
    """The heading of what was read, else the question's first words."""
    heading = re.search(r"^#{1,6} (.+)$", chat.answered, re.MULTILINE)
    first = heading.group(1) if heading else chat.asked or chat.answered
    lines = [line.strip() for line in _MARKS.sub(" ", first).splitlines() if line.strip()]
    return _shortened(" ".join(lines[0].split()) if lines else "", _LONGEST_TITLE) or (
        "新对话" if chat.is_chinese else "New chat"
    )


def _shortened(text: str, longest: int) -> str:
    if len(text) <= longest:
        return text
    cut = text[:longest]
    return (cut.rpartition(" ")[0] or cut).rstrip(" ,.;:，。；：、") + "…"


_KINDS: tuple[tuple[str, str, re.Pattern[str]], ...] = (
    ("Invoice", "发票", re.compile(r"\binvoice\b|发票|發票", re.I)),
    ("Receipt", "收据", re.compile(r"\breceipt\b|收据|收據|小票", re.I)),
    ("Contract", "合同", re.compile(r"\b(?:contract|agreement)\b|合同|协议", re.I)),
    ("Letter", "信函", re.compile(r"\bdear (?:sir|madam|mr|ms)\b|此致|敬礼", re.I)),
    ("Table", "表格", re.compile(r"^\|.*\|$|<table", re.M)),
    ("Medical", "医疗", re.compile(r"\b(?:patient|diagnosis)\b|患者|诊断|检验", re.I)),
    ("Notice", "通知", re.compile(r"\bnotice\b|通知|公告", re.I)),
    ("Ticket", "车票", re.compile(r"\bticket\b|车票|客票|机票", re.I)),
)


def _tags(chat: _Chat) -> list[str]:
    """What kind of document it is; "General" where nothing tells."""
    found = [kind for kind in _KINDS if kind[2].search(f"{chat.asked}\n{chat.answered}")][:3]
    names = [chinese if chat.is_chinese else english for english, chinese, _ in found]
    return names or ["通用" if chat.is_chinese else "General"]


_LABELS: tuple[tuple[Keys, str, str], ...] = (
    (("total",), "What is the total?", "合计是多少？"),
    (("合", "计"), "What is the total?", "合计是多少？"),
    (("总", "计"), "What is the total?", "总计是多少？"),
    (("date",), "What is the date?", "日期是哪天？"),
    (("日", "期"), "What is the date?", "日期是哪天？"),
    (("invoice", "no"), "What is the invoice number?", "发票号码是多少？"),
    (("发", "票", "号"), "What is the invoice number?", "发票号码是多少？"),
    (("address",), "What is the address?", "地址是什么？"),
    (("地", "址"), "What is the address?", "地址是什么？"),
    (("phone",), "What is the phone number?", "电话是多少？"),
    (("电", "话"), "What is the phone number?", "电话是多少？"),
)


def _follow_ups(chat: _Chat) -> list[str]:
    """Questions about labels that the document has and that nobody asked yet."""
    keys = f" {' '.join(word.key for word in words_of(chat.answered))} "
    asked = [
        chinese if chat.is_chinese else english
        for label, english, chinese in _LABELS
        if f" {' '.join(label)} " in keys
    ]
    return [each for each in dict.fromkeys(asked) if each != chat.last][:3]


def _queries(chat: _Chat) -> list[str]:
    """The question itself; without braces, as Open WebUI looks for the last one."""
    text = " ".join(re.sub(r"[{}]", " ", chat.last).split())
    return [_shortened(text, _LONGEST_QUERY)] if text else []


def _image_prompt(chat: _Chat) -> str:
    return " ".join(chat.last.split())


def _completion(chat: _Chat) -> str:
    """Nothing: what a person is about to write is not to be guessed."""
    return ""


_ANSWERS: Mapping[str, Callable[[_Chat], str | list[str]]] = MappingProxyType(
    {
        "title": _title,
        "tags": _tags,
        "follow_ups": _follow_ups,
        "queries": _queries,
        "prompt": _image_prompt,
        "text": _completion,
    }
)
