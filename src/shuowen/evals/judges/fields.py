"""F1 over the fields of a form that was read into JSON: CC-OCR's key information extraction.

Source of the rules: the field-level F1 of Kim et al., "OCR-free document understanding transformer"
(Donut), ECCV 2022, section 3.3, as CC-OCR's published evaluation applies it
(AlibabaResearch/AdvancedLiterateMachinery, Benchmarks/CC-OCR, kie_evaluator.py):

    F1 = TP / (TP + (FP + FN) / 2)        pooled over the files of a set

A field is a path of keys with a value; the order of fields does not count. Full-width characters
count as half-width ones, and blanks around Chinese characters and punctuation do not count.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from shuowen.evals.reading import Reading

Field = tuple[str, str]
"""A path of keys, joined with dots, and the value there."""

_FENCE = re.compile(r"```json(.*?)(?:```|\Z)", re.DOTALL)
_CHINESE = "\u4e00-\u9fff"
_FULL_WIDTH = re.compile("[\u3000\uff01-\uff5e]")
# One rule a line: what is found, and what is put in its place.
_BLANK_RULES = (
    (re.compile(rf"(?<=[{_CHINESE}])\s+(?=[{_CHINESE}a-zA-Z0-9])"), ""),
    (re.compile(rf"(?<=[a-zA-Z0-9])\s+(?=[{_CHINESE}])"), ""),
    (re.compile(r"(?<![0-9])\s*([,.!?:;])\s*"), r"\1 "),
    (re.compile(r"(?<=[0-9])(?=[a-zA-Z])|(?<=[a-zA-Z])(?=[0-9])"), " "),
    (re.compile(r"\s+"), " "),
)


@dataclass(frozen=True, kw_only=True)
class FieldF1:
    """F1 of the fields in an answer, which must be JSON; any other answer holds no field."""

    fields: tuple[Field, ...]
    """The truth, from `fields_of`."""
    name: str = "field F1"

    def score(self, reading: Reading) -> float:
        """2 · TP / (read + true), 0 to 1; 1 when there was nothing to read and nothing is read."""
        read, truth = Counter(read_fields(reading.text)), Counter(self.fields)
        total = read.total() + truth.total()
        return 2 * (read & truth).total() / total if total else 1.0

    def weight(self, reading: Reading) -> float:
        """Half the number of fields on both sides: makes the mean over files the pooled F1."""
        return (len(read_fields(reading.text)) + len(self.fields)) / 2


def read_fields(answer: str) -> tuple[Field, ...]:
    """The fields of an answer: of the JSON in it, fenced or bare; none when it is not JSON."""
    fence = _FENCE.search(answer)
    text = (fence.group(1) if fence else answer).strip().replace("\n", "")
    try:
        return fields_of(msgspec.json.decode(text))
    except (msgspec.DecodeError, RecursionError):
        return ()


def fields_of(data: Any) -> tuple[Field, ...]:
    """All fields in decoded JSON, normalised."""
    return tuple(_flat(data, "", is_list=False))


def _flat(value: Any, path: str, *, is_list: bool) -> Iterator[Field]:
    if isinstance(value, dict):
        for key, child in value.items():
            yield from _flat(child, f"{path}.{key}" if path else str(key), is_list=False)
    elif isinstance(value, list):
        yield from _flat_list(value, path)
    elif isinstance(value, str):
        yield path, (value if is_list else normalise_value(value)).strip()
    else:
        yield path, str(value)


def _flat_list(values: list[Any], path: str) -> Iterator[Field]:
    """A list of records holds their fields; any other, its strings and numbers that are not empty.

    The published evaluation leaves strings in a list as they were written.
    """
    if all(isinstance(value, dict) for value in values):
        kept = values
    else:
        kept = [value for value in values if type(value) in (str, int, float)]
        kept = [value for value in kept if str(value).strip()]
    for value in kept:
        yield from _flat(value, path, is_list=True)


def normalise_value(text: str) -> str:
    """A value as it is compared: half-width, and with blanks only where they tell words apart."""
    text = _FULL_WIDTH.sub(lambda found: unicodedata.normalize("NFKC", found.group()), text)
    text = text.replace("、", ",")
    for pattern, replacement in _BLANK_RULES:
        text = pattern.sub(replacement, text)
    return text
