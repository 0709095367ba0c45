import pytest

from shuowen.evals.judges.table_markup import TableRules, parse_table
from shuowen.evals.judges.teds import (
    CC_OCR_RULES,
    OMNIDOCBENCH_RULES,
    PUBTABNET_RULES,
    table_teds,
    teds,
    teds_structure,
)
from shuowen.evals.reading import Reading

HEAD = "<table><thead><tr><td><b>ab</b></td><td>c</td></tr></thead>"
BODY = "<tbody><tr><td>1</td><td>2</td></tr></tbody></table>"


def score(read: str, truth: str, rules: TableRules) -> tuple[float, float]:
    first, second = parse_table(read, rules), parse_table(truth, rules)
    return teds(first, second), teds_structure(first, second)


def test_nodes_are_the_elements_below_the_table() -> None:
    # thead, tbody, two tr, four td and b.
    assert parse_table(HEAD + BODY, PUBTABNET_RULES).num_nodes == 9
    assert parse_table(HEAD + BODY, OMNIDOCBENCH_RULES).num_nodes == 7


def test_a_table_is_like_itself() -> None:
    for rules in (PUBTABNET_RULES, OMNIDOCBENCH_RULES, CC_OCR_RULES):
        assert score(HEAD + BODY, HEAD + BODY, rules) == (1, 1)


def test_markup_in_a_cell_is_two_tokens_of_four() -> None:
    # <b>ab</b> against ab: 2 of 4 tokens; the other cells are right.
    read = HEAD.replace("<b>", "").replace("</b>", "") + BODY
    assert score(read, HEAD + BODY, PUBTABNET_RULES) == (pytest.approx(1 - 0.5 / 9), 1)


def test_one_wrong_character_of_two_costs_half_a_cell() -> None:
    read = (HEAD + BODY).replace("ab", "ax")
    assert score(read, HEAD + BODY, OMNIDOCBENCH_RULES)[0] == pytest.approx(1 - 0.25 / 7)


def test_a_missing_row_costs_its_nodes() -> None:
    read = HEAD + "</table>"
    assert score(read, HEAD + BODY, OMNIDOCBENCH_RULES) == (pytest.approx(1 - 3 / 7),) * 2


def test_missing_sections_count_for_pubtabnet_alone() -> None:
    read = "<table><tr><th><b>ab</b></th><th>c</th></tr><tr><td>1</td><td>2</td></tr></table>"
    assert score(read, HEAD + BODY, PUBTABNET_RULES)[1] == pytest.approx(1 - 2 / 9)
    assert score(read, HEAD + BODY, OMNIDOCBENCH_RULES) == (1, 1)


def test_a_span_that_differs_costs_a_node() -> None:
    truth = '<table><tr><td colspan="2">a</td></tr></table>'
    assert score("<table><tr><td>a</td></tr></table>", truth, CC_OCR_RULES) == (0.5, 0.5)


def test_width_and_blanks_by_the_rules_of_each() -> None:
    wide, narrow = "<table><tr><td>Ａ b</td></tr></table>", "<table><tr><td>Ab</td></tr></table>"
    assert score(wide, narrow, CC_OCR_RULES)[0] == 1
    assert score(wide, narrow, OMNIDOCBENCH_RULES)[0] == pytest.approx(1 - (1 / 3) / 2)
    assert score(wide, narrow, PUBTABNET_RULES)[0] == pytest.approx(1 - (2 / 3) / 2)


def test_the_first_table_of_a_reading_is_compared() -> None:
    with_text, structure = table_teds(HEAD + BODY, PUBTABNET_RULES)
    read = Reading(text="", html=f"<html><body>{HEAD}{BODY}<table></table></body></html>")
    assert (with_text.score(read), structure.score(read)) == (1, 1)
    assert with_text.score(Reading(text="no table")) == 0


def test_very_large_tables_are_scored_too() -> None:
    rows = "".join(f"<tr><td>{number}</td><td>x</td></tr>" for number in range(300))
    table = f"<table><tbody>{rows}</tbody></table>"
    other = table.replace("<td>7</td>", "<td>8</td>")
    assert score(other, table, PUBTABNET_RULES)[0] == pytest.approx(1 - 1 / 901)


def test_no_table_against_no_table() -> None:
    assert score("", "", PUBTABNET_RULES) == (1, 1)
    assert score("", HEAD, PUBTABNET_RULES) == (0, 0)


def test_a_break_is_one_node_and_two_tokens_however_it_is_written() -> None:
    first = "<table><tr><td>a<br>b</td></tr></table>"
    assert score(first, first.replace("<br>", "<br/>"), PUBTABNET_RULES) == (1, 1)
    assert parse_table(first, PUBTABNET_RULES).num_nodes == 3
    # Two of four tokens are missing; the tree has two nodes and a tag that is not there.
    assert score(first.replace("<br>", ""), first, PUBTABNET_RULES)[0] == pytest.approx(1 - 0.5 / 3)
