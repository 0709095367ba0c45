"""What a label may say for a field of a schema, from its key, title, description and `x-labels`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from shuowen.server.chat.key_values.label_names import Keys, other_names
from shuowen.server.chat.key_values.words import is_han, label_keys

Names = dict[Keys, float]
"""What a label may say, word by word, each with its worth, from 0 to a little over 1."""

GIVEN, OWN, TOLD = 1.06, 1.05, 1.0
"""Worth of a name from `x-labels`, of the key itself, of a title or a description's words."""
_OTHER, _SHORTENED = 0.95, 0.75

_QUOTED = re.compile(r"[\"“「《`]([^\"”」》`]+)[\"”」》`]")
_BETWEEN = re.compile(r"[/|,，、;；:：()（）。\n]|\bor\b|\be\.g\.")
_MOST_WORDS, _MOST_HAN = 4, 8
_MOST_NAMES = 20
"""Names that are taken from one text or list of a schema."""
_MOST_LETTERS = 2000
"""Characters of a title or description that are looked at."""
_EMPTY_ENDINGS = frozenset(("name", "no", "value", "text", "field", "info"))


def key_names(key: str) -> Names:
    """What the label of a schema's key may say."""
    return _expanded(label_keys(key), OWN)


def names_of(label: Keys) -> Names:
    """What a label may say that a person calls by these words."""
    return _expanded(label, OWN)


def told_names(schema: Mapping[str, Any]) -> Names:
    """What a schema's own words say that its label may say."""
    names: Names = {}
    labels = schema.get("x-labels", ())
    given = [labels] if isinstance(labels, str) else labels
    for label in given[:_MOST_NAMES] if isinstance(given, list | tuple) else ():
        names = merged(names, _expanded(label_keys(str(label)[:_MOST_LETTERS]), GIVEN))
    for text in (schema.get("title"), schema.get("description")):
        for phrase in islice(_phrases(text), _MOST_NAMES) if isinstance(text, str) else ():
            names = merged(names, _expanded(label_keys(phrase), TOLD))
    return names


def merged(first: Names, second: Names) -> Names:
    """Both, each name with its higher worth."""
    return first | {name: max(worth, first.get(name, 0.0)) for name, worth in second.items()}


def under(parents: Names, names: Names) -> Names:
    """What labels say that name the parent too: "seller name", 卖方名称."""
    own = {name: worth for name, worth in names.items() if worth >= TOLD}
    above = {name: worth for name, worth in parents.items() if worth > _SHORTENED}
    return {
        parent + name: min(worth, above[parent]) + 0.1
        for name, worth in own.items()
        for parent in above
        if is_han(parent[-1]) == is_han(name[0])
    }


def _phrases(text: str) -> Iterator[str]:
    """Pieces of a title or description that are short enough for a label."""
    text = text[:_MOST_LETTERS]
    yield from _QUOTED.findall(text)
    for piece in _BETWEEN.split(text):
        keys = label_keys(piece)
        num_han = sum(map(is_han, keys))
        if keys and len(keys) - num_han <= _MOST_WORDS and num_han <= _MOST_HAN:
            yield piece


def _expanded(name: Keys, worth: float) -> Names:
    if not name:
        return {}
    others = {other: worth * _OTHER * each for other, each in other_names(name).items()}
    names = merged({name: worth}, others)
    if len(name) > 1 and name[-1] in _EMPTY_ENDINGS:
        short = name[:-1]
        fewer = {short: 1.0} | other_names(short)
        names = merged(names, {each: worth * _SHORTENED * w for each, w in fewer.items()})
    return merged(names, _written_as_one(names))


def _written_as_one(names: Names) -> Names:
    """ "SubTotal", "InvoiceNo": Latin words without the space."""
    return {
        ("".join(name),): worth
        for name, worth in names.items()
        if 1 < len(name) <= _MOST_WORDS and not any(map(is_han, name))
    }
