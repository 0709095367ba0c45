"""A chat of many turns on a terminal: questions, commands that begin with "/", Ctrl-C, Ctrl-D."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from shuowen.cli.chat_answer import Asking, Live
from shuowen.cli.chat_attachments import (
    Attachment,
    OpenOptions,
    attach_pictures,
    attach_video,
)
from shuowen.cli.chat_screen import Screen
from shuowen.cli.chat_transcript import Transcript, Turn
from shuowen.errors import UsageError, as_shuowen_error
from shuowen.generation.engine import Request
from shuowen.generation.results import Completion
from shuowen.image.page import Pixels
from shuowen.prompt.messages import Message, TextPart

HELP = """\
Type a question and press Enter; a line that ends in \\ goes on in the next.
  /image PATH   show a picture, PDF page or URL with the next question
  /video PATH   show a video with the next question
  /reset        forget what was said
  /save FILE    keep what was said, as FILE.md or FILE.json
  /help         this
  /quit         end, as Ctrl-D does
Ctrl-C stops the answer. A question that begins with / is written with //."""

COMMANDS = ("image", "video", "reset", "save", "help", "quit")

ReadLine = Callable[[str], str]
"""Asks a person for a line; raises EOFError at Ctrl-D and KeyboardInterrupt at Ctrl-C."""

AfterAnswer = Callable[[Completion, Pixels | None], None]
"""Shows what else an answer holds, given the picture that was shown last."""


def terminal_line(prompt: str) -> str:
    """A line from the keyboard, with the editing and the memory of readline where it exists."""
    with suppress(ImportError):  # Windows has none
        importlib.import_module("readline")
    return input(prompt)


@dataclass
class Chat:
    """A chat while it goes on.

    Attributes:
        asking: Whom questions are put to, and where answers appear.
        request: What every question has in common; its messages begin the chat.
        opening: How files are opened.
        after_answer: Told of each complete answer.
    """

    asking: Asking
    request: Request
    opening: OpenOptions
    after_answer: AfterAnswer
    _pending: list[Attachment] = field(default_factory=list)
    _said: tuple[Message, ...] = ()
    _turns: tuple[Turn, ...] = ()
    _picture: Pixels | None = None

    @property
    def screen(self) -> Screen:
        """Where answers appear."""
        return self.asking.screen

    def attach(self, found: Sequence[Attachment]) -> None:
        """Show these with the next question."""
        if not found:
            return
        self._pending += found
        self._picture = next(
            (each.picture for each in reversed(found) if each.picture is not None), self._picture
        )
        names = ", ".join(each.name for each in found)
        self.screen.say(f"With the next question: {names}.")

    def run(self, read_line: ReadLine) -> None:
        """Talk until the person ends it; errors are told and end nothing."""
        self.screen.say("Ask away; /help lists the commands, Ctrl-D ends.")
        while True:
            try:
                line = _whole_line(read_line).strip()
                if line and self._is_last(line):
                    return
            except EOFError:
                self.screen.end_line()
                return
            except KeyboardInterrupt:
                self.screen.say("Ctrl-D or /quit ends the chat.")
            except Exception as error:
                known = as_shuowen_error(error, "chatting")
                self.screen.say(f"Error: {known}")

    def _is_last(self, line: str) -> bool:
        """Do what a line says; whether it ends the chat."""
        if not line.startswith("/") or line.startswith("//"):
            self._ask(line.removeprefix("/") if line.startswith("//") else line)
            return False
        name, _, rest = line[1:].partition(" ")
        if name == "quit":
            return True
        self._command(name, rest.strip().strip("\"'"))
        return False

    def _command(self, name: str, value: str) -> None:
        if name == "help":
            for line in HELP.splitlines():
                self.screen.say(line)
        elif name == "reset":
            self._said, self._turns = (), ()
            self._pending.clear()
            self._picture = None
            self.screen.say("All is forgotten.")
        elif name not in COMMANDS:
            raise UsageError(f"There is no command /{name}.", _advice(name))
        elif not value:
            raise UsageError(f"/{name} needs a file.", f"Write /{name} PATH.")
        elif name == "save":
            self._transcript().save(Path(value))
            self.screen.say(f"Saved {value}.")
        else:
            self._attach(name, value)

    def _attach(self, name: str, value: str) -> None:
        if name == "image":
            self.attach(attach_pictures(value, self.opening))
        else:
            self.attach([attach_video(value, self.opening)])

    def _ask(self, text: str) -> None:
        """Put a question; only what was answered, at least in part, stays in the chat."""
        question = Message.of("user", *(each.part for each in self._pending), text)
        messages = (*self.request.messages, *self._said, question)
        live, completion = Live(self.screen), None
        try:
            completion = self.asking.ask(replace(self.request, messages=messages), live)
        except KeyboardInterrupt:
            self.screen.say("Stopped." + _fate(live.text))
            if not live.text:
                return
        self._keep(question, text, live.text, is_cut=completion is None)
        if completion is not None:
            self.after_answer(completion, self._picture)

    def _keep(self, question: Message, text: str, answer: str, *, is_cut: bool) -> None:
        names = tuple(each.name for each in self._pending)
        self._said += (question, Message.of("assistant", answer))
        self._turns += (
            Turn(role="user", text=text, attachments=names),
            Turn(role="assistant", text=answer, is_cut=is_cut),
        )
        self._pending.clear()

    def _transcript(self) -> Transcript:
        words = [
            part.text
            for message in self.request.messages
            for part in message.parts
            if isinstance(part, TextPart)
        ]
        model = self.asking.engine.model_name
        return Transcript(model=model, system="\n".join(words), turns=self._turns)


def _fate(text: str) -> str:
    return " What is shown stays in the chat." if text else " The question is taken back."


def _whole_line(read_line: ReadLine) -> str:
    """A line, with those that it goes on in."""
    lines = [read_line("> ")]
    while lines[-1].endswith("\\"):
        lines[-1] = lines[-1][:-1]
        lines.append(read_line("… "))
    return "\n".join(lines)


def _advice(name: str) -> str:
    near = difflib.get_close_matches(name, COMMANDS, n=1)
    if near:
        return f"Did you mean /{near[0]}?"
    return f"There are: {', '.join(f'/{each}' for each in COMMANDS)}. Write // for a plain /."
