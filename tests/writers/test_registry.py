from __future__ import annotations

import subprocess
import sys

import pytest

from shuowen.errors import UsageError
from shuowen.writers import WRITERS, PageWriter, writer_named
from tests.writers.sample import SAMPLE


def test_every_writer_answers_to_its_name_and_has_its_own_suffix() -> None:
    assert list(WRITERS) == ["md", "json", "html", "txt", "overlay"]
    assert all(writer_named(name).name == name for name in WRITERS)
    assert len({writer.suffix for writer in WRITERS.values()}) == len(WRITERS)


@pytest.mark.parametrize(
    ("asked", "meant"),
    [("markdown", "md"), (".MD", "md"), ("htm", "html"), ("text", "txt"), ("overlays", "overlay")],
)
def test_a_wrong_name_is_answered_with_the_nearest(asked: str, meant: str) -> None:
    with pytest.raises(UsageError) as caught:
        writer_named(asked)
    assert repr(asked) in caught.value.message
    assert caught.value.hint.startswith(f"Did you mean '{meant}'?")


def test_a_name_like_no_other_is_answered_with_all() -> None:
    with pytest.raises(UsageError) as caught:
        writer_named("docx")
    assert caught.value.hint == "Choose one of: md, json, html, txt, overlay."


def test_page_files_sort_as_pages_do() -> None:
    overlay = writer_named("overlay")
    assert isinstance(overlay, PageWriter)
    suffixes = [overlay.suffix_of(number) for number in (2, 10, 500)]
    assert suffixes == [".overlay-0002.png", ".overlay-0010.png", ".overlay-0500.png"]


def test_documents_are_written_as_text() -> None:
    for writer in WRITERS.values():
        if not isinstance(writer, PageWriter):
            assert writer.write(SAMPLE).decode().strip()


def test_the_registry_imports_no_picture_libraries() -> None:
    program = "import sys, shuowen.writers; print({'numpy', 'PIL'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout == "set()\n", done.stderr
