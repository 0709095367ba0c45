"""A PDF's own text: used where it says what the page shows, and only there.

A text layer is exact and costs nothing, unless the PDF's table of characters is missing or wrong,
the text belongs to something else, or an earlier OCR guessed it. So a few of its lines are read
from the picture and compared. What the page shows beyond it (scanned parts, filled-in forms,
stamps, letters drawn as curves) is left to be read from the picture (`unread_parts.py`).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

import numpy as np

from shuowen.config import TextLayer
from shuowen.document.model import Line, Notice
from shuowen.image.crops import crop_quad
from shuowen.image.page import PageImage, Pixels, TextLayerFacts
from shuowen.reading.unread_parts import has_unread_parts

ReadCrops = Callable[[list[Pixels]], Sequence[str]]
"""Reads pictures of single lines, text running left to right."""

NUM_SAMPLES = 6
MIN_SAMPLE_CHARACTERS = 4
MAX_ILLEGIBLE = 0.1
"""Share of characters that the PDF cannot name; bullets of symbol fonts alone stay below."""
MAX_OUTSIDE = 0.5
"""Share of characters beyond the page's edge, as in a page cut out of a larger one."""
MIN_AGREEMENT = 0.85
"""Agreement with the picture below which a layer is not believed. Measured with the embedded
recogniser on pages of nine PDFs, English, Chinese and Japanese: sound layers
reach 0.94 or more; shifting every character leaves 0.14 or less, a quarter of them 0.81."""
MIN_OCR_AGREEMENT = 0.97
"""The same for invisible text: an earlier OCR is believed only where it could hardly be better."""


@dataclass(frozen=True, kw_only=True)
class TextLayerChoice:
    """What to take from a page's text layer.

    Attributes:
        lines: The lines to use, in page pixels; none when the layer is not to be used.
        is_complete: Whether they are all that the page says, so that the picture need not be read.
        notices: Why, where a reader of the result should know.
    """

    lines: tuple[Line, ...] = ()
    is_complete: bool = False
    notices: tuple[Notice, ...] = ()


def choose_text_layer(image: PageImage, mode: TextLayer, read_crops: ReadCrops) -> TextLayerChoice:
    """Decide whether to use the text layer of a page.

    Args:
        image: The page.
        mode: "never", "always" (then the picture is read only where there is no text at all), or
            "auto": when the layer agrees with the picture.
        read_crops: The recogniser to ask, in "auto" alone.
    """
    if mode == "never" or not image.text_lines:
        return TextLayerChoice()
    if mode == "always":
        return TextLayerChoice(lines=image.text_lines, is_complete=True)
    fault = _fault_of_characters(image) or _fault_against_picture(image, read_crops)
    if fault:
        message = f"The PDF's own text was not used: {fault}."
        return TextLayerChoice(notices=(Notice(code="text_layer_refused", message=message),))
    if not has_unread_parts(image):
        return TextLayerChoice(lines=image.text_lines, is_complete=True)
    message = "The page shows more than the PDF's own text; the rest was read from the picture."
    notice = Notice(code="text_layer_completed", message=message)
    return TextLayerChoice(lines=image.text_lines, notices=(notice,))


def _fault_of_characters(image: PageImage) -> str:
    """What is wrong with the characters in themselves, or ""."""
    facts = image.text_facts
    total = max(facts.num_characters, 1)
    if facts.num_outside > MAX_OUTSIDE * total:
        return "most of it lies beyond the edge of the page"
    nameless = sum(_is_nameless(character) for line in image.text_lines for character in line.text)
    share = max(facts.num_unmapped, nameless) / total
    if share > MAX_ILLEGIBLE:
        return f"it does not name {share:.0%} of its characters"
    return ""


def _is_nameless(character: str) -> bool:
    """Whether a character means nothing: replaced, private, unassigned or half a pair."""
    return character == "\ufffd" or unicodedata.category(character) in ("Co", "Cn", "Cs", "Cc")


def _fault_against_picture(image: PageImage, read_crops: ReadCrops) -> str:
    """How the picture contradicts the layer, or ""."""
    samples = sample_lines(image.text_lines)
    if not samples:
        return ""
    readings = read_crops([line_crop(image.pixels, line) for line in samples])
    pairs = zip(samples, readings, strict=True)
    scores = sorted(similarity(line.text, reading) for line, reading in pairs)
    agreement = scores[len(scores) // 4]  # a quarter of the lines may be hard to read
    is_ocr = _is_earlier_ocr(image.text_facts)
    if agreement >= (MIN_OCR_AGREEMENT if is_ocr else MIN_AGREEMENT):
        return ""
    kind = "it is an earlier OCR and" if is_ocr else "it"
    return f"{kind} agrees with the picture by {agreement:.0%} only"


def _is_earlier_ocr(facts: TextLayerFacts) -> bool:
    return facts.num_invisible > facts.num_characters / 2


def sample_lines(lines: Sequence[Line]) -> list[Line]:
    """Up to `NUM_SAMPLES` of the longer lines, spread over the page from top to bottom."""
    telling = [line for line in lines if len(_letters(line.text)) >= MIN_SAMPLE_CHARACTERS]
    longest = sorted(telling, key=lambda line: -len(line.text))[: 3 * NUM_SAMPLES]
    longest.sort(key=lambda line: line.box.center[1])
    num_samples = min(NUM_SAMPLES, len(longest))
    return [longest[round(i)] for i in np.linspace(0, len(longest) - 1, num_samples)]


def line_crop(pixels: Pixels, line: Line) -> Pixels:
    """The picture of a line with a little room around it, text running left to right."""
    quad = np.array(line.quad, np.float32)
    along, down = quad[1] - quad[0], quad[3] - quad[0]
    width, height = (max(float(np.linalg.norm(side)), 1.0) for side in (along, down))
    room = 0.15 * min(width, height) + 1
    along, down = along / width * room, down / height * room
    grown = quad + np.array([-along - down, along - down, along + down, down - along])
    if line.direction == "vertical":
        return np.ascontiguousarray(np.rot90(crop_quad(pixels, grown)))
    if along[0] < 0 and abs(along[1]) < abs(along[0]):  # upside down: turn the page's piece
        return np.ascontiguousarray(np.rot90(crop_quad(pixels, np.roll(grown, 2, axis=0)), 2))
    return crop_quad(pixels, grown)


def similarity(text: str, reading: str) -> float:
    """How alike two texts are in their letters and digits, 0 to 1 (Ratcliff and Obershelp)."""
    return SequenceMatcher(None, _letters(text), _letters(reading), autojunk=False).ratio()


def _letters(text: str) -> str:
    """What recognisers agree on: no white space, rows of dots or widths of punctuation."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in folded if character.isalnum())
