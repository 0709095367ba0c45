from __future__ import annotations

import re

import pytest

from shuowen.launch.flag import Flag
from shuowen.launch.flag_docs import GROUP_TITLES, effects, flag_table, groups
from shuowen.launch.flags import FLAGS


def test_the_table_has_every_flag_once_under_its_heading() -> None:
    table = flag_table()
    rows = re.findall(r"^\| `(--[\w-]+)", table, re.MULTILINE)
    assert rows == list(FLAGS)
    assert re.findall(r"^### (.*)$", table, re.MULTILINE) == [title for title, _ in groups()]
    assert {title for title, _ in groups()} == set(GROUP_TITLES.values())


def test_rows_have_as_many_cells_as_their_heading() -> None:
    for part in flag_table().split("### ")[1:]:
        rows = [line for line in part.splitlines() if line.startswith("|")]
        counts = {len(re.findall(r"(?<!\\)\|", row)) for row in rows}
        assert len(counts) == 1


@pytest.mark.parametrize("flag", FLAGS.values(), ids=lambda flag: flag.name)
def test_effects_name_every_engine_or_hold_for_all(flag: Flag) -> None:
    text = effects(flag)
    if flag.group == "Shuowen":
        assert text == ""
    elif flag.lmdeploy == flag.vllm == flag.here:
        assert text
        assert "LMDeploy:" not in text
    else:
        for title in ("LMDeploy: ", "vLLM: ", "Shuowen itself: "):
            assert title in text
