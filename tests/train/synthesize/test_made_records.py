from __future__ import annotations

import json
import pickle

import numpy as np
import pytest

from shuowen.errors import UsageError
from shuowen.train.records import Conversation, messages_of
from shuowen.train.synthesize.made import DocumentOptions
from shuowen.train.synthesize.made_records import OPTIONS, SOURCES, record_maker

SMALL = DocumentOptions(kind="receipt", dpi=70)


def test_an_index_gives_one_record_in_any_process() -> None:
    make = record_maker("receipts", 3, SMALL)
    one, again = make(4), pickle.loads(pickle.dumps(make))(4)
    assert isinstance(one, Conversation) and isinstance(again, Conversation)
    assert one.turns == again.turns
    assert np.array_equal(one.pictures[0].load(), again.pictures[0].load())
    other = record_maker("receipts", 4, SMALL)(4)
    assert isinstance(other, Conversation) and other.turns != one.turns


def test_text_and_fields_are_asked_for_in_turn() -> None:
    make = record_maker("receipts", 0, SMALL)
    text, fields = make(0), make(1)
    assert isinstance(text, Conversation) and isinstance(fields, Conversation)
    assert "\n" in text.turns[1].text
    assert isinstance(json.loads(fields.turns[1].text), dict)


@pytest.mark.parametrize("name", SOURCES)
def test_records_are_conversations_with_a_picture(name: str) -> None:
    record = SOURCES[name](0)
    assert isinstance(record, Conversation)
    first, second = messages_of(record.turns, record.pictures)
    assert (first.role, second.role) == ("user", "assistant")
    assert len(record.pictures) == 1


def test_unknown_sources_are_refused() -> None:
    assert set(OPTIONS) == {"pages", "tables", "forms", "receipts"}
    with pytest.raises(UsageError, match="There is no source 'poems'"):
        record_maker("poems")
    with pytest.raises(UsageError, match="seed"):
        record_maker("pages", -1)
