from shuowen.evals.web_report.tables import rendered_tables

TRUTH = "<table><tr><th colspan=2>Sum</th></tr><tr><td>１２</td><td></td></tr></table>"


def test_a_table_is_written_anew_with_its_spans() -> None:
    assert rendered_tables(TRUTH, TRUTH) == (
        '<table class="shown"><tr><td colspan="2">Sum</td></tr>'
        "<tr><td>１２</td><td></td></tr></table>"
    )


def test_cells_that_the_other_has_not_are_marked() -> None:
    read = "<table><tr><td>SUM</td></tr><tr><td>12</td><td>12</td><td>13</td></tr></table>"
    assert rendered_tables(read, TRUTH) == (
        '<table class="shown"><tr><td>SUM</td></tr><tr><td>12</td>'
        '<td class="differs">12</td><td class="differs">13</td></tr></table>'
    )


def test_nothing_of_a_readings_markup_is_kept() -> None:
    read = (
        "<table onclick=x><tr><td style='x' rowspan=99999 colspan='9\"><script>'>"
        "<script>alert(1)</script>&lt;b&gt;</td></tr></table><p>text</p>"
    )
    shown = rendered_tables(read, TRUTH)
    assert shown == (
        '<table class="shown"><tr><td rowspan="200" class="differs">'
        "alert(1)&lt;b&gt;</td></tr></table>"
    )


def test_no_table_is_nothing() -> None:
    assert rendered_tables("text", TRUTH) == ""
