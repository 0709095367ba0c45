"""Preparing data, also in other processes, goes without torch."""

from __future__ import annotations

import subprocess
import sys

MODULES = ("records", "sources", "encode", "packing", "stream", "prefetch")


def test_data_are_prepared_without_torch() -> None:
    imports = "; ".join(f"import shuowen.train.{name}" for name in MODULES)
    code = f"import sys; {imports}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
