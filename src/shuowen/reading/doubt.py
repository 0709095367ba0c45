"""How far to trust what was read: the last thing that happens to a region.

Up to here all thresholds go by the recognisers' own confidences. From here on confidences are
probabilities of being right (`engines/embedded/calibration.py`): of each character by itself; of a
line, that all of it is right; of a cell, a region or a page, the mean over its characters, which is
the share of them that one may expect to be right.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from shuowen.document.model import Cell, Line, Region, Span, Table
from shuowen.engines.embedded.calibration import calibrated


def assessed(region: Region, min_confidence: float = 0.0) -> Region:
    """The region with calibrated confidences and its doubtful words marked.

    Args:
        region: As it was read.
        min_confidence: A word with a character that is less likely right, 0 to 1, is doubtful.
    """
    lines = tuple(with_doubt(calibrated(line), min_confidence) for line in region.lines)
    table = region.table and _table(region.table, lines)
    confidence = mean_confidence(lines)
    return msgspec.structs.replace(region, lines=lines, table=table, confidence=confidence)


def with_doubt(line: Line, min_confidence: float) -> Line:
    """The line with each span marked that holds a character below `min_confidence`."""
    spans = tuple(_marked(span, min_confidence) for span in line.spans)
    return line if spans == line.spans else msgspec.structs.replace(line, spans=spans)


def mean_confidence(lines: Sequence[Line]) -> float | None:
    """Mean over the characters of lines, to four digits; None when there are none.

    A line without spans counts as many characters of its own confidence.
    """
    numbers = [number for line in lines for number in _confidences(line)]
    return round(min(sum(numbers) / len(numbers), 1.0), 4) if numbers else None


def _confidences(line: Line) -> Sequence[float]:
    numbers = [number for span in line.spans for number in span.confidences]
    return numbers or [line.confidence] * len(line.text)


def _marked(span: Span, min_confidence: float) -> Span:
    is_doubtful = min(span.confidences, default=1.0) < min_confidence
    if is_doubtful == span.is_doubtful:
        return span
    return msgspec.structs.replace(span, is_doubtful=is_doubtful)


def _table(table: Table, lines: Sequence[Line]) -> Table:
    return msgspec.structs.replace(table, cells=tuple(_cell(cell, lines) for cell in table.cells))


def _cell(cell: Cell, lines: Sequence[Line]) -> Cell:
    confidence = mean_confidence([lines[index] for index in cell.line_indices])
    return msgspec.structs.replace(cell, confidence=confidence)
