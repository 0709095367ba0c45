"""Forms: labels in print, values by hand on rules or in the cells of a grid, boxes, stamps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from shuowen.train.synthesize import wording
from shuowen.train.synthesize.checkboxes import choices_width, write_choices
from shuowen.train.synthesize.flow import Flow
from shuowen.train.synthesize.form_entries import Entry, draw_choices, draw_entries
from shuowen.train.synthesize.form_grid import draw_grid
from shuowen.train.synthesize.layout_text import wrap
from shuowen.train.synthesize.look import Look, draw_look
from shuowen.train.synthesize.made import DocumentOptions, Language
from shuowen.train.synthesize.paragraphs import write_lines
from shuowen.train.synthesize.sheet import Extent, Sheet, TextStyle
from shuowen.train.synthesize.stamps import stamp

_WIDTH_INCHES = (6.0, 8.27)
_TITLES_ZH = ("申请表", "登记表", "报名表", "报销单", "请假条", "委托书", "审批表", "证明")
_TITLES_EN = ("Application Form", "Registration", "Order Form", "Expense Claim", "Request")


def draw_form(rng: np.random.Generator, options: DocumentOptions, language: Language) -> Sheet:
    """A form that is filled in; each value by hand with the chance that the options give."""
    look = draw_look(rng, options, language)
    width = round(rng.uniform(*_WIDTH_INCHES) * options.dpi)
    sheet = Sheet(width, 3 * width, rng)
    margin = width * rng.uniform(0.06, 0.1)
    flow = Flow([Extent(left=margin, top=margin, right=width - margin, bottom=3 * width - margin)])
    _write_title(sheet, flow, look)
    entries = draw_entries(rng, language, int(rng.integers(4, 11)))
    choices = draw_choices(rng, language, int(rng.integers(0, 4)))
    by_hand = rng.random(len(entries)) < options.handwriting_share
    hands = [look.hand if is_hand else look.body for is_hand in by_hand]
    if rng.random() < 0.5:
        draw_grid(sheet, flow, look, entries, look.hand if by_hand.any() else look.body)
    else:
        _write_on_rules(sheet, flow, look, entries, hands)
    flow.skip(look.body.line_height * 0.6)
    _write_choices(sheet, flow, look, choices)
    _sign(sheet, flow, look, look.hand if options.handwriting_share else look.body)
    end = 3 * width - margin - flow.room
    if rng.random() < 0.5:
        lower = Extent(left=width * 0.4, top=max(0, end - width * 0.4), right=width, bottom=end)
        stamp(sheet, lower, language)
    sheet.cut(round(end + margin))
    return sheet


def _write_title(sheet: Sheet, flow: Flow, look: Look) -> None:
    rng = sheet.rng
    title = wording.pick_writable(rng, _TITLES_ZH if look.language == "zh" else _TITLES_EN)
    if rng.random() < 0.5:
        words = wording.phrase(rng, look.language, 1)
        title = words + title if look.language == "zh" else f"{words.title()} {title}"
    write_lines(sheet, flow, title, look.title.scaled(0.85), align="centre")
    flow.skip(look.body.size_px)


def _write_on_rules(
    sheet: Sheet, flow: Flow, look: Look, entries: list[Entry], hands: list[TextStyle]
) -> None:
    """One or two entries a line, values on rules; a value that is too long has more lines."""
    waiting = list(zip(entries, hands, strict=True))
    while waiting:
        entry, hand = waiting.pop(0)
        needed = _width(entry, look, hand)
        beside = waiting[0] if waiting else None
        fits = beside and max(needed, _width(beside[0], look, beside[1])) < flow.width * 0.48
        row = [(entry, hand), waiting.pop(0)] if fits else [(entry, hand)]
        height = 1.5 * max(look.body.line_height, *(style.line_height for _, style in row))
        if needed > flow.width:
            _write_long(sheet, flow, look, entry, hand)
            continue
        place = flow.take(height)
        if place is None:
            return
        _write_row(sheet, place, look, row)


def _width(entry: Entry, look: Look, hand: TextStyle) -> float:
    return look.body.width(_colon(entry.label, look)) + hand.width(entry.value) + hand.size_px


def _colon(label: str, look: Look) -> str:
    return f"{label}：" if look.language == "zh" else f"{label}:"


def _joined(label: str, value: str, look: Look) -> str:
    """A label and its value as they are read; a Chinese colon has its own space."""
    return label + value if look.language == "zh" else f"{label} {value}".strip()


def _write_row(sheet: Sheet, place: Extent, look: Look, row: list[tuple[Entry, TextStyle]]) -> None:
    texts, step = [], place.width / len(row)
    gap = look.body.size_px * 0.6
    for index, (entry, hand) in enumerate(row):
        part = replace(place, left=place.left + index * step, right=place.left + (index + 1) * step)
        label = _colon(entry.label, look)
        sheet.write(label, part.left, part.bottom - look.body.line_height, look.body)
        start, end = part.left + look.body.width(label) + gap / 2, part.right - gap
        under = part.bottom - look.body.line_height + 1.12 * look.body.size_px
        sheet.rule((start, under), (end, under), ink=look.body.ink)
        top = under - 1.1 * hand.size_px
        ink = sheet.write(entry.value, start + gap / 2, top, hand)
        blank = Extent(left=start, top=top, right=end, bottom=under)
        sheet.fill_in(entry.label, entry.value, ink if entry.value else blank)
        texts.append(_joined(label, entry.value, look))
    sheet.text_lines.append(" ".join(texts))


def _write_long(sheet: Sheet, flow: Flow, look: Look, entry: Entry, hand: TextStyle) -> None:
    """The label on a line of its own, the value below it."""
    write_lines(sheet, flow, _colon(entry.label, look), look.body)
    whole: Extent | None = None
    for line in wrap(entry.value, flow.width - hand.size_px, hand.width):
        place = flow.take(1.15 * hand.line_height)
        if place is None:
            break
        under = place.top + 1.1 * hand.size_px
        sheet.rule((place.left, under), (place.right, under), ink=look.body.ink)
        ink = sheet.write(line, place.left + hand.size_px / 2, place.top, hand)
        sheet.text_lines.append(line)
        whole = whole.around(ink) if whole else ink
    if whole:
        sheet.fill_in(entry.label, entry.value, whole)


def _write_choices(sheet: Sheet, flow: Flow, look: Look, choices: list[Entry]) -> None:
    for entry in choices:
        label = _colon(entry.label, look)
        start = look.body.width(label) + look.body.size_px * 0.5
        if start + choices_width(entry.options, look) > flow.width:
            continue
        place = flow.take(1.5 * look.body.line_height)
        if place is None:
            return
        sheet.write(label, place.left, place.top, look.body)
        text, extent = write_choices(
            sheet, entry.options, set(entry.chosen), place.left + start, place.top, look
        )
        sheet.text_lines.append(_joined(label, text, look))
        sheet.fill_in(entry.label, entry.value, extent)


def _sign(sheet: Sheet, flow: Flow, look: Look, hand: TextStyle) -> None:
    """A name and a date at the lower right, signed by hand or typed."""
    labels = ("签字", "签名", "负责人") if look.language == "zh" else ("Signature", "Signed")
    label = _colon(wording.pick(sheet.rng, labels), look)
    name = wording.person(sheet.rng, look.language)
    day = wording.date(sheet.rng, look.language)
    place = flow.take(2.5 * max(look.body.line_height, hand.line_height))
    if place is None:
        return
    left = place.left + place.width * sheet.rng.uniform(0.2, 0.4)
    top = place.bottom - hand.line_height
    sheet.write(label, left, top, look.body)
    signed = left + look.body.width(label) + look.body.size_px * 0.4
    ink = sheet.write(name, signed, top - 0.25 * hand.size_px, hand)
    dated = max(ink.right + hand.size_px, place.left + place.width * 0.7)
    if dated + hand.width(day) > place.right:
        dated = ink.right + 0.6 * hand.size_px
    sheet.write(day, dated, top - 0.25 * hand.size_px, hand)
    sheet.text_lines.append(f"{_joined(label, name, look)} {day}")
    sheet.fill_in(label[:-1], name, ink)
