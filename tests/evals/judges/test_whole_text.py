import pytest

from shuowen.evals.judges.whole_text import (
    WholeText,
    clean_formula,
    clean_molecule,
    clean_page,
)
from shuowen.evals.reading import Reading


def test_a_page_counts_without_its_frame_blanks_and_fence() -> None:
    read = "Sure:\n```latex\n\\documentclass{article}\n\\begin{document}\nA b\n\\end{document}\n```"
    judge = WholeText(truth="A\nb", clean=clean_page)
    assert judge.score(Reading(text=read)) == 1


def test_an_open_fence_reaches_to_the_end() -> None:
    assert clean_page("here ```latex\nx y") == "xy"


def test_the_score_is_one_minus_the_normalised_distance() -> None:
    # "x+1" against "x-12": one replaced, one missing, of four.
    judge = WholeText(truth="x - 12", clean=clean_formula)
    assert judge.score(Reading(text="```latex\nx + 1\n```")) == pytest.approx(0.5)


def test_molecules_lose_their_tags() -> None:
    assert clean_molecule("<smiles>C C\nO</smiles>") == "CCO"
