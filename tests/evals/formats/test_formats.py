from pathlib import Path

import pytest

from shuowen.evals.formats import FORMATS, detect

FOLDERS = {name: name.replace("-", "_") for name in FORMATS}


@pytest.mark.parametrize("name", FORMATS)
def test_each_sample_is_detected_as_what_it_is(name: str, data: Path) -> None:
    assert detect(data / FOLDERS[name]) == name


@pytest.mark.parametrize("name", FORMATS)
def test_items_are_there_have_names_of_their_set_and_a_way_to_be_scored(
    name: str, data: Path
) -> None:
    sets = FORMATS[name](data / FOLDERS[name])
    assert len({each.name for each in sets}) == len(sets) > 0
    for each in sets:
        assert each.items
        for item in each.items:
            assert item.set_name == each.name
            assert item.path.is_file()
            assert item.judges
            names = [judge.name for judge in item.judges]
            assert len(set(names)) == len(names)


def test_other_folders_are_none_of_them(tmp_path: Path) -> None:
    (tmp_path / "truth.jsonl").write_text('{"file": "a.png", "kind": "page", "text": ""}\n')
    (tmp_path / "empty.jsonl").write_text("")
    (tmp_path / "pdfs").mkdir()
    assert detect(tmp_path) is None
    assert detect(tmp_path / "nowhere") is None
