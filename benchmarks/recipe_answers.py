"""Data that a model makes of its own answers: preference pairs, and judged readings for a critic.

Crops are made anew, from seeds that no other stage uses; their truth is known, so right and wrong
need no person.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from PIL import Image

from shuowen.engines.pytorch.engine import PytorchEngine
from shuowen.engines.pytorch.load import load_engine
from shuowen.engines.pytorch.options import EngineOptions
from shuowen.evals.crops.crop import LINE_PROMPT, EvalCrop, made_crops
from shuowen.evals.crops.reading import CropReadingOptions, sample_readings
from shuowen.train.answer_sampler import Question
from shuowen.train.pairs import correctness_pairs, same_reading
from shuowen.train.records import PICTURE_MARK, Turn
from shuowen.train.step_labels import reading_labels, reading_parts

PAIR_SEEDS, LABEL_SEEDS = 3_000_000_000, 3_100_000_000
"""Where the crops of pairs and of labels begin, beyond those of training and of evaluation."""
_QUESTION = Question(turns=(Turn("user", f"{PICTURE_MARK}\n{LINE_PROMPT}"),))
_TEMPERATURE = 1.0

Rows = Iterator[dict[str, Any]]


def open_engine(folder: Path, threads: int, num_at_once: int = 64) -> PytorchEngine:
    """Many small sequences at once; every crop is asked about once, so nothing is worth keeping."""
    return load_engine(
        folder,
        EngineOptions(
            threads=threads,
            max_running=num_at_once,
            max_waiting=16 * num_at_once,
            vision_batch_tiles=64,
            prefill_chunk_tokens=4096,
            visual_cache_bytes=0,
            kv_cache_bytes=256 << 20,
        ),
    )


def write_pairs(
    model: Path, folder: Path, num_crops: int, threads: int, num_answers: int = 8
) -> Path:
    """meta.json of preference pairs: right readings over wrong ones, at most four of a crop."""
    if (folder / "meta.json").is_file():
        return folder / "meta.json"
    crops = made_crops(num_crops, PAIR_SEEDS, "train")
    readings = _readings(model, crops, num_answers, threads)
    return _write(folder, "pairs", _pair_rows(folder, crops, readings))


def write_labels(
    model: Path, folder: Path, num_crops: int, threads: int, num_answers: int = 4
) -> Path:
    """meta.json of judged readings: part by part, and once more as a whole.

    The whole ones teach the same critic to be an outcome reward model, so that both ways to ask it
    can be compared.
    """
    if (folder / "meta.json").is_file():
        return folder / "meta.json"
    crops = made_crops(num_crops, LABEL_SEEDS, "train")
    readings = _readings(model, crops, num_answers, threads)
    return _write(folder, "labels", _label_rows(folder, crops, readings))


def _readings(
    model: Path, crops: list[EvalCrop], num_answers: int, threads: int
) -> list[tuple[str, ...]]:
    engine = open_engine(model, threads)
    try:
        options = CropReadingOptions(temperature=_TEMPERATURE, top_p=1.0)
        return sample_readings(engine, crops, num_answers, options)
    finally:
        engine.close()


def _pair_rows(folder: Path, crops: list[EvalCrop], readings: list[tuple[str, ...]]) -> Rows:
    for crop, answers in zip(crops, readings, strict=True):
        pairs = correctness_pairs(crop.key, _QUESTION, crop.text, answers, max_pairs=4)
        name = _save(folder, crop) if pairs else ""
        for pair in pairs:
            question = _QUESTION.turns[-1].text
            yield {
                "image": name,
                "question": question,
                "chosen": pair.chosen,
                "rejected": pair.rejected,
            }


def _label_rows(folder: Path, crops: list[EvalCrop], readings: list[tuple[str, ...]]) -> Rows:
    for crop, answers in zip(crops, readings, strict=True):
        # The truth too: right readings are rare where the model is weak.
        distinct = [text for text in dict.fromkeys((*answers, crop.text)) if text.strip()]
        name = _save(folder, crop)
        for reading in distinct:
            parts = reading_parts(reading)
            labels = list(reading_labels(parts, crop.text))
            row = {"prompt": _QUESTION.turns[-1].text, "images": [name]}
            yield row | {"completions": list(parts), "labels": labels}
            yield row | {"completions": [reading], "labels": [same_reading(reading, crop.text)]}


def _save(folder: Path, crop: EvalCrop) -> str:
    name = f"pictures/{crop.key.rpartition('/')[2]}.png"
    (folder / "pictures").mkdir(parents=True, exist_ok=True)
    Image.fromarray(crop.pixels).save(folder / name)
    return name


def _write(folder: Path, name: str, rows: Iterable[dict[str, Any]]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    (folder / f"{name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    if not lines:
        raise SystemExit(f"{name}: the model makes no mistakes on these crops; ask for more.")
    meta = {name: {"root": ".", "annotation": f"{name}.jsonl", "length": len(lines)}}
    path = folder / "meta.json"
    path.write_text(json.dumps(meta, indent=1))  # last: it says that the rows are whole
    return path
