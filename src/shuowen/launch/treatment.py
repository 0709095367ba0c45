"""What may become of a flag on its way to one engine.

Every flag has a treatment for each engine, and no flag is ignored in silence: it is handed on,
translated, done by our own server, told as needless with the reason, or refused with what to use
instead.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from shuowen.errors import UsageError

Value = Any
"""What a flag was given: text, a number, True for a switch, a tuple of texts, or decoded JSON."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a flag comes to.

    Attributes:
        words: For the engine's command line, in order.
        environment: Variables for the engine.
        options: Fields of the options of our own engine.
        merged: Parts of flags that several of ours make up, by the engine's flag.
        told: What the person should know, a sentence; empty for what goes without saying.
    """

    words: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    merged: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    told: str = ""


class Treatment(Protocol):
    """What becomes of a flag on one engine."""

    @property
    def label(self) -> str:
        """In a word or two, for tables: "handed on"."""

    @property
    def note(self) -> str:
        """How or why, for tables; may be empty."""

    def apply(self, name: str, value: Value) -> Outcome:
        """Carry it out; raises `UsageError` where the flag, or this value, is refused."""


@dataclass(frozen=True)
class Ours:
    """Our server does what the flag says, whichever engine answers."""

    note: str = ""
    label: ClassVar[str] = "our server"

    def apply(self, name: str, value: Value) -> Outcome:
        """Nothing is left for the engine to do."""
        return Outcome()


@dataclass(frozen=True)
class Passed:
    """The engine has the same flag."""

    note: str = ""
    label: ClassVar[str] = "handed on"

    def apply(self, name: str, value: Value) -> Outcome:
        """The flag as it was given."""
        return Outcome(words=words_of(name, value))


@dataclass(frozen=True)
class Renamed:
    """The engine has the flag under another name."""

    engine_name: str
    note: str = ""

    @property
    def label(self) -> str:
        """The other name, as code."""
        return f"`{self.engine_name}`"

    def apply(self, name: str, value: Value) -> Outcome:
        """The other name with the same value; what the note says is told."""
        told = f"{name} becomes {self.engine_name}: {self.note}." if self.note else ""
        return Outcome(words=words_of(self.engine_name, value), told=told)


@dataclass(frozen=True)
class Converted:
    """The flag becomes something else, which depends on its value."""

    shown: str
    convert: Callable[[str, Value], Outcome]
    note: str = ""

    @property
    def label(self) -> str:
        """What it becomes."""
        return self.shown

    def apply(self, name: str, value: Value) -> Outcome:
        """What the value becomes; raises `UsageError` for one that the engine has nothing for."""
        return self.convert(name, value)


@dataclass(frozen=True)
class Needless:
    """The flag changes nothing about answers here, so that leaving it out is right."""

    note: str
    label: ClassVar[str] = "not needed"

    def apply(self, name: str, value: Value) -> Outcome:
        """Tells so."""
        return Outcome(told=f"{name} has no effect here: {self.note}.")


@dataclass(frozen=True)
class Refused:
    """The engine cannot do it, and answers would not be what was asked for.

    Attributes:
        note: Why, a sentence without its full stop.
        instead: What the person can do, a sentence.
        unless: Values that ask for nothing, such as the default.
    """

    note: str
    instead: str = "Leave it out."
    unless: tuple[Value, ...] = ()
    label: ClassVar[str] = "refused"

    def apply(self, name: str, value: Value) -> Outcome:
        """Raises `UsageError`, unless the value asks for nothing."""
        if value in self.unless:
            return Outcome()
        raise UsageError(f"{name} is refused: {self.note}.", self.instead)


def words_of(name: str, value: Value) -> tuple[str, ...]:
    """A flag with its value as words of a command line."""
    if value is True:
        return (name,)
    if isinstance(value, tuple):
        return (name, *value)
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)
    # A value that begins with a dash would be taken for a flag.
    return (f"{name}={text}",) if text.startswith("-") else (name, text)
