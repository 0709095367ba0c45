"""Dates as they are printed."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuowen.server.chat.key_values.dates import Order, dates_in, order_told_by

CLEAR = {
    "2013-06-29": "2013-06-29",
    "2020年5月20日": "2020-05-20",
    "2020.5.20": "2020-05-20",
    "二〇二五年十月十二日": "2025-10-12",
    "113年05月12日": "2024-05-12",
    "民國99年1月2日": "2010-01-02",
    "12/30/2016 FRI": "2016-12-30",
    "21/08/2017 11:45": "2017-08-21",
    "25 May 2017 09:41am": "2017-05-25",
    "May 3, 2021": "2021-05-03",
    "3rd of Sept. 2020": "2020-09-03",
    "25-May-17": "2017-05-25",
    "20170525": "2017-05-25",
    "2013-06-2918:45:28": "2013-06-29",
}


@pytest.mark.parametrize(("text", "value"), CLEAR.items())
def test_a_clear_date(text: str, value: str) -> None:
    assert [str(found.value) for found in dates_in(text, None)] == [value]


@pytest.mark.parametrize(
    ("text", "order", "value"),
    [
        ("06-05-201812:22:06", "day", "2018-05-06"),
        ("06-05-2018", "month", "2018-06-05"),
        ("19-09-17 15:39", "day", "2017-09-19"),
        ("24-05-12", "year", "2024-05-12"),
        ("06-05-2018", None, None),
        ("08-03-17", None, None),
    ],
)
def test_day_and_month_go_by_the_documents_order(
    text: str, order: Order | None, value: str | None
) -> None:
    (found,) = dates_in(text, order)
    assert (str(found.value) if found.value else None) == value


@pytest.mark.parametrize(
    "text", ["1.2.3", "2019-02-30", "192.168.10.11", "HD03-04-06", "018-1234-5678", "maybe 3, 2020"]
)
def test_what_is_no_date(text: str) -> None:
    assert dates_in(text, "day") == []


def test_the_page_tells_what_comes_first() -> None:
    assert order_told_by(["06/05/2018", "due 21/08/2018", "$ 5.00"]) == "day"
    assert order_told_by(["06/05/2018", "$ 5.00"]) == "month"
    assert order_told_by(["06/05/2018", "RM 5.00"]) == "day"
    assert order_told_by(["06/05/2018"]) is None
    assert order_told_by(["06/05/2018", "21/08/2018", "08/21/2018"]) is None


@given(st.dates(min_value=date(1950, 1, 1), max_value=date(2099, 12, 31)))
def test_any_day_is_found_again(day: date) -> None:
    chinese = f"日期：{day.year}年{day.month}月{day.day}日"
    for text in (day.isoformat(), chinese, f"{day:%d} {day:%B} {day.year}"):
        assert [found.value for found in dates_in(text, None)] == [day]
    assert [found.value for found in dates_in(f"{day:%d/%m/%Y}", "day")] == [day]


@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_no_text_breaks_it(text: str) -> None:
    dates_in(text, "day")
    order_told_by([text])
