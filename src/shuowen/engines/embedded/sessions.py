"""ONNX Runtime sessions over the weights in this package, opened once and shared.

Every session computes on the thread that calls it. Work spreads over cores by running several
pages and batches of lines at a time, which on two cores is faster than splitting each operator
over threads: no barriers, no spinning. A session may be used from many threads at once.
"""

from __future__ import annotations

import threading
from functools import cache
from typing import Any

import onnxruntime

from shuowen.engines.embedded.manifest import WEIGHTS_FOLDER
from shuowen.errors import ModelError

_opening = threading.Lock()


def session(name: str) -> onnxruntime.InferenceSession:
    """The shared session of `weights/{name}.onnx`.

    Raises:
        ModelError: The file is missing or is not a network.
    """
    with _opening:
        return _open(name)


@cache
def _open(name: str) -> onnxruntime.InferenceSession:
    path = WEIGHTS_FOLDER / f"{name}.onnx"
    if not path.is_file():
        raise ModelError(f"The weights {path.name} are missing.", "Install shuowen again.")
    try:
        return onnxruntime.InferenceSession(
            str(path), sess_options=_options(), providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # onnxruntime's own classes share no public base
        raise ModelError(
            f"The weights {path.name} cannot be loaded: {error}", "Install shuowen again."
        ) from error


def _options() -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    # The arena keeps the largest page ever seen; without it reading takes half the memory and the
    # same time (docs/log.md).
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 3
    return options
