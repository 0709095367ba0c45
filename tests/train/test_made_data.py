import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shuowen.errors import UsageError
from shuowen.prompt.tasks import READING_PROMPTS
from shuowen.train.made_data import CONTINUE, REPEAT, made_source, makers, mixed_seed
from shuowen.train.records import Conversation
from shuowen.train.synthesize.alphabet import is_writable
from shuowen.train.synthesize.lexicon import split_of

INDEXES = st.integers(0, 2**31 - 1)


def conversation(name: str, seed: int, index: int) -> Conversation:
    record = made_source(name, seed).record(index)
    assert isinstance(record, Conversation)
    return record


@settings(max_examples=25, deadline=None)
@given(INDEXES)
def test_a_line_is_asked_for_and_read(index: int) -> None:
    record = conversation("lines", 5, index)
    again = conversation("lines", 5, index)
    assert record.turns == again.turns
    assert np.array_equal(record.pictures[0].load(), again.pictures[0].load())
    user, assistant = record.turns
    assert (user.role, assistant.role) == ("user", "assistant")
    mark, prompt = user.text.split("\n", 1)
    assert mark == "<image>"
    assert prompt in {
        READING_PROMPTS[kind][one] for kind in READING_PROMPTS for one in ("zh", "en")
    }
    assert is_writable(assistant.text)


def test_seeds_and_parts_have_other_lines() -> None:
    texts = {
        (name, seed): [conversation(name, seed, index).turns[1].text for index in range(30)]
        for name in ("lines", "lines_held_out")
        for seed in (0, 1)
    }
    assert texts["lines", 0] != texts["lines", 1]
    for text in texts["lines_held_out", 0] + texts["lines_held_out", 1]:
        assert len(text) == 1 or split_of(text) == "held_out"


def test_prompts_fit_the_crop_or_are_the_plain_one() -> None:
    source = made_source("lines", 0, handwriting_share=1.0)
    prompts = {source.record(index).turns[0].text.split("\n", 1)[1] for index in range(60)}
    written = READING_PROMPTS["handwriting"]
    assert prompts == {READING_PROMPTS["text"]["zh"], written["zh"]}


def test_lines_can_be_short() -> None:
    source = made_source("lines", 0, max_units=4)
    texts = {source.record(index).turns[1].text for index in range(40)}
    assert {len(text) for text in texts} == {1, 2, 3}
    with pytest.raises(UsageError, match="max_units is 1"):
        made_source("lines", 0, max_units=1)


@given(INDEXES)
def test_texts_are_repeated_or_gone_on_with(index: int) -> None:
    record = conversation("texts", 0, index)
    assert record.pictures == ()
    user, assistant = (turn.text for turn in record.turns)
    assert assistant
    if user.startswith(REPEAT):
        assert user == REPEAT + assistant
        lines = assistant.split("\n")
    else:
        assert user.startswith(CONTINUE)
        lines = (user.removeprefix(CONTINUE) + assistant).split("\n")
    for line in lines:
        assert is_writable(line)
        assert len(line) == 1 or split_of(line) == "train"


def test_sources_know_themselves() -> None:
    lines = made_source("lines", 0, num_records=10, weight=2.0, augment=True)
    assert (lines.name, len(lines), lines.weight, lines.augment) == ("lines", 10, 2.0, True)
    assert lines.is_multimodal
    assert not made_source("texts", 0).is_multimodal
    assert len(made_source("texts", 0)) == 2**31


@pytest.mark.parametrize("name", ["receipts", "line_preferences", "line_solutions"])
def test_documents_and_judged_records_are_made_by_name_too(name: str) -> None:
    source = made_source(name, 1, num_records=3)
    assert (source.name, len(source)) == (name, 3)
    assert source.record(2).key == source.record(2).key
    assert name in makers()


def test_sources_can_be_sent_to_another_process() -> None:
    source = made_source("lines", 3)
    sent = pickle.loads(pickle.dumps(source))
    assert sent.record(4).turns == source.record(4).turns


def test_an_unknown_source_option_or_seed_is_an_error_that_says_what_there_is() -> None:
    with pytest.raises(UsageError, match="lines_held_out"):
        made_source("lions", 0)
    with pytest.raises(UsageError, match="dance"):
        made_source("lines", 0, dance=1)
    with pytest.raises(UsageError, match="seed"):
        made_source("lines", -1)


@given(st.tuples(INDEXES, INDEXES), st.tuples(INDEXES, INDEXES))
def test_two_pairs_never_have_one_seed(one: tuple[int, int], other: tuple[int, int]) -> None:
    assert (mixed_seed(*one) == mixed_seed(*other)) == (one == other)
