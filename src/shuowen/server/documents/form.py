"""A multipart form as it comes in: its file goes to disk piece by piece, its fields to memory.

Parsing touches the disk, so `feed` and `finish` belong on a thread.
"""

from __future__ import annotations

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from shuowen.errors import FieldError, TooLargeError, UsageError
from shuowen.server.documents.files import IncomingSource
from shuowen.server.documents.wishes import FORM_FIELDS

FILE_FIELD = "file"

_MAX_FIELDS = 32
_MAX_SHOWN = 50
_MAX_FIELD_BYTES = 1 << 16
_MAX_HEADER_BYTES = 1 << 13


class Form:
    """One form.

    Attributes:
        fields: Every field but the file: name and value, in the order in which they came.
        file_name: What the client calls the file; None until a file has come.
    """

    def __init__(self, content_type: str, incoming: IncomingSource, *, max_bytes: int) -> None:
        """Get ready for the body of a request.

        Args:
            content_type: The request's header, with the boundary.
            incoming: Where the file goes.
            max_bytes: The largest file.

        Raises:
            UsageError: The header names no boundary.
        """
        self.fields: list[tuple[str, str]] = []
        self.file_name: str | None = None
        self._incoming = incoming
        self._max_bytes = max_bytes
        self._header = self._header_value = b""
        self._disposition = b""
        self._num_header_bytes = 0
        self._name = ""
        self._value = bytearray()
        self._is_complete = False
        boundary = parse_options_header(content_type)[1].get(b"boundary", b"")
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._begin_part,
                    "on_header_field": self._take_header,
                    "on_header_value": self._take_header_value,
                    "on_header_end": self._end_header,
                    "on_headers_finished": self._end_headers,
                    "on_part_data": self._take_data,
                    "on_part_end": self._end_part,
                    "on_end": self._end,
                },
            )
        except FormParserError as error:
            raise _malformed() from error
        if not boundary:
            raise _malformed()

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the body.

        Raises:
            UsageError: They are no form, or too many fields.
            TooLargeError: The file is too large.
            OutputError: The disk does not take it.
        """
        try:
            self._parser.write(data)
        except FormParserError as error:
            raise _malformed() from error

    def finish(self) -> None:
        """The body is over; raises `UsageError` when the form is not."""
        if not self._is_complete:
            raise _malformed()

    def _begin_part(self) -> None:
        self._disposition = b""
        self._num_header_bytes = 0
        if len(self.fields) == _MAX_FIELDS:
            raise UsageError(f"The form has more than {_MAX_FIELDS} fields.", "Send fewer.")

    def _take_header(self, data: bytes, start: int, end: int) -> None:
        self._count_header(end - start)
        self._header += data[start:end]

    def _take_header_value(self, data: bytes, start: int, end: int) -> None:
        self._count_header(end - start)
        self._header_value += data[start:end]

    def _count_header(self, num_bytes: int) -> None:
        self._num_header_bytes += num_bytes
        if self._num_header_bytes > _MAX_HEADER_BYTES:
            raise UsageError("A part of the form has too long a head.", "Use shorter names.")

    def _end_header(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = self._header_value
        self._header = self._header_value = b""

    def _end_headers(self) -> None:
        _, options = parse_options_header(self._disposition.decode("latin-1"))
        self._name = options.get(b"name", b"").decode(errors="replace")
        self._value.clear()
        if self._name != FILE_FIELD:
            if b"filename" in options and self._name not in FORM_FIELDS:
                raise _misplaced(self._name)
            return
        if self.file_name is not None:
            raise FieldError(
                "The form has several files.", "Send a request for each.", param=FILE_FIELD
            )
        self.file_name = options.get(b"filename", b"").decode(errors="replace")

    def _take_data(self, data: bytes, start: int, end: int) -> None:
        piece = data[start:end]
        if self._name == FILE_FIELD:
            check_size(self._incoming.num_bytes + len(piece), self._max_bytes)
            self._incoming.write(piece)
            return
        self._value += piece
        if len(self._value) > _MAX_FIELD_BYTES:
            raise FieldError(
                f"{self._name} is longer than {_MAX_FIELD_BYTES} bytes.",
                f"Only {FILE_FIELD} may be long.",
                param=self._name,
            )

    def _end_part(self) -> None:
        if self._name == FILE_FIELD:
            return
        try:
            self.fields.append((self._name, self._value.decode()))
        except UnicodeDecodeError as error:
            raise FieldError(
                f"{self._name} is not UTF-8.", "Send text as UTF-8.", param=self._name
            ) from error

    def _end(self) -> None:
        self._is_complete = True


def check_size(num_bytes: int, max_bytes: int) -> None:
    """Raise `TooLargeError` for a document of more bytes than may be."""
    if num_bytes > max_bytes:
        raise TooLargeError(
            f"The document is larger than {max_bytes} bytes.", "Split it, or ask whoever runs this."
        )


def _misplaced(name: str) -> FieldError:
    shown = "".join(letter for letter in name[:_MAX_SHOWN] if letter.isprintable())
    return FieldError(
        f"There is no field {shown}; the file goes in `{FILE_FIELD}`.",
        f"With curl: -F {FILE_FIELD}=@scan.pdf.",
        param=shown,
    )


def _malformed() -> UsageError:
    return UsageError(
        "The body is not a form that can be read.",
        "Send multipart/form-data with a boundary, the document in the field file.",
    )
