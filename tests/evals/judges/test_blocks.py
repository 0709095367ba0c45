from shuowen.evals.judges.blocks import is_page_html, pipe_table_html, read_blocks
from shuowen.evals.reading import Reading


def kinds_and_texts(text: str, html: str | None = None) -> list[tuple[str, str]]:
    return [(each.kind, each.content) for each in read_blocks(Reading(text=text, html=html))]


def test_markdown_is_cut_at_blank_lines_formulas_and_tables() -> None:
    text = """# Title

One line
and its second ![p](p.png)

$$ a = b $$

|x|y|
|-|-|
|1||

<table><tr><td>c</td></tr></table>
After $z^2$
"""
    table = "<table><tr><th>x</th><th>y</th></tr><tr><th>1</th><td></td></tr></table>"
    assert kinds_and_texts(text) == [
        ("text", "# Title"),
        ("text", "One line\nand its second"),
        ("formula", "a = b"),
        ("table", table),
        ("table", "<table><tr><td>c</td></tr></table>"),
        ("text", "After $z^2$"),
        ("inline formula", "z^2"),
    ]


def test_text_without_blank_lines_is_cut_at_every_line() -> None:
    assert kinds_and_texts("a\nb") == [("text", "a"), ("text", "b")]


def test_html_of_a_page_gives_its_elements() -> None:
    html = """<html><head><title>t</title><style>p {}</style></head><body>
<p class="header">Head</p><h1>A &amp; B</h1><p>one<br>two</p>
<ul><li>i</li><li>ii</li></ul><p class="formula">E=mc²</p>
<table><tr><td><p>x</p></td></tr></table><p class="page_number">7</p></body></html>"""
    assert kinds_and_texts("unused", html) == [
        ("margin", "Head"),
        ("text", "A & B"),
        ("text", "one\ntwo"),
        ("text", "i\nii"),
        ("formula", "E=mc²"),
        ("table", "<table><tr><td><p>x</p></td></tr></table>"),
        ("margin", "7"),
    ]


def test_markdown_handed_in_as_html_stays_markdown() -> None:
    markdown = "a\n\n<table><tr><td>b</td></tr></table>"
    assert not is_page_html(markdown)
    assert [kind for kind, _ in kinds_and_texts("unused", markdown)] == ["text", "table"]


def test_a_table_inside_a_table_is_part_of_it() -> None:
    nested = "<table><tr><td><table></table></td></tr></table>"
    assert kinds_and_texts(f"{nested}\n\nend") == [("table", nested), ("text", "end")]


def test_a_table_without_an_end_goes_to_the_end() -> None:
    assert kinds_and_texts("a\n\n<table><tr><td>b") == [
        ("text", "a"),
        ("table", "<table><tr><td>b"),
    ]


def test_pipes_at_the_edge_of_empty_cells_are_kept() -> None:
    assert pipe_table_html("|a||\n|---|---|\n||b|").count("<td") == 1
    assert pipe_table_html("|a||\n|---|---|\n||b|").count("<th") == 3
