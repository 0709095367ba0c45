import pytest

from shuowen.evals.judges.latex import (
    formula_lines,
    normalise_formula,
    only_letters,
    plain_formula,
    plain_formulas,
)


@pytest.mark.parametrize(
    "latex",
    [
        r"$$ \mathbf{X} = \left( a \right) \tag{3} $$",
        r"\[ \mathbf{X} = \left( a \right) \]",
        r"\begin{aligned} \mathbf{x} \quad = (a) \end{aligned}.",
    ],
)
def test_dress_does_not_count(latex: str) -> None:
    assert normalise_formula(latex) == "{x}=(a)"


def test_formulas_in_a_line_become_letters() -> None:
    assert plain_formulas(r"area $\pi r^2$ of $x$") == "area π r2 of $x$"
    assert only_letters(plain_formulas(r"\(\Lambda_{0}\) and $\sin \varphi$")) == "Λ_0andsinφ"


def test_what_is_no_letter_goes() -> None:
    assert plain_formula(r"\frac{a}{b} \leq \mathrm{max}").split() == ["ab", "max"]


def test_an_array_of_one_column_is_compared_line_by_line() -> None:
    assert formula_lines(r"\begin{array}{l} a = 1 \\ b = 2 \end{array}") == ["a = 1", "b = 2"]
    matrix = r"\begin{array}{ll} a & b \\ c & d \end{array}"
    assert formula_lines(matrix) == [matrix]


def test_only_letters_and_digits_of_text_count() -> None:
    assert only_letters("第 1 章：A-b_c\t\n(x)") == "第1章Ab_cx"
