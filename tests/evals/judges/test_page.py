import pytest

from shuowen.evals.judges.page import PageTruth, TruthBlock, page_judges, score_page
from shuowen.evals.reading import Reading

TABLE = "<table><tr><td>a</td><td>b</td></tr></table>"
PAGE = PageTruth(
    blocks=(
        TruthBlock(kind="ignored", content="Journal of Things"),
        TruthBlock(kind="text", content="First paragraph of the page.", order=1),
        TruthBlock(kind="formula", content=r"\[ a^{2} + b^{2} = c^{2} \]", order=2),
        TruthBlock(kind="text", content="Second paragraph, quite another.", order=3),
    ),
    tables=(TABLE,),
)
READ = """Journal of Things

First paragraph of the page.

$$a^{2}+b^{2}=c^{2}$$

Second paragraph, quite another.

|a|b|
|-|-|
"""


def test_a_page_read_well() -> None:
    scores = score_page(PAGE, Reading(text=READ))
    assert (scores.text, scores.formulas, scores.order) == (1, 1, 1)
    assert (scores.teds, scores.teds_structure) == (1, 1)


def test_the_judges_are_the_columns_and_cdm_is_not_judged() -> None:
    scores = {judge.name: judge.score(Reading(text=READ)) for judge in page_judges(PAGE)}
    assert scores.pop("formula CDM") is None
    assert list(scores) == ["text", "formula edit", "table TEDS", "table TEDS-S", "reading order"]
    assert set(scores.values()) == {1}


def test_edits_are_summed_over_the_blocks_of_a_page() -> None:
    read = READ.replace("First", "Fist").replace("quite", "quitx")
    # 23 and 27 letters, one edit in each.
    assert score_page(PAGE, Reading(text=read)).text == pytest.approx(1 - 2 / 50)


def test_blocks_in_another_order_cost_order_and_no_text() -> None:
    first, second = "First paragraph of the page.", "Second paragraph, quite another."
    read = READ.replace(first, "0").replace(second, first).replace("0", second)
    scores = score_page(PAGE, Reading(text=read))
    assert (scores.text, scores.order) == (1, 0)


def test_a_missed_block_counts_with_its_length() -> None:
    scores = score_page(PAGE, Reading(text="First paragraph of the page."))
    assert scores.text == pytest.approx(23 / 50)
    assert scores.order == 0.5
    assert (scores.formulas, scores.teds) == (0, 0)


def test_a_formula_read_as_text_is_compared_as_text() -> None:
    page = PageTruth(
        blocks=(TruthBlock(kind="formula", content=r"$$\alpha = \beta^{2}$$", order=1),)
    )
    scores = score_page(page, Reading(text="α = β2"))
    assert (scores.text, scores.formulas) == (1, None)


def test_a_formula_in_a_line_is_found() -> None:
    page = PageTruth(blocks=(TruthBlock(kind="formula", content=r"\[x_{1}=y\]", order=1),))
    assert score_page(page, Reading(text="where $x_{1} = y$ holds for it")).formulas == 1


def test_formulas_in_an_array_are_compared_line_by_line() -> None:
    array = r"\begin{array}{l} a=1 \\ b=2 \end{array}"
    page = PageTruth(blocks=(TruthBlock(kind="formula", content=array, order=1),))
    assert score_page(page, Reading(text="$$a=1$$\n\n$$b=2$$")).formulas == 1


def test_tables_go_to_the_likest_truth() -> None:
    other = "<table><tr><td>x</td></tr><tr><td>y</td></tr></table>"
    page = PageTruth(blocks=(), tables=(TABLE, other))
    scores = score_page(page, Reading(text=f"{other}\n\n{TABLE}"))
    assert scores.teds == 1
    assert score_page(page, Reading(text=other)).teds == 0.5


def test_a_table_too_many_may_be_text_of_the_page() -> None:
    page = PageTruth(
        blocks=(TruthBlock(kind="text", content="aside written in a box", order=1),),
        tables=(TABLE,),
    )
    box = "<table><tr><td>aside written in a box</td></tr></table>"
    assert score_page(page, Reading(text=f"{TABLE}\n\n{box}")).text == 1


def test_a_page_with_nothing_of_a_kind_says_nothing_of_it() -> None:
    scores = score_page(PageTruth(blocks=()), Reading(text=f"text\n\n{TABLE}"))
    assert (scores.text, scores.formulas, scores.order, scores.teds) == (None,) * 4


def test_headers_that_the_reader_knows_are_left_out() -> None:
    html = '<body><p class="header">Journal of Things</p><p>First paragraph of the page.</p></body>'
    page = PageTruth(blocks=PAGE.blocks[1:2])
    assert score_page(page, Reading(text="", html=html)).text == 1


def test_a_formula_in_a_line_stands_where_its_text_does() -> None:
    blocks = [
        TruthBlock(kind="text", content=r"$\alpha = \beta_{1}$", order=1),
        TruthBlock(kind="text", content="and then quite another paragraph", order=2),
    ]
    read = (
        "It follows that $\\alpha = \\beta_{1}$ for all of them\n\nand then quite another paragraph"
    )
    assert score_page(PageTruth(blocks=tuple(blocks)), Reading(text=read)).order == 1
