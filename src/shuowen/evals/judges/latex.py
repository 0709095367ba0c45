"""LaTeX as page benchmarks compare it: formulas without their dress, and formulas as plain text."""

from __future__ import annotations

import re
import unicodedata

# What changes how a formula looks and not what it says (OmniDocBench, utils/data_preprocess.py).
_DRESS_COMMANDS = re.compile(
    r"\\(?:mathbf|mathrm|mathnormal|mathit|mathbb|mathcal|mathscr|mathfrak|mathsf|mathtt|textbf|text"
    r"|boldmath|boldsymbol|operatorname|bm|symbfit|symbf|scriptscriptstyle|notag|setlength|coloneqq"
    r"|space|thickspace|thinspace|medspace|nobreakspace|negmedspace|quad|qquad|enspace|left|right"
    r"|displaystyle)"
)
_WITH_ARGUMENT = re.compile(r"\\(?:tag|hspace|begin|end)\{.*?\}|\\arraycolsep.*?\}")
_DISPLAY = re.compile(r"\\\[(.+?)(?<!\\)\\\]", re.DOTALL)
_INLINE = re.compile(r"\$(.*?)\$|\\\((.*?)\\\)")
_COMMAND = re.compile(r"\\([A-Za-z]+)\*?|\\(.)", re.DOTALL)
_ENVIRONMENT = re.compile(r"\\(?:begin|end)\{[^}]*\}(?:\{[lcr|\s]*\})?")
_GREEK_VARIANTS = {
    "varepsilon": "ε",
    "vartheta": "θ",
    "varphi": "φ",
    "varrho": "ρ",
    "varsigma": "ς",
    "varpi": "π",
}
_FUNCTION = re.compile(
    "arc(?:cos|sin|tan)|arg|cosh?|coth?|csc|deg|det|dim|exp|gcd|hom|inf|ker|lg|lim(?:inf|sup)?|ln|log"
    "|max|min|sec|sinh?|sup|tanh?"
)
_ONE_COLUMN = re.compile(r"\\begin\{array\}\{[|\s]*[lcr][|\s]*\}(.*?)\\end\{array\}", re.DOTALL)


def normalise_formula(latex: str) -> str:
    """A display formula as it is compared: no delimiters, fonts, spacing, tags and blanks.

    Environments lose their names, and capitals do not count.
    """
    text = latex.strip().strip("$").strip("\n")
    display = _DISPLAY.search(text)
    text = _WITH_ARGUMENT.sub("", display.group(1).strip() if display else text).strip(".")
    return re.sub(r"\s+|\$\$", "", _DRESS_COMMANDS.sub("", text)).lower()


def formula_lines(latex: str) -> list[str]:
    """The lines of a formula that is an array of one column, which are compared one by one."""
    array = _ONE_COLUMN.search(latex)
    lines = re.split(r"\\\\", array.group(1)) if array else [latex]
    return [line.strip() for line in lines if line.strip()]


def plain_formulas(text: str) -> str:
    """`text` with its inline formulas as plain characters, where they hold more than characters.

    "area $\\pi r^2$" becomes "area πr2"; "$x$" keeps its dollar signs, which no comparison sees.
    """

    def plain(found: re.Match[str]) -> str:
        latex = found.group(1) if found.group(1) is not None else found.group(2)
        return plain_formula(latex).strip() if re.search(r"[\\^_]", latex) else found.group()

    return _INLINE.sub(plain, text)


def plain_formula(latex: str) -> str:
    """The letters of a formula: Greek letters as such, subscripts behind "_", other marks gone.

    The published evaluation converts with a LaTeX library to Unicode and then compares letters,
    digits and "_" alone; only alphabets for mathematics (ℝ, 𝒜) and rare functions come out
    otherwise there.
    """

    def letter(found: re.Match[str]) -> str:
        name = found.group(1) or ""
        return name if _FUNCTION.fullmatch(name) else _greek(name)

    return re.sub(r"[{}^$&~]", "", _COMMAND.sub(letter, _ENVIRONMENT.sub("", latex)))


def _greek(name: str) -> str:
    if name in _GREEK_VARIANTS:
        return _GREEK_VARIANTS[name]
    case = "CAPITAL" if name[:1].isupper() else "SMALL"
    spelt = "LAMDA" if name.lower() == "lambda" else name.upper()
    try:
        return unicodedata.lookup(f"GREEK {case} LETTER {spelt}")
    except KeyError:
        return ""


def only_letters(text: str) -> str:
    """Letters, digits and underscores of any script: what OmniDocBench compares of text."""
    return re.sub(r"\\[tn]|/[tn]|[\t\n]|\W", "", text)
