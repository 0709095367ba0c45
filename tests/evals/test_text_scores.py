import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuowen.errors import MissingExtraError
from shuowen.evals.text_scores import TextScore, edit_distance, pool_text_scores, score_text


def test_a_text_read_right_has_no_errors() -> None:
    score = score_text("你好，世界", "你好, 世界")
    assert (score.cer, score.lost, score.f1) == (0, 0, 1)


def test_scores_worked_out_by_hand() -> None:
    # kitten -> sitting: k/s, e/i, +g. Common multiset: i, t, t, n = 4 of 7 in truth, 6 read.
    score = score_text("kitten", "sitting")
    assert score == TextScore(num_errors=3, num_truth=7, num_read=6, num_common=4, num_edits=3)
    assert score.cer == 3 / 7
    assert score.lost == pytest.approx(3 / 7)
    assert score.f1 == 8 / 13


def test_order_costs_errors_but_loses_nothing() -> None:
    score = score_text("二一", "一二")
    assert (score.cer, score.lost, score.f1) == (1, 0, 1)


def test_nothing_read_is_all_lost() -> None:
    score = score_text("", "abc")
    assert (score.cer, score.lost, score.f1) == (1, 1, 0)


def test_errors_of_an_item_are_capped_at_its_length() -> None:
    score = score_text("x" * 50, "abc")
    assert (score.num_errors, score.cer, score.f1) == (3, 1, 0)


def test_the_normalised_distance_is_over_the_longer_text() -> None:
    assert score_text("kitten", "sitting").normalised_distance == 3 / 7
    # Ten characters too many: 10 of 13, where the error rate is capped.
    assert score_text("abc" + "x" * 10, "abc").normalised_distance == 10 / 13
    assert score_text("abc" + "x" * 10, "abc").cer == 1
    assert score_text("", "").normalised_distance == 0


def test_nothing_to_read() -> None:
    assert (score_text("", "").cer, score_text("", "").f1) == (0, 1)
    assert (score_text("x", "").cer, score_text("x", "").f1) == (0, 0)


def test_case_counts_only_when_it_is_not_folded() -> None:
    assert score_text("Total", "TOTAL").num_errors == 4
    assert score_text("Total", "TOTAL", fold_case=True).num_errors == 0


def test_pooling_weighs_characters_not_items() -> None:
    # 1 error of 1 and 1 error of 9: pooled 2/10, where a mean of rates would say 0.56.
    pooled = pool_text_scores([score_text("x", "a"), score_text("abcdefghX", "abcdefghi")])
    assert pooled.cer == 0.2
    assert pooled.lost == pytest.approx(0.2)
    assert pooled.f1 == 0.8


def test_a_missing_extra_is_named_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rapidfuzz.distance.Levenshtein", None)
    with pytest.raises(MissingExtraError) as raised:
        edit_distance("a", "b")
    assert "rapidfuzz" in raised.value.message
    assert "shuowen[bench]" in raised.value.hint


@given(st.text(alphabet="ab甲乙", max_size=12), st.text(alphabet="ab甲乙", max_size=12))
def test_scores_stay_in_their_ranges(read: str, truth: str) -> None:
    score = score_text(read, truth)
    assert 0 <= score.cer <= 1
    assert 0 <= score.lost <= 1
    assert 0 <= score.f1 <= 1
    assert 0 <= score.normalised_distance <= 1
    if len(read) <= len(truth):  # a lost character is at least one error
        assert score.lost <= score.cer + 1e-12
