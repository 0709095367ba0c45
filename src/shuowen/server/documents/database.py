"""The SQLite file of the document jobs: its schema, and changes that come whole or not at all.

Write-ahead log, synced at every change: a job that was answered with 202 survives a power cut. One
connection, used by one thread at a time; every change takes well under a millisecond of work.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from shuowen.errors import CapacityError, OutputError, UsageError

BUSY_SECONDS = 5.0

# One script for each version of the schema, run in order. A released script is never changed.
_STEPS = (
    """
    CREATE TABLE jobs (
        sequence INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        owner TEXT NOT NULL,
        name TEXT NOT NULL,
        state TEXT NOT NULL,
        options TEXT NOT NULL,
        formats TEXT NOT NULL,
        fetched TEXT NOT NULL DEFAULT '[]',
        media_type TEXT,
        num_bytes INTEGER,
        num_pages INTEGER,
        num_wanted INTEGER,
        created_at REAL NOT NULL,
        started_at REAL,
        finished_at REAL,
        expires_at REAL,
        error TEXT,
        num_starts INTEGER NOT NULL DEFAULT 0,
        idempotency_key TEXT,
        fingerprint TEXT NOT NULL,
        UNIQUE (owner, idempotency_key)
    );
    CREATE INDEX jobs_by_owner ON jobs (owner, sequence);
    CREATE INDEX jobs_by_state ON jobs (state, owner, sequence);
    CREATE TABLE pages (
        job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
        page_number INTEGER NOT NULL,
        sequence INTEGER NOT NULL,
        status TEXT NOT NULL,
        seconds REAL NOT NULL,
        PRIMARY KEY (job_id, page_number)
    ) WITHOUT ROWID;
    CREATE TABLE erased (
        id TEXT PRIMARY KEY,
        owner TEXT NOT NULL,
        erased_at REAL NOT NULL
    ) WITHOUT ROWID;
    """,
)

SCHEMA_VERSION = len(_STEPS)


class Database:
    """An open SQLite file that may be used from many threads."""

    def __init__(self, path: Path) -> None:
        """Open, create or bring up to date the file at `path`.

        Raises:
            UsageError: It was written by a newer release.
            OutputError: It is damaged, or cannot be written.
        """
        self._lock = threading.RLock()
        self._is_open = True
        with _told():
            # Created here, so that nobody else may read it; SQLite's other files take its mode.
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            self._connection = sqlite3.connect(
                path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
        try:
            self._prepare()
        except BaseException:
            self.close()
            raise

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All changes in the block, or none when it raises; others wait.

        Raises:
            OutputError: The disk is full or broken.
            CapacityError: The database was closed.
        """
        with self._lock, _told():
            connection = self._opened()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                # A full disk may have ended the transaction already.
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def rows(self, statement: str, *values: object) -> list[sqlite3.Row]:
        """What a question gives; raises as `transaction` does."""
        with self._lock, _told():
            return self._opened().execute(statement, values).fetchall()

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        with self._lock:
            if self._is_open:
                self._is_open = False
                self._connection.close()

    def _opened(self) -> sqlite3.Connection:
        if not self._is_open:
            raise CapacityError("The server is stopping.", "Try again in a minute.")
        return self._connection

    def _prepare(self) -> None:
        self._connection.row_factory = sqlite3.Row
        with _told():
            version: Any = self._connection.execute("PRAGMA user_version").fetchone()[0]
            if version > SCHEMA_VERSION:
                raise UsageError(
                    f"The documents in the data folder are of a newer release (schema {version};"
                    f" this one knows {SCHEMA_VERSION}).",
                    "Use that release, or another data folder.",
                )
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = FULL")
            self._connection.execute("PRAGMA foreign_keys = ON")
            # Names of erased documents stay in the file only until its log is folded in.
            self._connection.execute("PRAGMA secure_delete = ON")
            for number in range(version, SCHEMA_VERSION):
                self._connection.executescript(
                    f"BEGIN; {_STEPS[number]} PRAGMA user_version = {number + 1}; COMMIT;"
                )


@contextmanager
def _told() -> Iterator[None]:
    """Turn what SQLite says about the disk into an `OutputError` without paths."""
    try:
        yield
    except sqlite3.IntegrityError:
        raise
    except (sqlite3.DatabaseError, OSError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise OutputError(
            f"The server cannot keep its records: {reason}.",
            "Free some space on the server's disk, or check its data folder.",
        ) from error
