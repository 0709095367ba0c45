"""The rules by which readings are scored elsewhere too, each pinned by one case.

The rules: text in NFKC, full-width and typographic punctuation folded to ASCII, all white space and
markup removed, case folded for receipts and tables. Characters lost = 1 - |multiset(read) ∩
multiset(truth)| / |truth|. CER = edit distance / |truth|, capped at 1 an item, pooled over a set.
TEDS on table > tr > td trees: th counts as td, spans must match, cell text by normalised edit
distance, mean over pages.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shuowen.evals.datasets import Item
from shuowen.evals.intervals import estimate
from shuowen.evals.measures import CER, LOST, TEDS
from shuowen.evals.reading import Reading
from shuowen.evals.results import ItemResult, score_item


def scored(read: str = "", read_html: str | None = None, **truth: Any) -> ItemResult:
    known = {"set_name": "s", "path": Path("a.png"), "kind": "page", "text": None, "html": None}
    item = Item(**{**known, **truth})
    return score_item(item, Reading(text=read, html=read_html), seconds=1, is_kept=False)


def cer(text: str, truth: str, **fields: Any) -> float:
    score = scored(text, text=truth, **fields).text
    assert score is not None
    return score.cer


@pytest.mark.parametrize(
    ("read", "truth"),
    [
        ("ＡＢ１２", "AB12"),  # NFKC
        ("㎡①", "m21"),
        ("你好，世界！", "你好,世界!"),  # full-width punctuation
        ("“好”—‘是’", "\"好\"-'是'"),  # typographic punctuation
        (" a\tb\nc\u3000d ", "abcd"),  # white space
        ("# 题\n\n**粗** <b>x</b>", "题粗x"),  # markup
    ],
)
def test_what_does_not_count(read: str, truth: str) -> None:
    assert cer(read, truth) == 0


def test_case_counts_but_in_receipts_and_tables() -> None:
    assert cer("TOTAL", "total") == 1
    assert cer("TOTAL", "total", subkind="receipt") == 0
    html = "<table><tr><td>total</td></tr></table>"
    table = scored("TOTAL", html.upper(), html=html)
    assert table.text is not None and table.table is not None
    assert (table.text.cer, table.table.teds) == (0, 1)


def test_characters_lost_are_a_multiset() -> None:
    # "aab" has 2 a and 1 b; of them 1 a and 1 b were read, in another order.
    score = scored("bca", text="aab").text
    assert score is not None
    assert score.lost == pytest.approx(1 / 3)


def test_cer_is_capped_an_item_and_pooled_over_a_set(
    make_result: Callable[..., ItemResult],
) -> None:
    # Of 2 characters 5 errors, which count as 2; of 8 characters 1: 3 of 10.
    results = [make_result("a.png", "xxxxx", "ab"), make_result("b.png", "1234567x", "12345678")]
    pooled, lost = estimate(CER.parts(results)), estimate(LOST.parts(results))
    assert pooled is not None and lost is not None
    assert pooled.value == pytest.approx(0.3)
    assert lost.value == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("read", "teds"),
    [
        ("<table><thead><tr><th>ab</th><th>c</th></tr></thead></table>", 1),  # th is td
        ("<table><tr><td>ax</td><td>c</td></tr></table>", 1 - 0.5 / 4),  # half a text of 4 nodes
        ("<table><tr><td colspan=2>ab</td><td>c</td></tr></table>", 1 - 1 / 4),  # another span
        ("<table><tr><td>ab</td></tr></table>", 1 - 1 / 4),  # a cell missing
        ("ab c", 0),
    ],
)
def test_teds(read: str, teds: float) -> None:
    truth = "<table><tr><td>ab</td><td>c</td></tr></table>"
    score = scored("", read, html=truth).table
    assert score is not None
    assert score.teds == pytest.approx(teds)


def test_teds_is_the_mean_over_pages() -> None:
    truth = "<table><tr><td>ab</td><td>c</td></tr></table>"
    results = [scored("", truth, html=truth), scored("", "", html=truth)]
    mean = estimate(TEDS.parts(results))
    assert mean is not None
    assert mean.value == 0.5
