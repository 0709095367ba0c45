"""From the parts of a message, as OpenAI's two APIs and LMDeploy write them, to our own."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import PurePath
from types import MappingProxyType
from typing import Any

from shuowen.errors import FieldError, MissingExtraError
from shuowen.prompt.options import MAX_TILES
from shuowen.server.chat import fields
from shuowen.server.chat.body import shaped
from shuowen.server.chat.fields import FIELDS
from shuowen.server.chat.media import Media
from shuowen.server.chat.model import (
    ChatFile,
    ChatPart,
    ChatText,
    ChatVideo,
    Detail,
    ModelKind,
)

MAX_PARTS = 500
"""Most parts of all messages of a request together."""

_DETAILS: Mapping[str, Detail] = MappingProxyType(
    {"auto": "auto", "low": "low", "medium": "medium", "high": "high", "original": "high"}
)
_MAX_NAME = 100
_UNHEARD = ("input_audio", "audio_url", "input_video", "time_series_url")


@dataclass
class PartReader:
    """Reads the parts of one request, and counts them.

    Attributes:
        kind: Who will answer.
        media: Gets what they name.
        max_files: Most pictures, PDFs and videos.
    """

    kind: ModelKind
    media: Media
    max_files: int
    _num_parts: int = field(default=0, init=False)
    _num_files: int = field(default=0, init=False)

    def read(self, content: str | Sequence[Any] | None, param: str) -> tuple[ChatPart, ...]:
        """The parts of a message's `content`.

        Args:
            content: Text, or a list of parts.
            param: The field: "messages[0].content".

        Raises:
            FieldError: A part is unknown, refused or malformed, or there are too many.
            ShuowenError: What `Media.open` raises.
        """
        if content is None or content == "":
            return ()
        if isinstance(content, str):
            self._count(param)
            return (ChatText(content),)
        return tuple(self._part(part, f"{param}[{index}]") for index, part in enumerate(content))

    def _part(self, part: Any, param: str) -> ChatPart:
        self._count(param)
        if not isinstance(part, dict):
            raise FieldError(f"{param} is no object.", _EXAMPLE, param=param)
        kind = part.get("type")
        reader = _READERS.get(kind) if isinstance(kind, str) else None
        if reader is None:
            raise _unknown_kind(kind, f"{param}.type")
        return reader(self, FIELDS.kept(str(kind), part, self.kind, param), param)

    def _count(self, param: str) -> None:
        self._num_parts += 1
        if self._num_parts > MAX_PARTS:
            message = f"The messages have more than {MAX_PARTS} parts."
            raise FieldError(message, "Leave out the oldest.", param=param)

    def _text(self, part: Mapping[str, Any], param: str) -> ChatText:
        name = "refusal" if part["type"] == fields.REFUSAL else "text"
        return ChatText(_required(part, name, param))

    def _image(self, part: Mapping[str, Any], param: str) -> ChatFile:
        """`image_url`: an object with the address, or, as some clients write it, the address."""
        where = f"{param}.image_url"
        given = part.get("image_url")
        if isinstance(given, str):
            given = {"url": given}
        if not isinstance(given, dict):
            hint = 'Write {"url": "data:image/png;base64,…"}.'
            raise FieldError(f"{where} is not an object with a url.", hint, param=where)
        given = FIELDS.kept(fields.IMAGE_URL, given, self.kind, where)
        return self._file(
            _required(given, "url", where),
            f"{where}.url",
            detail=_detail(given.get("detail"), f"{where}.detail"),
            max_dynamic_patch=_tiles(given.get("max_dynamic_patch"), where),
        )

    def _input_image(self, part: Mapping[str, Any], param: str) -> ChatFile:
        address = _required(part, "image_url", param)
        detail = _detail(part.get("detail"), f"{param}.detail")
        return self._file(address, f"{param}.image_url", detail=detail)

    def _file_object(self, part: Mapping[str, Any], param: str) -> ChatFile:
        where = f"{param}.file"
        given = part.get("file")
        if not isinstance(given, dict):
            hint = 'Write {"filename": "a.pdf", "file_data": "data:application/pdf;base64,…"}.'
            raise FieldError(f"{where} is not an object with file_data.", hint, param=where)
        given = FIELDS.kept(fields.FILE_OBJECT, given, self.kind, where)
        return self._named_file(given, "file_data", where)

    def _input_file(self, part: Mapping[str, Any], param: str) -> ChatFile:
        if "file_data" in part and "file_url" in part:
            message = f"{param} has both file_data and file_url."
            raise FieldError(message, "Send one of them.", param=param)
        name = "file_url" if "file_url" in part else "file_data"
        return self._named_file(part, name, param)

    def _named_file(self, given: Mapping[str, Any], field_name: str, param: str) -> ChatFile:
        name = shaped(given.get("filename") or "", str, f"{param}.filename")
        address = _required(given, field_name, param)
        return self._file(address, f"{param}.{field_name}", name=_shown_name(name))

    def _file(self, address: str, param: str, *, name: str = "", **options: Any) -> ChatFile:
        number = self._next_file(param)
        source, media_type = self.media.open(address, name or f"file {number}", param)
        return ChatFile(source=source, media_type=media_type, param=param, **options)

    def _video(self, part: Mapping[str, Any], param: str) -> ChatVideo:
        where = f"{param}.video_url"
        if find_spec("av") is None:
            error = MissingExtraError(
                "Videos need the package av, which the server does not have.",
                "Send frames as pictures, or install it: pip install 'shuowen[video]'",
            )
            error.param = where
            raise error
        given = part.get("video_url")
        given = {"url": given} if isinstance(given, str) else given
        if not isinstance(given, dict):
            hint = 'Write {"url": "data:video/mp4;base64,…"}.'
            raise FieldError(f"{where} is not an object with a url.", hint, param=where)
        given = FIELDS.kept(fields.VIDEO_URL, given, self.kind, where)
        number = self._next_file(where)
        url = _required(given, "url", where)
        return ChatVideo(
            content=self.media.data(url, f"file {number}", f"{where}.url"), param=where
        )

    def _next_file(self, param: str) -> int:
        self._num_files += 1
        if self._num_files > self.max_files:
            message = f"The messages have more than {self.max_files} files."
            hint = "Leave out the oldest, or send pages as one PDF to POST /v1/documents."
            raise FieldError(message, hint, param=param)
        return self._num_files


_READERS: Mapping[str, Callable[[PartReader, Mapping[str, Any], str], ChatPart]] = MappingProxyType(
    {
        fields.TEXT: PartReader._text,
        fields.INPUT_TEXT: PartReader._text,
        fields.OUTPUT_TEXT: PartReader._text,
        fields.REFUSAL: PartReader._text,
        fields.IMAGE: PartReader._image,
        fields.INPUT_IMAGE: PartReader._input_image,
        fields.FILE: PartReader._file_object,
        fields.INPUT_FILE: PartReader._input_file,
        fields.VIDEO: PartReader._video,
    }
)

_EXAMPLE = 'Write {"type": "text", "text": "…"}.'


def _unknown_kind(kind: Any, param: str) -> FieldError:
    if kind in _UNHEARD:
        return FieldError(f"Parts of the type {kind} are not understood.", _KINDS, param=param)
    if kind is None:
        return FieldError("A part has no type.", _EXAMPLE, param=param)
    return FieldError(f"There is no type of part {str(kind)[:60]!r}.", _KINDS, param=param)


_KINDS = f"There are: {', '.join(_READERS)}."


def _required(given: Mapping[str, Any], name: str, param: str) -> str:
    where = f"{param}.{name}"
    if name not in given:
        raise FieldError(f"The field {where} is missing.", "Add it.", param=where)
    return shaped(given[name], str, where)


def _detail(given: Any, param: str) -> Detail:
    if given is None:
        return "auto"
    if not isinstance(given, str) or given not in _DETAILS:
        hint = f"Choose one of: {', '.join(_DETAILS)}."
        raise FieldError(f"{param} is {str(given)[:60]!r}.", hint, param=param)
    return _DETAILS[given]


def _tiles(given: Any, param: str) -> int | None:
    where = f"{param}.max_dynamic_patch"
    if given is None:
        return None
    tiles = shaped(given, int, where)
    if not 1 <= tiles <= MAX_TILES:
        raise FieldError(f"{where} is {tiles}.", f"Choose 1 to {MAX_TILES}.", param=where)
    return tiles


def _shown_name(name: str) -> str:
    """A file's name as people may see it: no folders, no control characters, not endless."""
    last = PurePath(name.replace("\\", "/")).name
    kept = (each for each in last if unicodedata.category(each)[0] not in "CZ" or each == " ")
    return "".join(kept)[:_MAX_NAME]
