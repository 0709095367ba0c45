from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shuowen.generation.answers import find_tool_calls
from shuowen.server.chat.forced_call import read_forced_call
from shuowen.server.chat.spoken import CALL_MARK, SpokenText

CALL = f'{CALL_MARK}{{"name": "f", "arguments": {{}}}}</tool_call>'
PIECES = st.lists(
    st.one_of(
        st.text("ab \n<", max_size=6),
        st.sampled_from([CALL, CALL_MARK, "<tool", "_call>", "row | row\n" * 20, "- " * 90]),
    ),
    max_size=8,
)


def shown_of(spoken: SpokenText, pieces: list[str], text: str) -> str:
    shown = ""
    for piece in pieces:
        found = spoken.add(piece)
        shown = shown[: len(shown) - found.retracted] + found.text
        assert not found.retracted
    found = spoken.finish(text)
    return shown[: len(shown) - found.retracted] + found.text


@given(PIECES, st.booleans())
def test_in_the_end_everything_was_shown(pieces: list[str], hides_repeats: bool) -> None:
    text = "".join(pieces)
    spoken = SpokenText(hides_calls=False, hides_repeats=hides_repeats)
    assert shown_of(spoken, pieces, text) == text


@given(PIECES, st.booleans())
def test_calls_are_never_shown(pieces: list[str], hides_repeats: bool) -> None:
    text = "".join(pieces)
    rest, calls = find_tool_calls(text)
    spoken = SpokenText(hides_calls=True, hides_repeats=hides_repeats)
    shown = shown_of(spoken, pieces, rest)
    assert shown.split() == rest.split(), "but for white space around calls"
    assert not calls or CALL not in shown


@given(st.lists(st.tuples(st.text("abc", max_size=30), st.integers(0, 40)), max_size=10))
def test_who_reads_along_has_the_same_text_as_the_engine(steps: list[tuple[str, int]]) -> None:
    spoken, text, shown = SpokenText(hides_calls=True, hides_repeats=True), "", ""
    for piece, wanted in steps:
        retracted = min(wanted, len(text))
        text = text[: len(text) - retracted] + piece
        found = spoken.add(piece, retracted)
        shown = shown[: len(shown) - found.retracted] + found.text
        assert text.startswith(shown)
    found = spoken.finish(text)
    assert shown[: len(shown) - found.retracted] + found.text == text


def test_repeats_are_held_back_until_something_else_comes() -> None:
    spoken = SpokenText(hides_calls=False, hides_repeats=True)
    shown = "".join(spoken.add("0 0 0 0\n").text for _ in range(60))
    assert 100 < len(shown) < 140
    assert shown + spoken.add("end").text == "0 0 0 0\n" * 60 + "end"
    assert SpokenText(hides_calls=False, hides_repeats=False).add("a" * 900).text == "a" * 900


def test_what_may_become_a_call_waits() -> None:
    spoken = SpokenText(hides_calls=True, hides_repeats=False)
    assert spoken.add("a <tool").text == "a "
    assert spoken.add("box>").text == "<toolbox>"
    assert spoken.add("<").text == ""
    assert spoken.finish("a <toolbox><").text == "<"


def test_only_a_whole_call_is_one() -> None:
    call = read_forced_call('{"name": "f", "arguments": {"a": [1, "\\u4f60"]}}')
    assert call and (call.name, call.arguments) == ("f", '{"a": [1, "\\u4f60"]}')
    for text in ("", '{"name": "f"', '{"name": 5, "arguments": {}}', "[" * 5000, "\ud800"):
        assert read_forced_call(text) is None
