"""The chat template `internvl2_5`: messages as pieces of text, special tokens and pictures.

Facts: OpenGVLab/InternVL, internvl/conversation.py (turns, system prompt); its model cards
(`Image-1: <image>`); internvl/train/internvl_chat_finetune.py (`Frame-1: <image>`). Tools follow
the chat template of Qwen2.5, the family of InternVL3's language models.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from shuowen.errors import UsageError
from shuowen.prompt.messages import ImagePart, Message, Part, TextPart, Tool, VideoPart
from shuowen.prompt.pieces import Mark, PictureSlot, Piece
from shuowen.prompt.special import TURN_END, TURN_START
from shuowen.prompt.tools import calls_as_pieces, tools_as_pieces

SYSTEM_PROMPT = (
    "你是书生·万象，英文名是InternVL，是由上海人工智能实验室、清华大学及多家合作单位联合开发的"
    "多模态大语言模型。"
)
"""What the model was trained to be told first; with another one it reads worse
(OpenGVLab/InternVL#1094, vllm-project/vllm#23988)."""


def render(
    messages: Sequence[Message], tools: Sequence[Tool] = (), *, add_generation_prompt: bool = True
) -> list[Piece]:
    """Write a chat as the model was trained to see it.

    A chat that does not begin with a system message gets `SYSTEM_PROMPT`.

    Args:
        messages: At least one.
        tools: What the model may call; it is told after the system prompt.
        add_generation_prompt: Whether the assistant's next turn is begun.

    Returns:
        Text, special tokens and pictures, in order; texts next to each other belong together.

    Raises:
        UsageError: No messages; a picture in a system or assistant turn; tools that are no JSON.
    """
    if not messages:
        raise UsageError("There are no messages.", "Send at least one user message.")
    first, *others = messages
    if first.role != "system":
        first, others = Message.of("system", SYSTEM_PROMPT), list(messages)
    pieces = [*_begin("system"), *_words(first), *tools_as_pieces(tools), *_end()]
    num_pictures = 0
    for _, turn in groupby(enumerate(others), key=lambda pair: _turn_key(*pair)):
        for piece in _turn([message for _, message in turn], num_pictures):
            num_pictures += isinstance(piece, PictureSlot) and not piece.is_frame
            pieces.append(piece)
    if add_generation_prompt:
        pieces += _begin("assistant")
    return pieces


def _turn_key(index: int, message: Message) -> int:
    """Equal for messages that make up one turn: answers of tools in a row."""
    return -1 if message.role == "tool" else index


def _turn(messages: Sequence[Message], num_pictures: int) -> Iterator[Piece]:
    """One turn; `num_pictures` were shown before it."""
    message = messages[0]
    if message.role == "tool":
        yield from _tool_answers(messages, num_pictures)
        return
    yield from _begin(message.role)
    if message.role == "user":
        yield from _content(message.parts, num_pictures)
    else:
        words = list(_words(message))
        yield from words
        yield from calls_as_pieces(message.tool_calls, follows_text=any(words))
    yield from _end()


def _tool_answers(messages: Sequence[Message], num_pictures: int) -> Iterator[Piece]:
    """Answers in a row are one turn of the user's."""
    yield from (Mark(TURN_START), "user")
    for message in messages:
        yield "\n<tool_response>\n"
        for piece in _content(message.parts, num_pictures):
            num_pictures += isinstance(piece, PictureSlot) and not piece.is_frame
            yield piece
        yield "\n</tool_response>"
    yield from _end()


def _begin(role: str) -> Iterator[Piece]:
    yield from (Mark(TURN_START), f"{role}\n")


def _end() -> Iterator[Piece]:
    yield from (Mark(TURN_END), "\n")


def _words(message: Message) -> Iterator[str]:
    """Content of a turn that has no pictures."""
    for index, part in enumerate(message.parts):
        if not isinstance(part, TextPart):
            raise UsageError(
                f"A {message.role} message holds a picture.", "Put pictures in user messages."
            )
        yield part.text if index == 0 else "\n" + part.text


def _content(parts: Sequence[Part], num_before: int) -> Iterator[Piece]:
    """Content of a turn: texts on lines of their own, and every picture on its own line.

    Pictures are counted when there are several: "Image-2: " is the second of the chat.
    """
    num_here = sum(isinstance(part, ImagePart) for part in parts)
    has_labels, number = num_here + num_before > 1, num_before
    needs_break = False
    for part in _pictures_first(parts):
        if needs_break:
            yield "\n"
        if isinstance(part, TextPart):
            yield part.text
            needs_break = True
            continue
        needs_break = False
        if isinstance(part, VideoPart):
            yield from _frames(part)
            continue
        number += 1
        if has_labels:
            yield f"Image-{number}: "
        yield from (PictureSlot(part.picture, part.max_tiles), "\n")


def _pictures_first(parts: Sequence[Part]) -> list[Part]:
    """Turns "words, then all pictures" round, for in training the pictures came first.

    Where words stand between or after pictures, the order means something and stays.
    """
    is_text = [isinstance(part, TextPart) for part in parts]
    num_words = sum(is_text)
    if all(is_text[:num_words]):
        return [*parts[num_words:], *parts[:num_words]]
    return list(parts)


def _frames(video: VideoPart) -> Iterator[Piece]:
    for number, frame in enumerate(video.frames, 1):
        yield from (f"Frame-{number}: ", PictureSlot(frame, is_frame=True), "\n")
