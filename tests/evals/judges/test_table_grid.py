from shuowen.evals.judges.table_grid import Direction, Grid, parse_grid

TABLE = """<table>
<thead><tr><th rowspan="2">name</th><th colspan="2">size</th></tr>
<tr><th>wide</th><th>high</th></tr></thead>
<tbody><tr><td>box</td><td>1</td><td>2</td></tr><tr><td>bag</td><td colspan=2>3</td></tr></tbody>
</table>"""
GRID = parse_grid(TABLE)


def index_of(text: str, grid: Grid = GRID) -> int:
    return next(index for index, cell in enumerate(grid.cells) if cell.text == text)


def beside(text: str, direction: Direction) -> set[str]:
    return {GRID.cells[each].text for each in GRID.neighbours(index_of(text), direction)}


def heads(text: str, direction: Direction) -> set[str]:
    return {GRID.cells[each].text for each in GRID.headings(index_of(text), direction)}


def test_cells_stand_where_spans_leave_room() -> None:
    assert (GRID.num_rows, GRID.num_cols) == (4, 3)
    wide = GRID.cells[index_of("wide")]
    assert (wide.row, wide.col) == (1, 1)


def test_a_spanning_cell_has_a_neighbour_for_each_row_and_column() -> None:
    assert beside("name", "right") == {"size", "wide"}
    assert beside("size", "down") == {"wide", "high"}
    assert beside("3", "up") == {"1", "2"}
    assert beside("name", "left") == set()


def test_headings_are_all_heading_cells_on_the_way() -> None:
    assert heads("2", "up") == {"high", "size"}
    assert heads("3", "up") == {"wide", "high", "size"}


def test_without_headings_the_end_of_the_way_is_one() -> None:
    assert heads("2", "left") == {"box"}
    assert heads("box", "left") == set()


def test_spans_beyond_the_table_and_rows_without_cells() -> None:
    grid = parse_grid('<table><tr></tr><tr><td rowspan="9">a<br>b</td><td>c</td></table>')
    assert (grid.num_rows, grid.num_cols) == (1, 2)
    assert grid.cells[0].text == "a\nb"
    assert parse_grid("<table></table>").cells == ()
