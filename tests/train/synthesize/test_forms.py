from __future__ import annotations

import numpy as np

from shuowen.train.synthesize.checkboxes import CHECKED
from shuowen.train.synthesize.form_entries import draw_choices, draw_entries
from shuowen.train.synthesize.forms import draw_form
from shuowen.train.synthesize.made import DocumentOptions


def test_ticks_are_the_values() -> None:
    for seed in range(20):
        sheet = draw_form(np.random.default_rng(seed), DocumentOptions(kind="form"), "en")
        fields = {field.key: field.value for field in sheet.fields}
        ticked = [line for line in sheet.text_lines if CHECKED in line]
        for line in ticked:
            label = line.split(":")[0]
            for chosen in fields[label].split(", "):
                assert f"{CHECKED} {chosen}" in line


def test_values_are_read_beside_their_labels() -> None:
    sheet = draw_form(np.random.default_rng(4), DocumentOptions(kind="form"), "zh")
    text = "".join(sheet.text_lines).replace(" ", "")
    for field in sheet.fields:
        assert field.key in text
        assert all(part in text for part in field.value.replace(" ", "").split("、"))


def test_stamps_lie_over_the_form_and_are_not_read() -> None:
    sheets = [
        draw_form(np.random.default_rng(s), DocumentOptions(kind="form"), "en") for s in range(9)
    ]
    stamps = [(sheet, mark) for sheet in sheets for mark in sheet.marks if mark.kind == "stamp"]
    assert stamps
    for sheet, mark in stamps:
        assert mark.text not in sheet.text_lines


def test_labels_are_different() -> None:
    for language in ("zh", "en"):
        entries = draw_entries(np.random.default_rng(0), language, 10)
        assert len({entry.label for entry in entries}) == len(entries)
        for entry in draw_choices(np.random.default_rng(0), language, 4):
            assert all(0 <= index < len(entry.options) for index in entry.chosen)
