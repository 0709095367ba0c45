"""Every writer against its golden file; `pytest --update-golden` writes them anew."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from shuowen.writers import WRITERS, DocumentWriter
from tests.writers.sample import SAMPLE

GOLDEN = Path(__file__).parent / "golden"
DOCUMENT_WRITERS = [writer for writer in WRITERS.values() if isinstance(writer, DocumentWriter)]


@pytest.mark.parametrize("writer", DOCUMENT_WRITERS, ids=lambda writer: writer.name)
def test_the_sample_is_written_as_reviewed(
    writer: DocumentWriter, check_golden: Callable[[Path, bytes], None]
) -> None:
    check_golden(GOLDEN / f"sample{writer.suffix}", writer.write(SAMPLE))
