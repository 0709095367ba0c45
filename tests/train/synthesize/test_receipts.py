from __future__ import annotations

from decimal import Decimal

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from shuowen.train.synthesize.made import DocumentOptions, Language
from shuowen.train.synthesize.receipts import draw_bill, draw_receipt


@given(seed=st.integers(0, 2**32), language=st.sampled_from(("zh", "en")))
@settings(max_examples=30, deadline=None)
def test_bills_are_right(seed: int, language: Language) -> None:
    bill = draw_bill(np.random.default_rng(seed), language)
    items = sum((item.price * item.quantity for item in bill.items), Decimal(0))
    assert bill.subtotal == items
    assert bill.total == items - bill.discount + bill.tax
    assert bill.change >= 0
    assert bill.paid - bill.change == bill.total


def test_what_is_printed_adds_up() -> None:
    sheet = draw_receipt(np.random.default_rng(3), DocumentOptions(), "en")
    fields = {field.key: field.value for field in sheet.fields}
    head = sheet.text_lines.index("Item Qty Price Amount")
    foot = next(i for i, line in enumerate(sheet.text_lines) if line.startswith("Items "))
    rows = [line.split() for line in sheet.text_lines[head + 1 : foot]]
    amounts = [Decimal(row[-1]) for row in rows if row[-1].replace(".", "").isdigit()]
    assert sum(amounts) == Decimal(fields["Subtotal"])


def test_nothing_is_written_beside_the_paper() -> None:
    for seed in range(10):
        sheet = draw_receipt(np.random.default_rng(seed), DocumentOptions(), "zh")
        width, height = sheet.size
        for mark in sheet.marks:
            if mark.kind != "stamp":
                assert mark.polygon.min() >= 0
                assert (mark.polygon <= (width, height)).all(), mark.text
