"""Forms filled from pages made by hand: where values may stand, and what is never made up."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import pytest

from shuowen.document.model import Box, Document
from shuowen.errors import CapacityError
from shuowen.server.chat.key_values.extract import Extraction, extract
from shuowen.server.chat.key_values.schema import read_schema
from shuowen.source.stop import Stop
from tests.server.chat.key_values.laid_out import Piece, document, region, table, written

TEXT = {"type": ["string", "null"]}
NUMBER = {"type": ["number", "null"]}
DATE = {"type": ["string", "null"], "format": "date"}

RECEIPT = written(
    ("ACME TRADING SDN BHD", 300, 0),
    ("GST ID: 000381399040", 300, 30),
    ("INV No.: 854150 Cashier: Nicole", 0, 60),
    ("Date", 0, 90),
    (": 12-11-2017 18:45", 150, 90),
    ("Total QTY: 8", 0, 150),
    ("Total (Excluding GST):", 0, 180),
    ("59.31", 400, 180),
    ("Total 6% supplies:", 0, 210),
    ("38.41", 400, 210),
    ("TOTAL:", 0, 240),
    ("RM 62.80", 400, 240),
    ("CHANGE", 0, 270),
    ("0.20", 400, 270),
)


def filled(made: Document | Sequence[Document], **fields: Any) -> Extraction:
    documents = [made] if isinstance(made, Document) else made
    schema = {"type": "object", "properties": fields, "required": list(fields)}
    return extract(documents, read_schema(schema))


def test_a_receipt() -> None:
    found = filled(
        RECEIPT,
        company=TEXT,
        tax_id=TEXT,
        invoiceNumber=TEXT,
        cashier=TEXT,
        date=DATE,
        total=NUMBER,
        subtotal=NUMBER,
        change=NUMBER,
        phone=TEXT,
    )
    assert found.value == {
        "company": "ACME TRADING SDN BHD",
        "tax_id": "000381399040",
        "invoiceNumber": "854150",
        "cashier": "Nicole",
        "date": "2017-11-12",  # RM tells that the day comes first
        "total": 62.8,
        "subtotal": 59.31,
        "change": 0.2,
        "phone": None,
    }
    assert found.missing == ()


def test_every_value_has_its_box_and_its_label() -> None:
    found = filled(RECEIPT, total=NUMBER, company=TEXT, phone=TEXT)
    total, company = found.fields
    assert (total.path, total.text, total.label, total.found_by) == (
        *("/total", "RM 62.80", "TOTAL", "label"),
    )
    assert (total.document_number, total.page_number) == (1, 1)
    assert total.box == Box(400, 240, 480, 260)
    assert total.label_box == Box(0, 240, 50, 260)
    assert total.confidence == 0.9
    assert (company.found_by, company.label) == ("heading", "")
    assert company.support < total.support


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ([("姓名：王小明", 0, 0)], "王小明"),
        ([("姓名", 0, 0), ("王小明", 200, 0)], "王小明"),
        ([("姓名", 0, 0), ("王小明", 0, 30)], "王小明"),
        ([("Name 姓名", 0, 0), ("王小明", 200, 0)], "王小明"),
        ([("FULL NAME: Wang Xiaoming", 0, 0)], "Wang Xiaoming"),
        ([("Name", 0, 0), ("Date", 200, 0), ("Wang", 0, 30), ("1 May 2020", 200, 30)], "Wang"),
        ([("Nane: Wang", 0, 0)], None),  # four letters are too few for a guess
        ([("The name of the rose", 0, 0)], None),
        ([("Name:", 0, 0)], None),
        ([("Name", 0, 0), ("Address:", 200, 0), ("12 Main St", 320, 0)], None),
    ],
)
def test_where_a_value_may_stand(pieces: list[Piece], expected: str | None) -> None:
    assert filled(written(*pieces), name=TEXT).value == {"name": expected}


def test_a_long_label_may_have_a_wrong_letter() -> None:
    assert filled(written(("Desfination: Paris", 0, 0)), destination=TEXT).value == {
        "destination": "Paris"
    }
    # But "supplies" is not "supplier", and "contract" is another label's word.
    assert filled(written(("supplies: 18.08", 0, 0)), supplier=TEXT).value == {"supplier": None}
    made = written(("Contract no: 77", 0, 0))
    assert filled(made, contact_no=TEXT).value == {"contact_no": None}


def test_a_label_on_two_lines_beside_its_value() -> None:
    made = written(("发票", 0, 0), ("代码", 0, 22), ("2210", 60, 10))
    assert filled(made, invoice_code=TEXT).value == {"invoice_code": "2210"}


def test_the_best_label_wins_and_no_value_is_used_twice() -> None:
    made = written(("Invoice Date: 2020-01-02", 0, 0), ("Due Date: 2020-02-03", 0, 30))
    found = filled(made, date=DATE, invoice_date=DATE, due_date=DATE)
    assert found.value == {"date": None, "invoice_date": "2020-01-02", "due_date": "2020-02-03"}


def test_names_from_the_schema_find_any_label() -> None:
    made = written(("Aktenzeichen: X 12/3", 0, 0))
    field = {**TEXT, "x-labels": ["Aktenzeichen"]}
    assert filled(made, case=field).value == {"case": "X 12/3"}


def test_an_unclear_date_stays_open_with_its_text() -> None:
    found = filled(written(("Date: 06/05/2018", 0, 0)), date=DATE)
    assert found.value == {"date": None}
    (field,) = found.fields
    assert field.text == "06/05/2018" and field.note


def test_the_only_date_needs_no_label_but_two_do() -> None:
    assert filled(written(("Paris, 2020-01-02", 0, 0)), date=DATE).value["date"] == "2020-01-02"
    two = written(("Paris, 2020-01-02", 0, 0), ("Rome, 2020-01-03", 0, 30))
    assert filled(two, date=DATE).value["date"] is None


def test_what_the_schema_insists_on_is_missing_and_not_made_up() -> None:
    found = filled(RECEIPT, total={"type": "number"}, iban={"type": "string"})
    assert found.missing == ("/iban",)
    assert found.value == {"total": 62.8}


def test_optional_values_that_are_not_there_are_left_out() -> None:
    form = read_schema({"type": "object", "properties": {"iban": {"type": "string"}}})
    assert extract([RECEIPT], form).value == {}


def test_values_outside_the_bounds_are_no_values() -> None:
    made = written(("Age: 230", 0, 0), ("Gender: M", 0, 30))
    found = filled(
        made,
        age={"type": ["integer", "null"], "maximum": 150},
        gender={"type": ["string", "null"], "enum": ["F", "X", None]},
    )
    assert found.value == {"age": None, "gender": None}


def test_choices_and_yes_and_no() -> None:
    made = written(("Status: Paid in full", 0, 0), ("Passengers: 是", 0, 30), ("Age: 7.0", 0, 60))
    found = filled(
        made,
        status={"enum": ["paid", "unpaid"]},
        passengers={"type": "boolean"},
        age={"type": "integer"},
        kind={"const": "form"},
    )
    assert found.value == {"status": "paid", "passengers": True, "age": 7, "kind": "form"}


def test_groups_go_by_their_headings() -> None:
    person = {"type": "object", "properties": {"name": TEXT, "address": TEXT}}
    made = written(
        *(("Seller", 0, 0), ("Name: Ann", 0, 30), ("Address: 1 Low St", 0, 60)),
        *(("Buyer", 0, 120), ("Name: Bob", 0, 150), ("Address: 2 High St", 0, 180)),
    )
    assert filled(made, buyer=person, seller=person).value == {
        "buyer": {"name": "Bob", "address": "2 High St"},
        "seller": {"name": "Ann", "address": "1 Low St"},
    }
    joined = written(("Buyer name: Bob", 0, 0), ("Seller name: Ann", 0, 30))
    assert filled(joined, buyer=person, seller=person).value == {
        "buyer": {"name": "Bob", "address": None},
        "seller": {"name": "Ann", "address": None},
    }


def test_an_object_may_be_null_as_a_whole() -> None:
    person = {"type": ["object", "null"], "properties": {"iban": {"type": "string"}}}
    found = filled(RECEIPT, payee={**person, "required": ["iban"]})
    assert found.value == {"payee": None} and found.missing == ()


def test_pages_of_several_documents() -> None:
    found = filled([RECEIPT, written(("IBAN: DE12", 0, 0))], iban=TEXT, total=NUMBER)
    assert found.value == {"iban": "DE12", "total": 62.8}
    assert [field.document_number for field in found.fields] == [2, 1]


ROWS = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            "item": {"type": "string", "title": "品名"},
            "quantity": {"type": ["integer", "null"]},
            "amount": {"type": "number", "title": "金额"},
        },
        "required": ["item", "quantity", "amount"],
    },
}
COFFEE = [
    {"item": "咖啡", "quantity": 1, "amount": 60},
    {"item": "面包", "quantity": None, "amount": 1035.5},
]


def test_rows_of_a_table() -> None:
    made = table(
        [
            ["品名", "单价（元）", "金额(元)", "数量"],
            ["咖啡", "60", "60.00", "1"],
            ["面包", "", "1,035.50", ""],
            ["运费", "", "", "2"],
            ["合计", "", "1,095.50", ""],
        ]
    )
    found = filled(document(made), rows=ROWS)
    assert found.value == {"rows": COFFEE}
    assert [field.path for field in found.fields][:2] == ["/rows/0/item", "/rows/0/quantity"]
    assert found.fields[0].found_by == "table"


def test_rows_under_headings_without_rules() -> None:
    made = written(
        *(("品名", 0, 0), ("数量 金额", 200, 0)),
        *(("咖啡", 0, 30), ("1", 220, 30), ("60", 285, 30)),
        *(("面包", 0, 60), ("1,035.50", 270, 60)),
        *(("合计", 0, 90), ("1,095.50", 270, 90)),
        *(("谢谢", 0, 120), ("99", 285, 120)),
    )
    assert filled(made, rows=ROWS).value == {"rows": COFFEE}


def test_a_name_above_its_numbers() -> None:
    made = written(
        *(("Item", 0, 0), ("Qty", 200, 0), ("Amount", 300, 0)),
        *(("Stout (B) Promotion", 0, 30),),
        *(("4", 220, 60), ("61.60", 310, 60)),
    )
    assert filled(made, rows=ROWS).value["rows"] == [
        {"item": "Stout (B) Promotion", "quantity": 4, "amount": 61.6}
    ]


def test_lists_behind_a_label_and_lists_that_are_not_there() -> None:
    words = {"type": "array", "items": {"type": "string"}}
    made = written(("Passengers: Ann; Bob, Cy", 0, 0))
    found = filled(made, passengers=words, authors={**words, "minItems": 1}, remarks=words)
    assert found.value == {"passengers": ["Ann", "Bob", "Cy"], "remarks": []}
    assert found.missing == ("/authors",)


def test_all_labels_of_a_page() -> None:
    assert extract([RECEIPT], read_schema({})).value == {
        "GST ID": "000381399040",
        "INV No.": "854150",
        "Cashier": "Nicole",
        "Date": "12-11-2017 18:45",
        "Total QTY": "8",
        "Total (Excluding GST)": "59.31",
        "Total 6% supplies": "38.41",
        "TOTAL": "RM 62.80",
        "CHANGE": "0.20",
    }
    twice = written(("Name: Ann", 0, 0), ("Name: Bob", 0, 30), ("at 12:30 and 1:15", 0, 60))
    assert extract([twice], read_schema({})).value == {"Name": "Ann", "Name (2)": "Bob"}


def test_numbers_of_a_page_by_their_labels() -> None:
    form = read_schema({"type": "object", "additionalProperties": {"type": "number"}})
    made = document(region([("Weight: 7 kg", 0, 0), ("Name: Ann", 0, 30)]))
    assert extract([made], form).value == {"Weight": 7}


def test_headings_twice_on_a_page_begin_two_tables() -> None:
    heads = (("品名", 0), ("数量 金额", 200))
    made = written(
        *((text, left, 0) for text, left in heads),
        *(("咖啡", 0, 30), ("1", 220, 30), ("60", 285, 30)),
        *((text, left, 60) for text, left in heads),
        *(("面包", 0, 90), ("1,035.50", 270, 90)),
    )
    assert filled(made, rows=ROWS).value == {"rows": COFFEE}


def test_a_line_of_very_many_words_is_no_line_of_headings() -> None:
    names = [f"{first}{second}ab" for first in "bcdfghjk" for second in "klmnpqrstv"]
    row = {"type": "object", "properties": {name: TEXT for name in names}}
    text = " ".join(names) + "\n" + "\n".join([" ".join("1" * 450)] * 20)
    made = written(*((line, 0, 30.0 * at) for at, line in enumerate(text.split("\n"))))
    started = time.process_time()
    assert filled(made, rows={"type": "array", "items": row}).value == {"rows": []}
    assert time.process_time() - started < 5


def test_filling_ends_with_the_request() -> None:
    stop = Stop()
    stop.set()
    with pytest.raises(CapacityError, match="broken off"):
        extract([RECEIPT], read_schema({"properties": {"total": NUMBER}}), stop)
