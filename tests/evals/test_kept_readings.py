from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from shuowen.errors import OutputError
from shuowen.evals.datasets import Item
from shuowen.evals.kept_readings import KeptReading, KeptReadings, ReadingKey, reading_key
from shuowen.evals.reading import Reading, ReadLine

READING = Reading(
    text="甲\n乙",
    html="<p>",
    num_pages=2,
    lines=(ReadLine(text="甲", confidence=0.5, character_confidences=(0.5,)),),
)


def key(file: str = "a.png", **fields: str) -> ReadingKey:
    known = {"engine": "e", "identity": "1", "set_name": "s", "sha256": "0", **fields}
    return ReadingKey(file=file, **known)


def kept(key: ReadingKey, reading: Reading = READING) -> KeptReading:
    return KeptReading(key=key, seconds=1.5, reading=reading)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "readings.jsonl"


def opened(path: Path, *, fresh: bool = False) -> closing[KeptReadings]:
    return closing(KeptReadings(path, fresh=fresh))


def keep(path: Path, *wanted: KeptReading) -> None:
    with opened(path) as readings:
        for each in wanted:
            readings.keep(each)


def find(path: Path, key: ReadingKey) -> KeptReading | None:
    with opened(path) as readings:
        return readings.find(key)


def test_readings_outlive_the_run(path: Path) -> None:
    keep(path, kept(key()))
    assert find(path, key()) == kept(key())


def test_closing_twice_does_nothing(path: Path) -> None:
    keep(path, kept(key()))
    readings = KeptReadings(path)
    readings.close()
    readings.close()
    assert find(path, key()) == kept(key())


@pytest.mark.parametrize("field", ["engine", "identity", "set_name", "sha256", "asked"])
def test_readings_of_something_else_are_not_taken(path: Path, field: str) -> None:
    keep(path, kept(key()))
    assert find(path, key(**{field: "other"})) is None


def test_of_two_with_the_same_key_the_later_one_counts(path: Path) -> None:
    keep(path, kept(key()), kept(key(), Reading(text="new")))
    found = find(path, key())
    assert found is not None
    assert found.reading.text == "new"


@pytest.mark.parametrize("cut", [1, 5, 60])
def test_a_line_that_was_cut_off_costs_itself_alone(path: Path, cut: int) -> None:
    keep(path, kept(key("a.png")), kept(key("b.png")))
    path.write_bytes(path.read_bytes()[:-cut])
    assert find(path, key("a.png")) is not None
    keep(path, kept(key("c.png")))
    assert find(path, key("a.png")) is not None
    assert find(path, key("c.png")) is not None
    assert (find(path, key("b.png")) is None) == (cut > 1)  # without its line break it is whole


def test_lines_that_are_none_are_passed_over(path: Path) -> None:
    path.write_bytes(b'\xff\xfe\n{"key": 3}\n\n[]\n')
    assert find(path, key()) is None


def test_fresh_forgets(path: Path) -> None:
    keep(path, kept(key()))
    with opened(path, fresh=True) as readings:
        assert readings.find(key()) is None
    assert path.read_bytes() == b""


def test_a_file_that_changed_has_another_key(
    tmp_path: Path, make_item: Callable[..., Item]
) -> None:
    file = tmp_path / "a.png"
    file.write_bytes(b"1")
    item = make_item(str(file), question="why?")
    before = reading_key("e", "1", item)
    assert (before.set_name, before.file, before.asked) == ("pages", "a.png", "why?")
    file.write_bytes(b"2")
    assert reading_key("e", "1", item) != before


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be used"):
        KeptReadings(tmp_path)
