"""Receipts: narrow, from a till or a shop's printer, with sums that are right."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, Decimal

import numpy as np

from shuowen.train.synthesize import wording
from shuowen.train.synthesize.layout_text import wrap
from shuowen.train.synthesize.look import Look, draw_look
from shuowen.train.synthesize.made import DocumentOptions, Language
from shuowen.train.synthesize.sheet import Extent, Sheet, TextStyle
from shuowen.train.synthesize.stamps import stamp

_WIDTH_EMS = (19.0, 27.0)
_NAMES_ZH = ("超市", "便利店", "餐厅", "药房", "书店", "文具店", "水果店", "面馆", "百货")
_NAMES_EN = ("Market", "Coffee", "Pharmacy", "Books", "Bakery", "Store", "Diner", "Hardware")
_THANKS_ZH = ("谢谢惠顾", "欢迎光临", "欢迎再来", "请保留小票")
_THANKS_EN = ("Thank you!", "Please come again", "Have a nice day", "Keep this receipt")
_CENT = Decimal("0.01")


@dataclass(frozen=True, kw_only=True)
class Item:
    """What was bought: so many at a price each."""

    name: str
    quantity: int
    price: Decimal

    @property
    def amount(self) -> Decimal:
        """Quantity times price."""
        return self.price * self.quantity


@dataclass(frozen=True, kw_only=True)
class Bill:
    """Items and what they come to.

    Attributes:
        items: At least one.
        discount: Taken off the sum, 0 or more.
        tax_percent: Added to it; 0 where prices hold the tax.
        paid: Handed over, at least the total.
    """

    items: tuple[Item, ...]
    discount: Decimal
    tax_percent: int
    paid: Decimal

    @property
    def subtotal(self) -> Decimal:
        """The sum of the items' amounts."""
        return sum((item.amount for item in self.items), Decimal(0))

    @property
    def tax(self) -> Decimal:
        """On what is left after the discount, to the cent."""
        share = Decimal(self.tax_percent) / 100
        return ((self.subtotal - self.discount) * share).quantize(_CENT)

    @property
    def total(self) -> Decimal:
        """What has to be paid."""
        return self.subtotal - self.discount + self.tax

    @property
    def change(self) -> Decimal:
        """What comes back."""
        return self.paid - self.total


def draw_bill(rng: np.random.Generator, language: Language) -> Bill:
    """One to twelve items at random prices."""
    items = tuple(
        Item(
            name=wording.phrase(rng, language, int(rng.integers(1, 4))),
            quantity=int(rng.choice([1, 1, 1, 2, 2, 3, 4, 6, 10])),
            price=Decimal(int(rng.integers(50, 20000))) / 100,
        )
        for _ in range(int(rng.integers(1, 13)))
    )
    subtotal = sum((item.amount for item in items), Decimal(0))
    discount = (subtotal * int(rng.integers(1, 4)) / 20).quantize(_CENT)
    bill = Bill(
        items=items,
        discount=discount if rng.random() < 0.3 else Decimal(0),
        tax_percent=int(rng.choice([0, 0, 5, 8, 10])) if language == "en" else 0,
        paid=Decimal(0),
    )
    note = int(rng.choice([1, 10, 50, 100]))
    notes = (bill.total / note).to_integral_value(ROUND_CEILING)
    paid = notes * note if rng.random() < 0.6 else bill.total
    return replace(bill, paid=paid)


def draw_receipt(rng: np.random.Generator, options: DocumentOptions, language: Language) -> Sheet:
    """A receipt as long as it has to be."""
    look = draw_look(rng, options, language)
    style = replace(look.body, leading=float(rng.uniform(1.2, 1.45)))
    width = round(rng.uniform(*_WIDTH_EMS) * style.size_px)
    roll = _Roll(Sheet(width, 120 * style.line_height, rng), style, language)
    _write_head(roll, look)
    bill = draw_bill(rng, language)
    _write_items(roll, bill)
    _write_sums(roll, bill)
    roll.divide()
    roll.centre(wording.pick_writable(rng, _THANKS_ZH if language == "zh" else _THANKS_EN))
    if rng.random() < 0.25:
        area = Extent(left=0, top=max(0.0, roll.top - width * 0.8), right=width, bottom=roll.top)
        stamp(roll.sheet, area, language)
    roll.sheet.cut(round(roll.top + style.line_height))
    return roll.sheet


