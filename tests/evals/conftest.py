import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

MakeSet = Callable[..., Path]


@pytest.fixture
def make_set(tmp_path: Path) -> MakeSet:
    """Writes data/<name>/truth.jsonl with the rows given and returns the folder data."""

    def make(name: str, *rows: dict[str, Any]) -> Path:
        folder = tmp_path / "data" / name
        folder.mkdir(parents=True)
        lines = [json.dumps(row, ensure_ascii=False) for row in rows]
        (folder / "truth.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
        return folder.parent

    return make
