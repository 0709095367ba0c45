"""Boxes, points, tool calls and boxed results, also where the model writes nonsense."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuowen.document.model import Box
from shuowen.generation.answers import (
    GroundedBox,
    GroundedPoint,
    find_bare_box,
    find_boxed,
    find_boxes,
    find_grounding,
    find_tool_calls,
)
from shuowen.prompt.messages import ToolCall

MARKS: tuple[str, ...] = (
    "<ref>",
    "</ref>",
    "<box>",
    "</box>",
    "<tool_call>",
    "</tool_call>",
    "\\boxed{",
    "\\{",
)
MARKS += (
    "}",
    "{",
    "[[",
    "]]",
    "[1, 2, 3, 4]",
    '{"name": "a", "arguments": {}}',
    '"',
    "\\",
    "\ud800",
)
SOUP = st.lists(st.one_of(st.sampled_from(MARKS), st.text(max_size=4)), max_size=30).map("".join)


def test_boxes_become_pixels_of_the_picture() -> None:
    text = (
        "```\n<ref>印章 seal</ref><box>[[100, 200, 300, 400], [0, 0, 1000, 1000]]</box>\n"
        "<ref>title</ref> <box>[[10.5, 0, 20, 500]]</box>\n```"
    )
    assert find_boxes(text, 2000, 1000) == [
        GroundedBox("印章 seal", Box(200, 200, 600, 400)),
        GroundedBox("印章 seal", Box(0, 0, 2000, 1000)),
        GroundedBox("title", Box(21, 0, 40, 500)),
    ]


def test_two_numbers_are_a_point_to_click_on() -> None:
    found = find_grounding("Click <ref>OK</ref><box>[[500, 250]]</box>", 1920, 1080)
    assert found.points == [GroundedPoint("OK", (960, 270))]
    assert found.boxes == []


def test_a_box_may_lack_a_label_and_a_label_does_not_reach_over_text() -> None:
    text = "<box>[[1, 2, 3, 4]]</box> <ref>a</ref> is not <box>[1, 2, 3, 4]</box>"
    assert [each.label for each in find_boxes(text, 1000, 1000)] == ["", ""]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "[[1, 2, 3]]",
        "[[1, 2, 3, 1001]]",
        "[[-1, 2, 3, 4]]",
        "[[5, 2, 3, 4]]",
        "[[1, 2, 1, 4]]",
        "[[1, 2, x, 4]]",
        "[[1, 2, , 4]]",
        "[[1, 2, 3, 4], [nan, 1, 2, 3]]",
        "1, 2, 3, 4",
        "[[" + "9" * 5000 + ", 2, 3, 4]]",
    ],
)
def test_what_is_no_box_is_left_out_with_a_notice(content: str) -> None:
    found = find_grounding(f"<ref>a</ref><box>{content}</box>", 100, 100)
    assert not found.boxes
    assert not found.points
    assert len(found.notices) == 1
    assert len(found.notices[0]) < 120


def test_one_wrong_box_does_not_cost_the_others() -> None:
    found = find_grounding("<box>[[1, 2, 3, 4000], [1, 2, 3, 4]]</box>", 1000, 1000)
    assert found.boxes == [GroundedBox("", Box(1, 2, 3, 4))]
    assert found.notices == ["[1, 2, 3, 4000] is no box of 0 to 1000, left and top first."]


def test_a_bare_box_is_read_as_the_evaluation_reads_it() -> None:
    assert find_bare_box("It is at [100, 200,300,400].", 1000, 500) == Box(100, 100, 300, 200)
    assert find_bare_box("[0.1, 0.2, 0.3, 0.4]", 1000, 500) == Box(100, 100, 300, 200)
    assert find_bare_box("[1] and [[10, 20, 30, 40], [5, 6, 7, 8]]", 1000, 1000) == Box(
        10, 20, 30, 40
    )
    assert find_bare_box("[10, 20, 30]", 100, 100) is None
    assert find_bare_box("[10, 20, 5, 40]", 100, 100) is None
    assert find_bare_box("[nan, 20, 30, 40]", 100, 100) is None


def test_tool_calls_are_taken_out_of_the_text() -> None:
    text = (
        "I look it up.\n<tool_call>\n"
        '{"name": "find", "arguments": {"q":  "发票 </tool_call>", "n": 1.0}}\n</tool_call>\n'
        '<tool_call>{"arguments": {}, "name": "now"}</tool_call>'
    )
    rest, calls = find_tool_calls(text)
    assert rest == "I look it up."
    assert calls == (
        ToolCall("find", '{"q":  "发票 </tool_call>", "n": 1.0}'),
        ToolCall("now", "{}"),
    )


@pytest.mark.parametrize(
    "inside",
    [
        "",
        "{",
        "find(1)",
        '{"name": "find"}',
        '{"arguments": {}}',
        '{"name": "", "arguments": {}}',
        '{"name": 3, "arguments": {}}',
        '{"name": "find", "arguments": [1]}',
        '{"name": "find", "arguments": "{}"}',
        '{"name": "find", "arguments": {"a": NaN}}',
        '{"name": "find", "arguments": {}} and more',
        '[{"name": "find", "arguments": {}}]',
    ],
)
def test_a_malformed_call_stays_in_the_text(inside: str) -> None:
    text = f" a <tool_call>{inside}</tool_call> b "
    assert find_tool_calls(text) == (text, ())


def test_a_call_that_is_not_closed_stays_in_the_text() -> None:
    text = '<tool_call>{"name": "find", "arguments": {}}'
    assert find_tool_calls(text) == (text, ())


@pytest.mark.parametrize(
    ("text", "result"),
    [
        (r"So \boxed{42}.", "42"),
        (r"\boxed{1} then \boxed{\frac{1}{2}}", r"\frac{1}{2}"),
        (r"\boxed{\{1, 2\}}", r"\{1, 2\}"),
        (r"\boxed{\text{a } b}, and \boxed{unclosed", r"\text{a } b"),
        (r"\boxed {7}", "7"),
        (r"\boxed{\boxed{8}}", "8"),
        (r"} \boxed{9}", "9"),
        (r"\\boxed{10}", "10"),
        (r"\boxed{}", ""),
        (r"\begin{cases} a \\{b} \end{cases} \boxed{c}", "c"),
        (r"boxed{1}", None),
        (r"\boxed{1", None),
        ("", None),
    ],
)
def test_the_last_complete_box_is_the_result(text: str, result: str | None) -> None:
    assert find_boxed(text) == result


@given(SOUP)
def test_no_text_makes_a_parser_raise(text: str) -> None:
    found = find_grounding(text, 640, 480)
    for each in found.boxes:
        assert 0 <= each.box.left < each.box.right <= 640
        assert 0 <= each.box.top < each.box.bottom <= 480
    find_bare_box(text, 640, 480)
    rest, calls = find_tool_calls(text)
    assert calls or rest == text
    assert all(isinstance(json.loads(call.arguments), dict) for call in calls)
    boxed = find_boxed(text)
    assert boxed is None or boxed in text


PARSERS: list[Callable[[str], object]] = [
    lambda text: find_grounding(text, 10, 10),
    lambda text: find_bare_box(text, 10, 10),
    find_tool_calls,
    find_boxed,
]


@pytest.mark.parametrize("parse", PARSERS)
@pytest.mark.parametrize(
    "unit",
    [
        "<ref>",
        "<box>",
        "<box>[[1, ",
        "<ref>a</ref><box>",
        "[",
        "[1,",
        "[1, 2, 3, 4",
        "<tool_call>",
        "<tool_call>   ",
        '<tool_call>{"a":"',
        '<tool_call>{\\"a\\":"',
        '<tool_call>{"a":[',
        '<tool_call>{"name":"a","arguments":{"b":',
        "\\boxed{",
        "\\boxed ",
        "{",
        "\\",
        " ",
    ],
)
def test_time_grows_no_faster_than_the_text(parse: Callable[[str], object], unit: str) -> None:
    text = unit * (200_000 // len(unit))
    start = time.process_time()
    parse(text)
    assert time.process_time() - start < 2
