"""Made documents as records to learn from, drawn when they are asked for. Needs no torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

from shuowen.errors import UsageError
from shuowen.train.records import PICTURE_MARK, ArrayPicture, Conversation, Record, Turn
from shuowen.train.synthesize.asked import questions
from shuowen.train.synthesize.documents import make_document
from shuowen.train.synthesize.made import DocumentOptions

OPTIONS: Mapping[str, DocumentOptions] = MappingProxyType(
    {
        "pages": DocumentOptions(kind="page"),
        "tables": DocumentOptions(kind="table"),
        "forms": DocumentOptions(kind="form"),
        "receipts": DocumentOptions(kind="receipt"),
    }
)
"""What the documents of each source are like, unless a recipe says otherwise."""

MAX_SEED = 2**31


def document_record(index: int, *, options: DocumentOptions, seed: int = 0) -> Conversation:
    """The record of an index: a made document and one of the questions about it.

    Args:
        index: From 0; the same gives the same record in any process.
        options: What documents are made.
        seed: Another seed gives other documents, 0 to 2**31 - 1.
    """
    document = make_document(seed * 2**32 + index, options)
    asked = questions(document)
    chosen = asked[index % len(asked)]
    return Conversation(
        key=f"{options.kind} {index} of seed {seed}",
        turns=(
            Turn("user", f"{PICTURE_MARK}\n{chosen.question}"),
            Turn("assistant", chosen.answer),
        ),
        pictures=(ArrayPicture(document.pixels),),
    )


def record_maker(
    name: str, seed: int = 0, options: DocumentOptions | None = None
) -> Callable[[int], Record]:
    """A function from index to record that other processes can be given.

    Args:
        name: A key of `OPTIONS`.
        seed: Of all its documents, 0 to 2**31 - 1.
        options: What documents are made; those of `OPTIONS` when None.

    Raises:
        UsageError: There is no such source, or the seed is out of range.
    """
    if name not in OPTIONS:
        raise UsageError(f"There is no source {name!r}.", f"Choose from: {', '.join(OPTIONS)}.")
    if not 0 <= seed < MAX_SEED:
        raise UsageError(f"The seed is {seed}.", f"Choose from 0 to {MAX_SEED - 1}.")
    return partial(document_record, options=options or OPTIONS[name], seed=seed)


SOURCES: Mapping[str, Callable[[int], Record]] = MappingProxyType(
    {name: record_maker(name) for name in OPTIONS}
)
"""Sources by name, with seed 0."""
