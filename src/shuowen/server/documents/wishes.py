"""What a request brings: how to read its document, each option checked, and where that is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from typing import Any

import msgspec

from shuowen.config import EFFORT_CHOICES, MAX_DPI, MIN_DPI, TEXT_LAYER_CHOICES, ReadOptions
from shuowen.errors import FieldError, UsageError
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
        elif name == _FORMATS:
            found = {name: [*given.pop(name, ()), *value.split(",")]}
        else:
            found = {name: _number(value) if name == "dpi" else value}
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
    for name, value in values.items():
        param = f"{prefix}{name}"
        if name not in _NAMES:
            raise _unknown(name, param)
        if name == _FORMATS:
            formats = _formats(value, param)
        else:
            options = _with_option(options, name, value, param)
    return Wishes(options=options, formats=formats)


def _with_option(options: ReadOptions, name: str, value: object, param: str) -> ReadOptions:
    is_right = type(value) is type(getattr(options, name))
    if not is_right:
        kind = "a whole number" if name == "dpi" else "text"
        raise FieldError(f"{param} is not {kind}.", _hint(name), param=param)
    if isinstance(value, str) and len(value) > _MAX_CHARACTERS:
        raise FieldError(f"{param} is too long.", _hint(name), param=param)
    try:
        if name == "pages":
            check_ranges(str(value))
        return replace(options, **{name: value})  # type: ignore[arg-type]  # its type was checked
    except UsageError as error:
        raise FieldError(error.message, error.hint, param=param) from error


def _formats(value: object, param: str) -> tuple[str, ...]:
    names = value if isinstance(value, list) else [value]
    for name in names:
        if name not in DOCUMENT_FORMATS:
            raise FieldError(
                f"{param} has a format that no document is written in.",
                f"There are: {', '.join(DOCUMENT_FORMATS)}.",
                param=param,
            )
    return tuple(dict.fromkeys(names))


def _number(text: str) -> int | str:
    is_number = text.isascii() and text.isdecimal() and len(text) < 10
    return int(text) if is_number else text


def _hint(name: str) -> str:
    return {
        "pages": 'Write "3", "5-10", "3-" or "-4", joined by commas.',
        "dpi": f"Choose {MIN_DPI} to {MAX_DPI}.",
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
