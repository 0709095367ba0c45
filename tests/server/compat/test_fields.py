"""Every field of a contract is honoured, accepted or refused, and nothing is ignored."""

from __future__ import annotations

from typing import Any

import pytest

from shuowen.errors import FieldError
from shuowen.server.compat.fields import Contract, FieldTable, accepted, honoured, refused

TABLE = FieldTable(
    prefix="options.",
    fields=(
        honoured("size", "how large", {"type": "integer"}, required=True),
        *accepted("seed temperature", "there is no sampling"),
        *refused("describe", "pictures are not described", False),
        *refused("hook", "nobody is called", [], ""),
    ),
)


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"seed": 1, "temperature": None},
        {"describe": False},
        {"describe": None},
        {"describe": ("False",)},
        {"describe": ("0", "no")},
        {"hook": []},
        {"hook": ""},
    ],
)
def test_what_asks_for_nothing_passes(more: dict[str, Any]) -> None:
    TABLE.check({"size": 1, **more})


@pytest.mark.parametrize(
    ("given", "param", "words"),
    [
        ({"size": 1, "colour": "red"}, "options.colour", "There is no field"),
        ({"size": 1, "colour": None}, "options.colour", "There is no field"),
        ({"size": 1, "describe": True}, "options.describe", "pictures are not described"),
        ({"size": 1, "describe": ("true",)}, "options.describe", "not supported"),
        ({"size": 1, "describe": 0}, "options.describe", "not supported"),
        ({"size": 1, "hook": ["x"]}, "options.hook", "nobody is called"),
        ({"size": 1, "hook": ("", "x")}, "options.hook", "nobody is called"),
        ({}, "options.size", "is missing"),
        ({"size": None}, "options.size", "is missing"),
    ],
)
def test_everything_else_is_refused_by_name(given: dict[str, Any], param: str, words: str) -> None:
    with pytest.raises(FieldError, match=words) as caught:
        TABLE.check(given)
    assert caught.value.param == param


def test_schema_and_markdown_say_the_same() -> None:
    schema = TABLE.schema()
    assert schema["required"] == ["size"]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["seed"]["description"].startswith("Accepted without effect")
    assert schema["properties"]["describe"]["description"].startswith("Refused")
    contract = Contract(
        title="Other",
        endpoints=("POST /x",),
        encoding="JSON",
        tables=(TABLE,),
        remarks=("It is so.",),
    )
    text = contract.markdown()
    assert "### Other" in text and "`POST /x`" in text and "It is so." in text
    assert "| `options.seed`, `options.temperature` | accepted | there is no sampling |" in text
    assert text.count("|---|---|---|") == 1
