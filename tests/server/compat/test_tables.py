"""The tables tell of every path that there is, and of no other."""

from __future__ import annotations

import re

import httpx

from shuowen.server.compat.tables import CONTRACTS, compat_tables
from tests.server.conftest import RunningServer


def test_every_path_is_in_a_table(server: RunningServer) -> None:
    paths = httpx.get(f"{server.url}/openapi.json").json()["paths"]
    tags = {"Open WebUI", "docling-serve", "Mistral OCR", "PaddleOCR-VL", "MinerU", "Tika"}
    found = {
        f"{method.upper()} {path}"
        for path, methods in paths.items()
        for method, operation in methods.items()
        if tags & set(operation.get("tags", []))
    }
    told = {endpoint for contract in CONTRACTS for endpoint in contract.endpoints}
    assert found == told


def test_every_field_is_told_once_in_each_contract() -> None:
    text = compat_tables()
    assert text.count("### ") == len(CONTRACTS)
    for contract in CONTRACTS:
        section = contract.markdown()
        for table in contract.tables:
            names = [each.name for each in table.fields]
            assert len(names) == len(set(names)), contract.title
            assert all(f"`{table.prefix}{name}`" in section for name in names)
    rows = [row for row in text.splitlines() if row.startswith("| `")]
    sound = re.compile(r"\| .+ \| (honoured|accepted|refused) \| .+ \|")
    assert rows and all(map(sound.fullmatch, rows))
