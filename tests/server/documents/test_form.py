from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuowen.errors import FieldError, ShuowenError, TooLargeError, UsageError
from shuowen.server.documents.files import IncomingSource
from shuowen.server.documents.form import Form

TYPE = "multipart/form-data; boundary=XX"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "source"


@pytest.fixture
def incoming(path: Path) -> Iterator[IncomingSource]:
    with IncomingSource(path) as incoming:
        yield incoming


def part(name: str, value: bytes, more: str = "") -> bytes:
    head = f'--XX\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'
    return head.encode() + value + b"\r\n"


def file_part(value: bytes, name: str = "scan.pdf") -> bytes:
    return part("file", value, f'; filename="{name}"\r\nContent-Type: application/pdf')


def read(incoming: IncomingSource, body: bytes, step: int = 1 << 20, max_bytes: int = 1000) -> Form:
    form = Form(TYPE, incoming, max_bytes=max_bytes)
    for start in range(0, len(body), step):
        form.feed(body[start : start + step])
    form.finish()
    incoming.finish()
    return form


@pytest.mark.parametrize("step", [1, 7, 1 << 20])
def test_the_file_goes_to_disk_and_fields_to_memory(
    incoming: IncomingSource, path: Path, step: int
) -> None:
    content = b"%PDF- \r\n--X \r\n--XY \r\n"
    body = part("dpi", b"300") + file_part(content, "扫描.pdf") + part("pages", "１-３".encode())
    form = read(incoming, body + b"--XX--\r\n", step)
    assert form.fields == [("dpi", "300"), ("pages", "１-３")]
    assert form.file_name == "扫描.pdf"
    assert path.read_bytes() == content


def test_a_file_needs_no_name_and_other_fields_may_have_one(
    incoming: IncomingSource, path: Path
) -> None:
    body = part("file", b"GIF89a") + part("pages", b"1", '; filename="x"') + b"--XX--"
    form = read(incoming, body)
    assert (form.file_name, form.fields) == ("", [("pages", "1")])
    assert path.read_bytes() == b"GIF89a"


def test_a_form_without_a_file_is_known_by_it(incoming: IncomingSource) -> None:
    assert read(incoming, b"--XX--\r\n").file_name is None


@pytest.mark.parametrize(
    "body, message",
    [
        (b"", "not a form"),
        (b"something else entirely", "not a form"),
        (part("dpi", b"300"), "not a form"),  # no end
        (file_part(b"a") + b"--XX", "not a form"),
        (file_part(b"a") + file_part(b"b") + b"--XX--", "several files"),
        (part("document", b"a", '; filename="a.pdf"') + b"--XX--", "file goes in `file`"),
        (part("pages", b"\xff\xfe") + b"--XX--", "pages is not UTF-8"),
        (part("pages", b"1" * 70_000) + b"--XX--", "pages is longer than 65536"),
        (part("a", b"") * 33 + b"--XX--", "more than 32 fields"),
        (part("a", b"", "; " + "x" * 9000) + b"--XX--", "too long a head|not a form"),
    ],
)
def test_bad_forms_are_refused(incoming: IncomingSource, body: bytes, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read(incoming, body)


def test_several_files_name_the_field(incoming: IncomingSource) -> None:
    with pytest.raises(FieldError) as caught:
        read(incoming, file_part(b"a") + file_part(b"b") + b"--XX--")
    assert caught.value.param == "file"


def test_a_file_is_refused_as_soon_as_it_is_too_large(incoming: IncomingSource) -> None:
    form = Form(TYPE, incoming, max_bytes=10)
    form.feed(file_part(b"0123456789")[:-2])
    with pytest.raises(TooLargeError, match="larger than 10 bytes") as caught:
        form.feed(b"!" * 100)
    assert caught.value.http_status == 413
    assert incoming.num_bytes <= 10


@pytest.mark.parametrize(
    "content_type",
    ["multipart/form-data", "multipart/form-data; boundary=", f"x; boundary={'b' * 300}"],
)
def test_a_boundary_is_needed(incoming: IncomingSource, content_type: str) -> None:
    with pytest.raises(UsageError, match="not a form"):
        Form(content_type, incoming, max_bytes=10)


@given(
    pieces=st.lists(
        st.one_of(
            st.binary(max_size=20),
            st.sampled_from(
                [b"--XX", b"--XX--", b"\r\n", b"\r\n\r\n", b"Content-Disposition: form-data"]
                + [b'; name="file"', b'; name="a"', b'; filename="b"', b": ", b"\0"]
            ),
        ),
        max_size=12,
    )
)
def test_whatever_comes_is_a_form_or_an_error(
    pieces: list[bytes], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("form") / "source"
    with IncomingSource(path) as incoming:
        try:
            read(incoming, b"".join(pieces), step=5)
        except ShuowenError as error:
            assert re.search("form|field|file|UTF-8", str(error))
