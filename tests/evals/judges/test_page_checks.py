import pytest

from shuowen.evals.judges.page_checks import PageChecks
from shuowen.evals.judges.text_checks import Presence
from shuowen.evals.judges.weighted import weight_of
from shuowen.evals.reading import Reading

CHECKS = PageChecks(
    checks=tuple(Presence(text=word, is_wanted=word != "no") for word in ("one", "two", "no"))
)


def test_the_score_is_the_share_that_passes_and_weighs_what_there_is() -> None:
    assert CHECKS.score(Reading(text="one")) == pytest.approx(2 / 3)
    assert weight_of(CHECKS, Reading(text="one")) == 3


def test_a_file_that_could_not_be_read_fails_even_what_must_be_absent() -> None:
    assert CHECKS.score(Reading(text="", failure="broken")) == 0


def test_nothing_is_said_of_files_with_several_pages() -> None:
    assert CHECKS.score(Reading(text="one", num_pages=2)) is None
