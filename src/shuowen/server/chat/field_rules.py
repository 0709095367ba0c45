"""What may become of a field of a request, and the check that nothing is ignored in silence."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal, get_args

import msgspec

from shuowen.engines.remote_options import Dialect
from shuowen.errors import FieldError
from shuowen.server.chat.model import ModelKind

Treatment = Literal["honoured", "passed on", "no effect", "refused"]
"""honoured: does what it says; passed on: goes to the other server as it is; no effect: taken, for
a stated reason without effect; refused: an error that names it, unless its value asks nothing."""

Origin = Literal["OpenAI", "LMDeploy", "vLLM", "Anthropic", "Shuowen"]


@dataclass(frozen=True)
class Rule:
    """What becomes of a field, and why or how, as a sentence without its full stop."""

    treatment: Treatment
    note: str = ""


_MAX_NAMES_SHOWN = 12
_MAX_NAME = 60  # looking for the nearest takes time with the square of the length

HONOURED = Rule("honoured")
PASSED_ON = Rule("passed on")
REFUSED = partial(Rule, "refused")
NO_EFFECT = partial(Rule, "no effect")


@dataclass(frozen=True, kw_only=True)
class Field:
    """A field of a request.

    Attributes:
        place: The object that it is in; empty for the body itself.
        name: Its name there.
        origin: Whose field it is.
        reader: What becomes of it where the embedded reader answers.
        engine: … where a model that runs here answers.
        upstream: … where another server answers.
        dialects: The servers that know it; others refuse it. Empty for all.
        neutral: Values that ask nothing, so that they are taken where others are refused.
    """

    place: str = ""
    name: str
    origin: Origin = "OpenAI"
    reader: Rule
    engine: Rule
    upstream: Rule
    dialects: tuple[Dialect, ...] = ()
    neutral: tuple[Any, ...] = ()

    def rule(self, kind: ModelKind) -> Rule:
        """What becomes of it where a model of that kind answers."""
        if kind == "reader":
            return self.reader
        if kind == "engine":
            return self.engine
        if self.dialects and kind not in self.dialects and self.upstream.treatment != "refused":
            servers = " and ".join(SERVER_NAMES[each] for each in self.dialects)
            return REFUSED(f"The other server is not known to have it; {servers} have it")
        return self.upstream


SERVER_NAMES: Mapping[Dialect, str] = {
    "openai": "OpenAI",
    "lmdeploy": "LMDeploy",
    "vllm": "vLLM",
    "shuowen": "Shuowen",
}


def field_of(place: str, name: str, reader: Rule, engine: Rule, upstream: Rule) -> Field:
    """A field of OpenAI's; `replace` adds what is special about it."""
    return Field(place=place, name=name, reader=reader, engine=engine, upstream=upstream)


def same(place: str, name: str, rule: Rule, **more: Any) -> Field:
    """A field of which the same becomes everywhere."""
    return replace(field_of(place, name, rule, rule, rule), **more)


class FieldTable:
    """All fields that are known, by the object that they are in."""

    def __init__(self, fields: Iterable[Field]) -> None:
        self.fields = tuple(fields)
        self._places: dict[str, dict[str, Field]] = {}
        for each in self.fields:
            known = self._places.setdefault(each.place, {})
            assert each.name not in known, f"{each.place} has two fields {each.name}"
            known[each.name] = each

    def kept(
        self,
        place: str,
        given: Mapping[str, Any],
        kind: ModelKind,
        param: str,
        read: Callable[[Any], Any] = lambda value: value,
    ) -> dict[str, Any]:
        """The fields of an object that have an effect; null counts as absent.

        Args:
            place: The object.
            given: Its fields.
            kind: Who answers.
            param: What the object is called in errors; empty for the body.
            read: Decodes a value, where `given` holds bytes.

        Raises:
            FieldError: A field is not known, or refused.
        """
        known = self._places[place]
        kept: dict[str, Any] = {}
        for name, value in given.items():
            path = f"{param}.{name}" if param else name
            if name not in known:
                raise _unknown(name, path, known)
            rule = known[name].rule(kind)
            if rule.treatment == "refused":
                _check_neutral(known[name], rule, read(value), path)
            elif rule.treatment != "no effect":
                kept[name] = value
        return {name: value for name, value in kept.items() if not _is_null(value)}

    def passed_on(self, names: Iterable[str], kind: ModelKind) -> list[str]:
        """Those fields of a body that go to another server as they are."""
        if kind not in get_args(Dialect):
            return []
        body = self._places[""]
        return [name for name in names if body[name].rule(kind).treatment == "passed on"]


def _is_null(value: Any) -> bool:
    return value is None or (isinstance(value, msgspec.Raw) and bytes(value) == b"null")


def _check_neutral(field: Field, rule: Rule, value: Any, path: str) -> None:
    if value is not None and not any(_equal(value, each) for each in field.neutral):
        raise FieldError(f"{path} is not supported: {rule.note}.", "Leave it out.", param=path)


def _equal(value: Any, neutral: Any) -> bool:
    """Whether two values of JSON are equal; Python's True is 1, JSON's is not."""
    return type(value) is type(neutral) and bool(value == neutral)


def _unknown(name: str, path: str, known: Mapping[str, Field]) -> FieldError:
    near = difflib.get_close_matches(name[:_MAX_NAME], known, n=1)
    hint = "docs/server.md lists all that there are."
    if near or len(known) <= _MAX_NAMES_SHOWN:
        hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(known)}."
    return FieldError(f"There is no field {path[:200]!r}.", hint, param=path[:200])
