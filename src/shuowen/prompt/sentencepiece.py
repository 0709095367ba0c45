"""Reads a sentencepiece `tokenizer.model` of the BPE kind, as InternLM's, without sentencepiece.

The file is a protocol buffer (google/sentencepiece, src/sentencepiece_model.proto). A sentencepiece
BPE model knows no merges, only pieces with scores: the better the score of a piece, the earlier its
two halves are joined.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers

from shuowen.errors import ModelError

_UNKNOWN, _CONTROL, _USER_DEFINED, _BYTE = 2, 3, 4, 6  # ModelProto.SentencePiece.Type
_BPE = 2  # TrainerSpec.ModelType
_SPACE = "▁"
_HINT = (
    "Load the folder with the package that made it and save its fast tokenizer there as"
    " tokenizer.json."
)


@dataclass(frozen=True)
class Piece:
    """One entry of the vocabulary; its id is its place."""

    text: str
    score: float
    kind: int


@dataclass(frozen=True)
class PieceModel:
    """What a `tokenizer.model` says.

    Attributes:
        pieces: The vocabulary.
        model_type: 1 unigram, 2 BPE.
        character_map: How characters are normalised, in sentencepiece's own form; may be empty.
        has_dummy_prefix: Whether a space is put before every text.
        drops_spaces: Whether spaces at the ends and repeated ones are dropped.
    """

    pieces: tuple[Piece, ...]
    model_type: int
    character_map: bytes
    has_dummy_prefix: bool
    drops_spaces: bool


def load_sentencepiece(path: Path, added: Mapping[str, int]) -> Tokenizer:
    """Build the tokenizer of a `tokenizer.model`.

    Args:
        path: The file.
        added: Tokens that the folder adds, or gives the place of an unused piece, and their ids.

    Returns:
        A tokenizer that splits text as sentencepiece does; control and added tokens are special.

    Raises:
        ModelError: The file is damaged, or is no BPE model.
    """
    try:
        model = read_model(path.read_bytes())
    except (IndexError, struct.error, UnicodeDecodeError, ValueError) as error:
        message = f"{path} is no sentencepiece model, or is damaged."
        raise ModelError(message, "Download the folder again.") from error
    if model.model_type != _BPE:
        raise ModelError(f"{path} is a sentencepiece model, but not of the BPE kind.", _HINT)
    return _tokenizer(model, added)


def read_model(data: bytes) -> PieceModel:
    """Read a file's bytes; damaged ones raise ValueError, IndexError or struct.error."""
    pieces, trainer, normalizer = [], b"", b""
    for number, value in _fields(data):
        if number == 1:
            pieces.append(_piece(_as_bytes(value)))
        elif number == 2:
            trainer = _as_bytes(value)
        elif number == 3:
            normalizer = _as_bytes(value)
    training, normalising = dict(_fields(trainer)), dict(_fields(normalizer))
    if not pieces:
        raise ValueError("no pieces")
    return PieceModel(
        pieces=tuple(pieces),
        model_type=int(training.get(3, 1)),
        character_map=_as_bytes(normalising.get(2, b"")),
        has_dummy_prefix=bool(normalising.get(3, 1)),
        drops_spaces=bool(normalising.get(4, 1)),
    )


def _piece(data: bytes) -> Piece:
    values = dict(_fields(data))
    (score,) = struct.unpack("<f", _as_bytes(values.get(2, bytes(4))))
    return Piece(_as_bytes(values.get(1, b"")).decode(), score, int(values.get(3, 1)))


def _as_bytes(value: bytes | int) -> bytes:
    if isinstance(value, int):
        raise ValueError("a number where there should be bytes")
    return value


def _fields(data: bytes) -> Iterator[tuple[int, bytes | int]]:
    """Number and value of each field: varints as numbers, all else as bytes."""
    place = 0
    while place < len(data):
        key, place = _varint(data, place)
        kind = key & 7
        if kind == 0:
            number, place = _varint(data, place)
            yield key >> 3, number
            continue
        if kind == 2:
            length, place = _varint(data, place)
        else:
            length = {1: 8, 5: 4}.get(kind, len(data) + 1)
        if place + length > len(data):
            raise ValueError("a field that is cut off")
        yield key >> 3, data[place : place + length]
        place += length


def _varint(data: bytes, place: int) -> tuple[int, int]:
    """The number that begins at `place`, and where it ends."""
    number = shift = 0
    while True:
        byte = data[place]
        number |= (byte & 127) << shift
        place, shift = place + 1, shift + 7
        if byte < 128:
            return number, place


def _tokenizer(model: PieceModel, added: Mapping[str, int]) -> Tokenizer:
    names = {token_id: token for token, token_id in added.items()}
    pieces = [
        Piece(names[index], each.score, _CONTROL) if index in names else each
        for index, each in enumerate(model.pieces)
    ]
    vocabulary = {piece.text: index for index, piece in enumerate(pieces)} | dict(added)
    unknown = next((each.text for each in pieces if each.kind == _UNKNOWN), None)
    tokenizer = Tokenizer(
        models.BPE(
            vocabulary,
            _merges(pieces),
            unk_token=unknown,
            fuse_unk=True,
            byte_fallback=any(each.kind == _BYTE for each in pieces),
        )
    )
    tokenizer.normalizer = _normalizer(model)
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace(_SPACE, " "), decoders.ByteFallback(), decoders.Fuse()]
    )
    control = [each.text for each in pieces if each.kind in (_UNKNOWN, _CONTROL)]
    special = dict.fromkeys([*control, *sorted(added, key=added.__getitem__)])
    tokenizer.add_special_tokens([AddedToken(each, normalized=False) for each in special])
    defined = [each.text for each in pieces if each.kind == _USER_DEFINED]
    tokenizer.add_tokens([AddedToken(each, normalized=False) for each in defined])
    return tokenizer


def _merges(pieces: list[Piece]) -> list[tuple[str, str]]:
    """Every way to make a piece of two others, the best score first."""
    usable = {
        piece.text: index
        for index, piece in enumerate(pieces)
        if piece.kind not in (_UNKNOWN, _CONTROL, _BYTE)
    }
    found: list[tuple[float, int, int, tuple[str, str]]] = []
    for text, index in usable.items():
        for cut in range(1, len(text)):
            left, right = text[:cut], text[cut:]
            if left in usable and right in usable:
                order = (-pieces[index].score, usable[left], usable[right], (left, right))
                found.append(order)
    found.sort()
    return [pair for *_, pair in found]


def _normalizer(model: PieceModel) -> normalizers.Normalizer:
    steps: list[normalizers.Normalizer] = []
    if model.character_map:
        steps.append(normalizers.Precompiled(model.character_map))
    if model.drops_spaces:
        steps += [
            normalizers.Replace(Regex(r"\A +| +\z"), ""),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    if model.has_dummy_prefix:
        steps.append(normalizers.Prepend(_SPACE))
    return normalizers.Sequence([*steps, normalizers.Replace(" ", _SPACE)])
