from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from shuowen.errors import CapacityError, OutputError, UsageError
from shuowen.server.documents.database import SCHEMA_VERSION, Database


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "documents.sqlite3"


def test_a_new_file_gets_the_schema_and_only_its_owner_may_read_it(path: Path) -> None:
    database = Database(path)
    assert database.rows("PRAGMA user_version")[0][0] == SCHEMA_VERSION
    assert {
        row[0] for row in database.rows("SELECT name FROM sqlite_master WHERE type = 'table'")
    } >= {
        "jobs",
        "pages",
        "erased",
    }
    modes = {file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
    assert modes == {0o600}
    database.close()


def test_opening_again_keeps_what_is_there(path: Path) -> None:
    database = Database(path)
    with database.transaction() as connection:
        connection.execute("INSERT INTO erased VALUES ('a', 'b', 1.0)")
    database.close()
    again = Database(path)
    assert [tuple(row) for row in again.rows("SELECT * FROM erased")] == [("a", "b", 1.0)]
    again.close()


def test_a_newer_schema_is_refused_and_left_alone(path: Path) -> None:
    Database(path).close()
    raw = sqlite3.connect(path)
    raw.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    raw.close()
    with pytest.raises(UsageError, match=rf"newer release \(schema {SCHEMA_VERSION + 1}"):
        Database(path)
    raw = sqlite3.connect(path)
    assert raw.execute("PRAGMA user_version").fetchone()[0] == SCHEMA_VERSION + 1
    raw.close()


def test_what_is_no_database_is_an_error_without_a_path(path: Path) -> None:
    path.write_bytes(b"this is no database, however long one looks at it " * 40)
    with pytest.raises(OutputError, match="not a database") as caught:
        Database(path)
    assert str(path) not in str(caught.value)


def test_a_folder_that_cannot_be_written_to_is_an_error_without_a_path(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="No such file") as caught:
        Database(tmp_path / "missing" / "documents.sqlite3")
    assert str(tmp_path) not in str(caught.value)


def test_a_block_that_raises_changes_nothing(path: Path) -> None:
    database = Database(path)
    with pytest.raises(ZeroDivisionError), database.transaction() as connection:
        connection.execute("INSERT INTO erased VALUES ('a', 'b', 1.0)")
        _ = 1 / 0
    assert database.rows("SELECT * FROM erased") == []
    database.close()


def test_a_full_disk_is_an_error_and_the_next_change_works(path: Path) -> None:
    database = Database(path)
    num_pages = database.rows("PRAGMA page_count")[0][0]
    database.rows(f"PRAGMA max_page_count = {num_pages}")
    with pytest.raises(OutputError, match="full"), database.transaction() as connection:
        for number in range(1000):
            connection.execute("INSERT INTO erased VALUES (?, ?, 1.0)", (str(number), "x" * 500))
    database.rows(f"PRAGMA max_page_count = {num_pages + 1000}")
    with database.transaction() as connection:
        connection.execute("INSERT INTO erased VALUES ('a', 'b', 1.0)")
    assert len(database.rows("SELECT * FROM erased")) == 1
    database.close()


def test_after_closing_it_says_that_the_server_stops(path: Path) -> None:
    database = Database(path)
    database.close()
    database.close()
    with pytest.raises(CapacityError, match="stopping"):
        database.rows("SELECT 1")


def test_many_threads_add_up(path: Path) -> None:
    database = Database(path)

    def add(thread: int) -> None:
        for number in range(20):
            with database.transaction() as connection:
                connection.execute(
                    "INSERT INTO erased VALUES (?, 'x', 1.0)", (f"{thread}.{number}",)
                )

    threads = [threading.Thread(target=add, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert database.rows("SELECT count(*) FROM erased")[0][0] == 80
    database.close()
