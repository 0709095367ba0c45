import re
from pathlib import Path

import pytest

from shuowen.evals import own_version
from shuowen.version import __version__


def test_the_version_has_a_digest_of_what_reads() -> None:
    assert re.fullmatch(rf"{re.escape(__version__)}\+[0-9a-f]{{8}}", own_version.own_version())


@pytest.mark.parametrize("changed", ["config.py", "reading/order.py", "engines/embedded/w/a.onnx"])
def test_every_file_that_reads_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: str
) -> None:
    for name in ("config.py", "reading/order.py", "engines/embedded/w/a.onnx", "cli/read.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    monkeypatch.setattr(own_version, "_PACKAGE", tmp_path)
    read = own_version.own_version.__wrapped__
    before = read()
    (tmp_path / "cli" / "read.py").write_text("changed")
    (tmp_path / "reading" / "order.pyc").write_text("compiled")
    assert read() == before
    (tmp_path / changed).write_text("changed")
    assert read() != before
