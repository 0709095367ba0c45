from pathlib import Path

import msgspec
import pytest

from shuowen.errors import InputError
from shuowen.evals.formats.records import holds_json_like, read_json, read_json_lines


class Row(msgspec.Struct):
    name: str


def test_a_row_of_a_list_that_is_wrong_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('[{"name": "a"}, {"name": 1}]')
    with pytest.raises(InputError, match=r"a\.json is not as .*\$\[1\]\.name"):
        read_json(path, list[Row])


def test_a_line_that_is_wrong_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"name": "a"}\n\n{"name"\n')
    rows = read_json_lines(path, Row)
    assert next(rows) == (f"{path}:1", Row(name="a"))
    with pytest.raises(InputError, match=r"a\.jsonl:3 is not as"):
        next(rows)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"[" * 100_000, b"", b'{"name": "\xff"}'])
def test_what_is_no_json_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match="is not as"):
        read_json(path, list[Row])


def test_a_file_that_is_absent_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_json(tmp_path / "no.json", Row)
    with pytest.raises(InputError, match="cannot be read"):
        next(read_json_lines(tmp_path / "no.jsonl", Row))


def test_the_first_row_tells_what_a_file_is(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"name": "a"}\nbroken\n')
    assert holds_json_like(path, Row, lines=True)
    assert not holds_json_like(path, Row)
    path.write_text("")
    assert not holds_json_like(path, Row, lines=True)