class _Roll:
    """The paper of a till: lines one below the other."""

    def __init__(self, sheet: Sheet, style: TextStyle, language: Language) -> None:
        self.sheet, self.style, self.language = sheet, style, language
        self.margin = style.size_px * 1.0
        self.top = style.line_height * 1.0

    @property
    def right(self) -> float:
        return self.sheet.size[0] - self.margin

    @property
    def room(self) -> float:
        return self.sheet.size[0] - 2 * self.margin

    def centre(self, text: str, scale: float = 1.0) -> Extent:
        style = self.style.scaled(scale)
        whole: Extent | None = None
        for line in wrap(text, self.room, style.width):
            left = (self.sheet.size[0] - style.width(line)) / 2
            ink = self.sheet.write(line, left, self.top, style)
            self.sheet.text_lines.append(line)
            self.top += style.line_height
            whole = whole.around(ink) if whole else ink
        return whole or Extent(left=0, top=self.top, right=0, bottom=self.top)

    def pair(self, label: str, value: str, key: str = "") -> None:
        """A label at the left and its value at the right; a field where it has a key."""
        if self.style.width(label + value) + self.style.size_px > self.room:
            self.columns([(label, self.margin)])
            label = ""
        left = self.right - self.style.width(value)
        self.columns([(label, self.margin), (value, left)])
        if key:
            below, size = self.top - self.style.line_height, self.style.size_px
            box = Extent(left=left, top=below, right=self.right, bottom=below + size)
            self.sheet.fill_in(key, value, box)

    def columns(self, texts: list[tuple[str, float]]) -> None:
        """Texts of one line, each with its left edge."""
        for text, left in texts:
            self.sheet.write(text, left, self.top, self.style)
        self.sheet.text_lines.append(" ".join(text for text, _ in texts if text))
        self.top += self.style.line_height

    def divide(self) -> None:
        """A dashed rule; it is drawn and nothing to read."""
        middle, dash = self.top + self.style.size_px * 0.5, self.style.size_px * 0.4
        left = self.margin
        while left < self.right:
            self.sheet.rule((left, middle), (left + dash * 0.6, middle), ink=self.style.ink)
            left += dash
        self.top += self.style.line_height


def _write_head(roll: _Roll, look: Look) -> None:
    rng, language = roll.sheet.rng, roll.language
    is_zh = language == "zh"
    name = wording.phrase(rng, language, 1)
    kind = wording.pick_writable(rng, _NAMES_ZH if is_zh else _NAMES_EN)
    name = name + kind if is_zh else f"{name.title()} {kind}"
    place = roll.centre(name, rng.uniform(1.2, 1.6))
    roll.sheet.fill_in("商户" if is_zh else "Store", name, place)
    if rng.random() < 0.7:
        roll.centre(wording.address(rng, language))
    if rng.random() < 0.6:
        roll.centre(("电话：" if is_zh else "Tel: ") + wording.phone(rng, language))
    roll.divide()
    number, day = wording.code(rng), wording.date(rng, language)
    roll.pair("单号：" if is_zh else "No.", number, "单号" if is_zh else "Number")
    roll.pair("日期：" if is_zh else "Date", day, "日期" if is_zh else "Date")
    if rng.random() < 0.6:
        roll.pair(
            "时间：" if is_zh else "Time", wording.time_of_day(rng), "时间" if is_zh else "Time"
        )
    if rng.random() < 0.4:
        roll.pair("收银员：" if is_zh else "Cashier", wording.person(rng, language))
    roll.divide()


def _write_items(roll: _Roll, bill: Bill) -> None:
    """A line of heads, then each item: its name, and quantity, price and amount below or beside."""
    is_zh, style = roll.language == "zh", roll.style
    heads = ("品名", "数量", "单价", "金额") if is_zh else ("Item", "Qty", "Price", "Amount")
    rights = [roll.margin + roll.room * share for share in (0.5, 0.74, 1.0)]
    roll.columns([(heads[0], roll.margin), *_right_aligned(heads[1:], rights, style)])
    for item in bill.items:
        numbers = (str(item.quantity), f"{item.price:.2f}", f"{item.amount:.2f}")
        placed = _right_aligned(numbers, rights, style)
        is_beside = roll.margin + style.width(item.name) + style.size_px < placed[0][1]
        if not is_beside:
            for line in wrap(item.name, roll.room, style.width):
                roll.columns([(line, roll.margin)])
        roll.columns([(item.name, roll.margin), *placed] if is_beside else placed)
    roll.divide()


def _right_aligned(
    texts: tuple[str, ...], rights: list[float], style: TextStyle
) -> list[tuple[str, float]]:
    return [(text, right - style.width(text)) for text, right in zip(texts, rights, strict=True)]


def _write_sums(roll: _Roll, bill: Bill) -> None:
    is_zh = roll.language == "zh"
    sign = "¥" if is_zh else "$"
    count = sum(item.quantity for item in bill.items)
    rows = [
        ("件数：" if is_zh else "Items", str(count), ""),
        (
            "小计：" if is_zh else "Subtotal",
            f"{bill.subtotal:.2f}",
            "小计" if is_zh else "Subtotal",
        ),
    ]
    if bill.discount:
        rows.append(("优惠：" if is_zh else "Discount", f"-{bill.discount:.2f}", ""))
    if bill.tax_percent:
        rows.append((f"Tax {bill.tax_percent}%", f"{bill.tax:.2f}", "Tax"))
    rows.append(
        ("合计：" if is_zh else "Total", f"{sign}{bill.total:.2f}", "合计" if is_zh else "Total")
    )
    rows.append(("实收：" if is_zh else "Paid", f"{bill.paid:.2f}", "实收" if is_zh else "Paid"))
    if bill.change:
        rows.append(("余额：" if is_zh else "Change", f"{bill.change:.2f}", ""))
    for label, value, key in rows:
        roll.pair(label, value, key)
