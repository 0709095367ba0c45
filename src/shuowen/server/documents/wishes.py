"""What a request brings: how to read its document, each option checked, and where that is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from typing import Any

import msgspec

from shuowen.config import (
    EFFORT_CHOICES,
    MAX_DPI,
    MIN_DPI,
    REPAIR_CHOICES,
    TEXT_LAYER_CHOICES,
    ReadOptions,
)
from shuowen.errors import FieldError, UsageError
from shuowen.reading.repair_choice import FORBIDDABLE, forbidden_repairs, forced_repairs
from shuowen.source.ranges import check_ranges
from shuowen.writers import WRITERS, DocumentWriter

DOCUMENT_FORMATS = tuple(
    name for name, writer in WRITERS.items() if isinstance(writer, DocumentWriter)
)
"""Formats in which a whole document can be fetched."""

_FORMATS = "formats"
_NAMES = (*(each.name for each in fields(ReadOptions)), _FORMATS)
FORM_FIELDS = frozenset((*_NAMES, "options", "name"))
"""What a form may hold besides the document."""
_MAX_CHARACTERS = 4096

_FORCED, _FORBIDDEN = "force_repairs", "forbid_repairs"
_LISTS: Mapping[str, tuple[str, ...]] = {
    _FORMATS: DOCUMENT_FORMATS,
    _FORCED: REPAIR_CHOICES,
    _FORBIDDEN: FORBIDDABLE,
}
"""Options that are lists, and what may be in them."""
_NUMBERS = {
    "dpi": (int, re.compile(r"[0-9]{1,9}"), "a whole number"),
    "min_confidence": (float, re.compile(r"[0-9]{1,9}(\.[0-9]{1,15})?"), "a number"),
}
"""Options that are numbers: their type, how they are written in a form, and what to call them."""


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """How to read a document, and what will be fetched of it."""

    options: ReadOptions = ReadOptions()
    formats: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Received:
    """What a request brought, once its document is on disk.

    Attributes:
        name: As the client calls the document; may be empty or anything.
        wishes: How to read it.
        sha256: Of its content; empty for a URL.
        num_bytes: Its size; None for a URL.
        url: Where to download it; empty when it is here.
    """

    name: str
    wishes: Wishes
    sha256: str = ""
    num_bytes: int | None = None
    url: str = ""


def wishes_from_json(values: object, path: str = "options") -> Wishes:
    """Options as a JSON object.

    Args:
        values: What was decoded.
        path: Where it stood, for errors.

    Raises:
        FieldError: It is no object, or an option is unknown or has a wrong value.
    """
    if not isinstance(values, Mapping):
        raise FieldError(f"{path} is not an object.", 'Send {"pages": "1-3"}, say.', param=path)
    return _wishes(values, f"{path}.")


def wishes_from_fields(pairs: Iterable[tuple[str, str]]) -> Wishes:
    """Options as fields of a form or a query: text all of them, `options` itself as JSON.

    Raises:
        FieldError: As above, or an option comes twice.
    """
    given: dict[str, Any] = {}
    for name, value in pairs:
        if name == "options":
            found = _options_field(value)
        elif name in _LISTS:
            found = {name: [*given.pop(name, ()), *_names(value)]}
        else:
            found = {name: _number(name, value)}
        twice = given.keys() & found.keys()
        if twice:
            raise FieldError(f"{min(twice)} is given twice.", "Give it once.", param=min(twice))
        given.update(found)
    return _wishes(given, "")


def _options_field(text: str) -> dict[str, Any]:
    """The form field `options`, which is a JSON object; raises `FieldError`."""
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError) as error:
        raise FieldError(
            "options is not a JSON object.", 'Send {"pages": "1-3"}, say.', param="options"
        ) from error


def _wishes(values: Mapping[str, Any], prefix: str) -> Wishes:
    options = ReadOptions()
    formats: tuple[str, ...] = ()
    # What is forbidden comes last: "all" means all but what is forced.
    for name, value in sorted(values.items(), key=lambda given: given[0] == _FORBIDDEN):
        param = f"{prefix}{name}"
        if name not in _NAMES:
            raise _unknown(name, param)
        if name == _FORMATS:
            formats = _listed(name, value, param)
        else:
            options = _with_option(options, name, value, param)
    return Wishes(options=options, formats=formats)


def _with_option(options: ReadOptions, name: str, value: object, param: str) -> ReadOptions:
    checked = _checked(options, name, value, param)
    try:
        if name == "pages":
            check_ranges(str(checked))
        return replace(options, **{name: checked})  # type: ignore[arg-type]  # it was checked
    except UsageError as error:
        raise FieldError(error.message, error.hint, param=param) from error


def _checked(options: ReadOptions, name: str, value: object, param: str) -> object:
    """The value with the type that the option has; raises `FieldError`."""
    if name == _FORCED:
        return forced_repairs(_listed(name, value, param))
    if name == _FORBIDDEN:
        return forbidden_repairs(_listed(name, value, param), options.force_repairs)
    if name in _NUMBERS:
        kind, _, called = _NUMBERS[name]
        if type(value) not in (kind, int):
            raise FieldError(f"{param} is not {called}.", _hint(name), param=param)
        # 0 and 1 may stand for 0.0 and 1.0; any other whole number is out of range there.
        return kind(value) if value in (0, 1) else value
    if not isinstance(value, str):
        raise FieldError(f"{param} is not text.", _hint(name), param=param)
    if len(value) > _MAX_CHARACTERS:
        raise FieldError(f"{param} is too long.", _hint(name), param=param)
    return value


def _listed(name: str, value: object, param: str) -> tuple[str, ...]:
    """The names in a list, each once; a single one may come without the list."""
    names = value if isinstance(value, list) else [value]
    for each in names:
        if each not in _LISTS[name]:
            is_format = name == _FORMATS
            what = "a format that no document is written in" if is_format else "what is no repair"
            raise FieldError(
                f"{param} has {what}.", f"There are: {', '.join(_LISTS[name])}.", param=param
            )
    return tuple(dict.fromkeys(names))


def _names(text: str) -> list[str]:
    """A list as it is written in a form: joined by commas; nothing is an empty one."""
    return [name.strip() for name in text.split(",")] if text.strip() else []


def _number(name: str, text: str) -> int | float | str:
    """The number in a form's field; the text where it is none, or the option is text."""
    if name not in _NUMBERS:
        return text
    kind, written, _ = _NUMBERS[name]
    return kind(text) if written.fullmatch(text) else text


def _hint(name: str) -> str:
    return {
        "pages": 'Write "3", "5-10", "3-" or "-4", joined by commas.',
        "dpi": f"Choose {MIN_DPI} to {MAX_DPI}.",
        "min_confidence": "Choose 0 to 1.",
        "effort": f"Choose one of: {', '.join(EFFORT_CHOICES)}.",
        "text_layer": f"Choose one of: {', '.join(TEXT_LAYER_CHOICES)}.",
    }.get(name, "")


def _unknown(name: str, param: str) -> FieldError:
    nearest = get_close_matches(name, _NAMES, n=1)
    meant = f"Did you mean {nearest[0]}? " if nearest else ""
    shown = name if len(name) < 50 else f"{name[:50]}…"
    return FieldError(
        f"There is no option {shown!r}.", f"{meant}There are: {', '.join(_NAMES)}.", param=param
    )
