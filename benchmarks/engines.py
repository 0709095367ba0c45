"""The engines that `reading.py` compares, each as a function from page pictures to texts.

An engine is built by `build(name, threads)` in a process of its own, whose Python may be another
than Shuowen's: nothing here is imported before its engine is asked for. Every engine gets the same
number of threads, at its own defaults otherwise, and may work on several pages at once if it can.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ReadPages = Callable[[Sequence[Path]], list[str]]
Build = Callable[[int], ReadPages]

TESSERACT_LANGUAGES = "chi_sim+eng"


class NotInstalledError(Exception):
    """An engine whose package or program is missing; the message says how to get it."""


def shuowen(threads: int, effort: str) -> ReadPages:
    from shuowen.config import Limits, ReadOptions
    from shuowen.evals.own_reader import own_reader

    read_file = own_reader(ReadOptions(effort=effort), Limits(), jobs=threads)  # type: ignore[arg-type]
    pool = ThreadPoolExecutor(max_workers=threads)

    def read_pages(paths: Sequence[Path]) -> list[str]:
        return [reading.text for reading in pool.map(read_file, paths)]

    return read_pages


def rapidocr(threads: int, *, use_cls: bool) -> ReadPages:
    try:
        from rapidocr import RapidOCR
    except ModuleNotFoundError as error:
        raise NotInstalledError("pip install rapidocr==3.10.0 onnxruntime") from error
    engine = RapidOCR(
        params={
            "Global.use_cls": use_cls,
            "Global.log_level": "critical",
            "EngineConfig.onnxruntime.intra_op_num_threads": threads,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )

    def read_pages(paths: Sequence[Path]) -> list[str]:
        return ["\n".join(engine(str(path)).txts or ()) for path in paths]

    return read_pages


def faster_paddle(threads: int, *, batched: bool) -> ReadPages:
    try:
        from faster_paddle import OcrEngine
    except ModuleNotFoundError as error:
        raise NotInstalledError("pip install faster-paddle==1.0.4") from error
    engine = OcrEngine(model_size="small", threads=threads)

    def read_pages(paths: Sequence[Path]) -> list[str]:
        return [engine.ocr(path.read_bytes())["text"] for path in paths]

    def read_batch(paths: Sequence[Path]) -> list[str]:
        return [result["text"] for result in engine.ocr_batch([p.read_bytes() for p in paths])]

    return read_batch if batched else read_pages


def tesseract(threads: int) -> ReadPages:
    program = shutil.which("tesseract")
    if program is None:
        raise NotInstalledError("install tesseract and its chi_sim data with the system's packages")
    environment = {**os.environ, "OMP_THREAD_LIMIT": str(threads)}

    def read_page(path: Path) -> str:
        command = [program, str(path), "stdout", "-l", TESSERACT_LANGUAGES]
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, encoding="utf-8", check=True
        ).stdout

    return lambda paths: [read_page(path) for path in paths]


def _shuowen_builder(effort: str) -> Build:
    return lambda threads: shuowen(threads, effort)


def _floor_builder(effort: str) -> Build:
    def build(threads: int) -> ReadPages:
        from floor import replay  # here, because it imports Shuowen

        return replay(threads, shuowen(threads, effort))

    return build


EFFORTS = ("fast", "normal", "max")

BUILDERS: dict[str, Build] = {
    **{f"shuowen-{effort}": _shuowen_builder(effort) for effort in EFFORTS},
    **{f"floor-{effort}": _floor_builder(effort) for effort in EFFORTS},
    "rapidocr": lambda threads: rapidocr(threads, use_cls=True),
    "rapidocr-no-cls": lambda threads: rapidocr(threads, use_cls=False),
    "faster-paddle": lambda threads: faster_paddle(threads, batched=False),
    "faster-paddle-batch": lambda threads: faster_paddle(threads, batched=True),
    "tesseract": tesseract,
}
"""Engines by name. A floor runs the networks of Shuowen alone, on the tensors it gave them."""


def is_ours(name: str) -> bool:
    """Whether an engine needs Shuowen's own environment rather than the peers'."""
    return name.startswith(("shuowen", "floor"))
