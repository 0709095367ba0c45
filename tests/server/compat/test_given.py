"""Values of fields are read as what they should be; what is wrong is named."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shuowen.errors import FieldError
from shuowen.server.compat.given import Given

BIG = 2**63 - 1


@pytest.mark.parametrize("value", [True, "true", "True", ("1",), ("no", " on ")])
def test_true(value: Any) -> None:
    assert Given({"x": value}).flag("x", default=False) is True


@pytest.mark.parametrize("value", [False, "False", ("0",), ("yes", "off")])
def test_false(value: Any) -> None:
    assert Given({"x": value}).flag("x", default=True) is False


def test_absent_and_null_are_the_default() -> None:
    for values in ({}, {"x": None}):
        given = Given(values)
        assert given.flag("x", default=True) is True
        assert given.integer("x", default=7, minimum=0, maximum=9) == 7
        assert given.number("x", minimum=0) is None
        assert given.text("x", default="d") == "d"
        assert given.choice("x", ("a", "d"), default="d") == "d"
        assert given.several("x") == []
        assert given.inside("x") == {}
        assert not given.has("x")


def test_values() -> None:
    given = Given(
        {"n": ("12",), "f": "1.5", "l": [1, 2], "t": ("a", "b"), "o": {"k": 1}, "big": BIG}
    )
    assert given.integer("n", default=0, minimum=0, maximum=20) == 12
    assert given.integer("big", default=0, minimum=0, maximum=BIG) == BIG
    assert given.number("f", minimum=1) == 1.5
    assert given.several("l") == [1, 2]
    assert given.several("t") == ["a", "b"]
    assert given.several("o") == [{"k": 1}]
    assert given.text("t") == "b"
    assert given.inside("o") == {"k": 1}
    assert given.is_object("o") and not given.is_object("l")


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("maybe", lambda given: given.flag("x", default=True)),
        (1, lambda given: given.flag("x", default=True)),
        (True, lambda given: given.integer("x", default=0, minimum=0, maximum=9)),
        ("1e3", lambda given: given.integer("x", default=0, minimum=0, maximum=9999)),
        ("٣", lambda given: given.integer("x", default=0, minimum=0, maximum=9)),
        (10, lambda given: given.integer("x", default=0, minimum=0, maximum=9)),
        (1.5, lambda given: given.integer("x", default=0, minimum=0, maximum=9)),
        ("9" * 5000, lambda given: given.integer("x", default=0, minimum=0, maximum=9)),
        ("nan", lambda given: given.number("x", minimum=0)),
        ("inf", lambda given: given.number("x", minimum=0)),
        (-1, lambda given: given.number("x", minimum=0)),
        (False, lambda given: given.number("x", minimum=0)),
        (10**400, lambda given: given.number("x", minimum=0)),
        ([], lambda given: given.text("x")),
        ("c", lambda given: given.choice("x", ("a", "b"), default="a")),
        ([1], lambda given: given.inside("x")),
    ],
)
def test_what_is_wrong_is_named(value: Any, read: Callable[[Given], Any]) -> None:
    with pytest.raises(FieldError) as caught:
        read(Given({"x": value}, "options."))
    assert caught.value.param == "options.x"
