from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuowen.config import REPAIR_CHOICES, ReadOptions
from shuowen.errors import FieldError
from shuowen.server.documents.wishes import Wishes, wishes_from_fields, wishes_from_json

ALL: dict[str, Any] = {
    "pages": "1-3",
    "password": "hush",
    "text_layer": "never",
    "effort": "fast",
    "dpi": 300,
    "min_confidence": 0.75,
    "force_repairs": ("deskew", "light"),
    "forbid_repairs": ("dewarp",),
}


def test_every_option_is_taken_from_json_and_from_fields() -> None:
    wanted = Wishes(options=ReadOptions(**ALL), formats=("md", "json"))
    as_json = {name: list(v) if isinstance(v, tuple) else v for name, v in ALL.items()}
    assert wishes_from_json({**as_json, "formats": ["md", "json", "md"]}) == wanted
    pairs = [
        (name, ",".join(value) if isinstance(value, tuple) else str(value))
        for name, value in ALL.items()
    ]
    assert wishes_from_fields([*pairs, ("formats", "md,json")]) == wanted
    assert wishes_from_fields([("formats", "md"), *pairs, ("formats", "json")]) == wanted
    assert wishes_from_fields([("options", '{"dpi": 300, "formats": ["md"]}')]) == Wishes(
        options=ReadOptions(dpi=300), formats=("md",)
    )


def test_nothing_asked_for_is_what_the_command_line_does() -> None:
    assert wishes_from_json({}) == wishes_from_fields([]) == Wishes()


@pytest.mark.parametrize(
    "values, param, message",
    [
        ({"page": "1"}, "options.page", "There is no option 'page'. Did you mean pages?"),
        ({"dpi": "300"}, "options.dpi", "not a whole number"),
        ({"dpi": True}, "options.dpi", "not a whole number"),
        ({"dpi": 300.0}, "options.dpi", "not a whole number"),
        ({"dpi": 10**30}, "options.dpi", "Choose 36 to 1200"),
        ({"dpi": None}, "options.dpi", "not a whole number"),
        ({"pages": 1}, "options.pages", "not text"),
        ({"pages": "3-1"}, "options.pages", "runs nowhere"),
        ({"pages": "one"}, "options.pages", "malformed"),
        ({"pages": "1," * 3000}, "options.pages", "too long"),
        ({"effort": "huge"}, "options.effort", "Choose one of: fast, normal, max"),
        ({"text_layer": "x"}, "options.text_layer", "auto, always, never"),
        ({"password": ["x"]}, "options.password", "not text"),
        ({"min_confidence": "0.5"}, "options.min_confidence", "not a number"),
        ({"min_confidence": True}, "options.min_confidence", "not a number"),
        ({"min_confidence": 1.5}, "options.min_confidence", "Choose 0 to 1"),
        ({"min_confidence": 10**30}, "options.min_confidence", "Choose 0 to 1"),
        ({"force_repairs": ["polish"]}, "options.force_repairs", "no repair.*orientation, deskew"),
        ({"force_repairs": ["all"]}, "options.force_repairs", "no repair"),
        ({"forbid_repairs": [None]}, "options.forbid_repairs", "no repair.*all"),
        ({"forbid_repairs": {}}, "options.forbid_repairs", "no repair"),
        (
            {"forbid_repairs": ["light"], "force_repairs": ["light"]},
            "options.forbid_repairs",
            "light is both",
        ),
        ({"formats": "md"}, None, ""),
        ({"formats": ["overlay"]}, "options.formats", "There are: md, json, html, txt"),
        ({"formats": [{}]}, "options.formats", "no document is written in"),
        ({"formats": 3}, "options.formats", "no document is written in"),
        ([], "options", "not an object"),
        ("x", "options", "not an object"),
    ],
)
def test_wrong_options_are_refused_by_name(values: Any, param: str | None, message: str) -> None:
    if param is None:
        wishes_from_json(values)
        return
    with pytest.raises(FieldError, match=message) as caught:
        wishes_from_json(values)
    assert caught.value.param == param


@pytest.mark.parametrize(
    "pairs, param, message",
    [
        ([("dpi", "3e2")], "dpi", "not a whole number"),
        ([("dpi", "٣٠٠")], "dpi", "not a whole number"),
        ([("dpi", "9" * 5000)], "dpi", "not a whole number"),
        ([("dpi", "100"), ("dpi", "100")], "dpi", "given twice"),
        ([("min_confidence", "nan")], "min_confidence", "not a number"),
        ([("min_confidence", "2")], "min_confidence", "Choose 0 to 1"),
        ([("force_repairs", "light,")], "force_repairs", "no repair"),
        ([("options", '{"dpi": 100}'), ("dpi", "100")], "dpi", "given twice"),
        ([("options", "{")], "options", "not a JSON object"),
        ([("options", "[" * 100_000)], "options", "not a JSON object"),
        ([("", "")], "", "There is no option ''"),
        ([("x" * 1000, "")], "x" * 1000, "There is no option 'x+…'"),
    ],
)
def test_wrong_fields_are_refused_by_name(
    pairs: list[tuple[str, str]], param: str, message: str
) -> None:
    with pytest.raises(FieldError, match=message) as caught:
        wishes_from_fields(pairs)
    assert caught.value.param == param


def test_repairs_may_come_in_any_order_and_all_be_forbidden_but_one() -> None:
    others = tuple(name for name in REPAIR_CHOICES if name != "light")
    wanted = Wishes(options=ReadOptions(force_repairs=("light",), forbid_repairs=others))
    assert wishes_from_json({"forbid_repairs": ["all"], "force_repairs": ["light"]}) == wanted
    pairs = [("forbid_repairs", "all"), ("force_repairs", "light")]
    assert wishes_from_fields(pairs) == wishes_from_fields(pairs[::-1]) == wanted
    twice = [("force_repairs", "light, deskew"), ("force_repairs", "light"), ("forbid_repairs", "")]
    assert wishes_from_fields(twice).options.force_repairs == ("deskew", "light")
    assert wishes_from_json({"min_confidence": 1}).options.min_confidence == 1.0


@given(
    st.lists(
        st.tuples(st.sampled_from([*ALL, "formats", "options", "x"]), st.text(max_size=8)),
        max_size=4,
    )
)
def test_whatever_comes_is_taken_or_refused_by_name(pairs: list[tuple[str, str]]) -> None:
    try:
        wishes = wishes_from_fields(pairs)
    except FieldError as error:
        assert isinstance(error.param, str)
    else:
        assert isinstance(wishes.options, ReadOptions)
