import pytest

from shuowen.evals.judges.tokens import TokenF1, alphanumeric_words, characters, words
from shuowen.evals.reading import Reading


def test_words_are_compared_as_multisets_whatever_their_order() -> None:
    # Read 4 words, truth 3, common 2: F1 = 4 / 7.
    judge = TokenF1(truth="the Cat sat", tokenise=words)
    assert judge.score(Reading(text="sat the\tthe\nthe")) == pytest.approx(4 / 7)


def test_nothing_in_common_is_nothing() -> None:
    assert TokenF1(truth="a", tokenise=words).score(Reading(text="")) == 0


def test_in_scenes_only_letters_and_digits_count() -> None:
    assert alphanumeric_words("Café-Bar! -- №5 ***x***") == ["cafbar", "5", "x"]


def test_characters_leave_out_white_space() -> None:
    assert characters("甲 乙\n### AB") == ["甲", "乙", "a", "b"]
