"""The part of docs/server.md that says what becomes of every field, made from `fields.py`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from shuowen.engines.remote_options import Dialect
from shuowen.server.chat.field_rules import SERVER_NAMES, Field, Rule
from shuowen.server.chat.fields import FIELDS

_INTRODUCTION = """\
Nothing is ignored in silence. Every field is *honoured*, *passed on* to the other server as it
is, taken with *no effect* for the reason given, or **refused** with status 400, which names the
field. `null` counts as absent, and what asks for nothing (such as `"store": false`) is always
taken. Fields that are not in these tables are refused as unknown. The columns say who answers: the
embedded reader (`shuowen-embedded`), a language model that runs here, or another server behind this
one."""


def tables() -> str:
    """The tables, in Markdown."""
    body = [field for field in FIELDS.fields if not field.place]
    places = list(dict.fromkeys(field.place for field in FIELDS.fields if field.place))
    inner = [field for place in places for field in FIELDS.fields if field.place == place]
    return "\n".join(
        (
            _INTRODUCTION,
            "",
            *_table("Field", body),
            "",
            "Inside messages, their parts and the options:",
            "",
            *_table("Where · field", inner),
        )
    )


def _table(first: str, fields: Iterable[Field]) -> Iterator[str]:
    yield f"| {first} | of | reader | model here | other server |"
    yield "|---|---|---|---|---|"
    for field in fields:
        where = f"{_place(field.place)} · " if field.place else ""
        cells = [
            _cell(field, field.reader),
            _cell(field, field.engine),
            _cell(field, field.upstream, field.dialects),
        ]
        if len(set(cells)) == 1:
            cells[1:] = ["same", "same"]
        yield f"| {where}`{field.name}` | {field.origin} | {' | '.join(cells)} |"


def _place(place: str) -> str:
    """`image_url{}` is the object inside a part, `image_url` the part."""
    if place.endswith("{}"):
        return f"`{place.removesuffix('{}')}` object"
    is_inner = "." in place or "[" in place or place.endswith(("options", "format"))
    return f"`{place}`" if is_inner else f"`{place}` part"


def _cell(field: Field, rule: Rule, dialects: tuple[Dialect, ...] = ()) -> str:
    name = "**refused**" if rule.treatment == "refused" else rule.treatment
    text = f"{name}: {rule.note}" if rule.note else name
    if dialects and rule.treatment != "refused":
        text += f" ({', '.join(SERVER_NAMES[each] for each in dialects)}; others: **refused**)"
    elif rule.treatment == "refused" and field.neutral:
        taken = " or ".join(f"`{json.dumps(each)}`" for each in field.neutral)
        text += f" (but {taken} is taken)"
    return text
