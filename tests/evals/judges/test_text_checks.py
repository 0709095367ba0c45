import pytest

from shuowen.evals.judges.checked_page import CheckedPage, normalise
from shuowen.evals.judges.page_checks import Check
from shuowen.evals.judges.text_checks import (
    Baseline,
    Footnote,
    Format,
    Order,
    Presence,
    repeats_at_end,
)
from shuowen.evals.reading import Reading


def passes(check: Check, text: str, html: str | None = None) -> bool:
    return check.passes(CheckedPage(Reading(text=text, html=html)))


def test_emphasis_white_space_and_punctuation_do_not_count() -> None:
    assert normalise("**_A_**<br/>\n“b”  <b>c</b>–d e\u0301") == 'A "b" c-d \u00e9'


def test_present_and_absent_are_opposites() -> None:
    present = Presence(text="on the page", is_wanted=True)
    absent = Presence(text="on the page", is_wanted=False)
    assert passes(present, "It is on  the\npage.")
    assert not passes(absent, "It is on  the\npage.")
    assert not passes(present, "It is not.")
    assert passes(absent, "It is not.")


def test_as_many_characters_as_allowed_may_differ() -> None:
    page = "see tho page here"
    assert not passes(Presence(text="the page", is_wanted=True), page)
    assert passes(Presence(text="the page", is_wanted=True, max_diffs=1), page)


def test_capitals_count_unless_told_otherwise() -> None:
    assert not passes(Presence(text="Bath", is_wanted=True), "BATH")
    assert passes(Presence(text="Bath", is_wanted=True, case_sensitive=False), "BATH")


def test_only_the_ends_of_a_page_are_looked_at_where_told() -> None:
    page = "head " + "x" * 50 + " middle " + "x" * 50 + " foot"
    assert passes(Presence(text="middle", is_wanted=False, first_n=10, last_n=10), page)
    assert passes(Presence(text="head", is_wanted=True, first_n=10), page)
    assert not passes(Presence(text="head", is_wanted=True, last_n=10), page)


def test_headers_that_the_reader_knows_are_not_on_the_page() -> None:
    html = '<body><p class="header">Weekly</p><p>News</p><table><tr><td>x</td></tr></table></body>'
    assert passes(Presence(text="Weekly", is_wanted=False), "Weekly\n\nNews", html)
    assert passes(Presence(text="News x", is_wanted=True), "Weekly\n\nNews", html)


@pytest.mark.parametrize(
    ("page", "is_right"),
    [("one two three", True), ("two one", False), ("two one two", True), ("one", False)],
)
def test_order(page: str, is_right: bool) -> None:
    assert passes(Order(before="one", after="two"), page) is is_right


def test_order_with_errors_of_reading() -> None:
    assert passes(Order(before="first", after="second", max_diffs=1), "flrst, then secand")
    assert not passes(Order(before="first", after="second"), "flrst, then secand")


def test_formats_in_markdown_and_html() -> None:
    heading = Format(text="Rules", format="heading")
    assert passes(heading, "text\n## Rules of it\n")
    assert passes(heading, "", "<body><h2>Rules</h2></body>")
    assert not passes(heading, "Rules")
    assert passes(Format(text="so", format="bold"), "**not so**")
    assert not passes(Format(text="so", format="bold"), "*so*")
    assert passes(Format(text="so", format="italic"), "*so*")
    assert not passes(Format(text="so", format="italic"), "**so**")


@pytest.mark.parametrize("page", ["see[^1] there", "see<sup>1</sup> there", "see¹ there"])
def test_a_raised_mark_with_what_is_around_it(page: str) -> None:
    assert passes(Footnote(marker="1", before="see", after="there"), page)
    assert not passes(Footnote(marker="1", before="there"), page)
    assert not passes(Footnote(marker="2"), page)


def test_the_text_of_a_footnote_is_no_reference_to_it() -> None:
    assert not passes(Footnote(marker="1"), "[^1]: the note")


@pytest.mark.parametrize(
    ("page", "is_right"),
    [
        ("A page.", True),
        ("...", False),
        ("text " + "ab" * 40, False),
        ("text 汉字", False),
        ("smile 😀", False),
    ],
)
def test_a_page_reads_like_a_page(page: str, is_right: bool) -> None:
    assert passes(Baseline(), page) is is_right


def test_other_scripts_where_they_belong() -> None:
    assert passes(Baseline(checks_characters=False), "汉字")


def test_a_blank_page_has_few_letters() -> None:
    assert passes(Baseline(max_length=3), "p. 7")
    assert not passes(Baseline(max_length=3), "page 7")
    assert not passes(Baseline(max_length=3), "![a scan](x.png)")
    assert passes(Baseline(max_length=3, skips_pictures=True), "![a scan](x.png)")


def test_repeats_are_counted_from_the_end() -> None:
    assert repeats_at_end("xabab") == [1, 2, 1, 1, 1]
    assert repeats_at_end("a \n\n") == [1, 1, 0, 0, 0]
