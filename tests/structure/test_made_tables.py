"""Tables in the documentation that are made from code, and are as the code is.

`pytest tests/structure/test_made_tables.py --update-golden` writes them anew.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from shuowen.launch.flag_docs import flag_table
from shuowen.server.chat.field_docs import tables
from shuowen.server.compat.tables import compat_tables

DOCS = Path(__file__).parents[2] / "docs"

MADE = {
    ("server.md", "fields"): tables,
    ("gpus.md", "flags"): flag_table,
    ("contracts.md", "contracts"): compat_tables,
}


@pytest.mark.parametrize(("page", "mark"), MADE)
def test_tables_are_as_the_code_is(
    page: str, mark: str, check_golden: Callable[[Path, bytes], None]
) -> None:
    path = DOCS / page
    before, begin, rest = path.read_text(encoding="utf-8").partition(f"<!-- {mark}: begin -->")
    _, end, after = rest.partition(f"<!-- {mark}: end -->")
    assert begin and end
    made = MADE[page, mark]().strip()
    check_golden(path, f"{before}{begin}\n{made}\n{end}{after}".encode())
