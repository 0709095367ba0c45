"""Text of an answer: whole characters, no stop text, and what is taken back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shuowen.generation.transcript import Transcript
from tests.generation.tiny import END, TOKENIZER, VOCAB_SIZE, letters

TOKENS = st.lists(st.integers(0, VOCAB_SIZE - 1), max_size=40)


@given(TOKENS)
def test_without_stops_the_pieces_are_the_decoded_tokens(token_ids: list[int]) -> None:
    transcript, said = Transcript(TOKENIZER, ()), ""
    for token_id in token_ids:
        transcript.push(token_id)
        new, retracted = transcript.take()
        said += new
        assert retracted == 0
    transcript.flush()
    assert said + transcript.take()[0] == transcript.text == TOKENIZER.decode(token_ids)


def test_a_character_is_given_when_its_last_byte_comes() -> None:
    transcript = Transcript(TOKENIZER, ())
    given_out = []
    for token_id in letters("说a"):
        transcript.push(token_id)
        given_out.append(transcript.take()[0])
    assert given_out == ["", "", "说", "a"]


def test_a_character_that_never_became_whole_may_end_a_stop_text() -> None:
    transcript = Transcript(TOKENIZER, ("a\ufffd",))
    for token_id in letters("ba说")[:-1]:
        transcript.push(token_id)
    assert not transcript.is_stopped
    transcript.flush()
    assert transcript.is_stopped
    assert transcript.text == "b"


@given(TOKENS, st.data(), st.sampled_from([(), ("e",), ("an", "说文")]))
def test_whoever_follows_has_the_text_of_what_stands(
    token_ids: list[int], data: st.DataObject, stops: tuple[str, ...]
) -> None:
    transcript, seen, stands = Transcript(TOKENIZER, stops), "", []
    for token_id in token_ids:
        if transcript.is_stopped:
            break
        transcript.push(token_id)
        stands.append(token_id)
        if not transcript.is_stopped and data.draw(st.booleans()):
            stands = stands[: data.draw(st.integers(0, len(stands)))]
            transcript.rewind(stands)
        if data.draw(st.booleans()):
            new, retracted = transcript.take()
            seen = seen[: len(seen) - retracted] + new
    new, retracted = transcript.take()
    assert seen[: len(seen) - retracted] + new == transcript.text
    assert TOKENIZER.decode(stands).startswith(transcript.text)


def test_end_tokens_have_no_text() -> None:
    transcript = Transcript(TOKENIZER, ())
    transcript.push(END)
    assert transcript.take() == ("", 0)
