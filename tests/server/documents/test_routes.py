"""The document paths over HTTP: handing in, looking, fetching, erasing, and all that is refused."""

from __future__ import annotations

import base64
import json
import shutil
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from shuowen.document.json import from_json
from shuowen.server.documents import results
from shuowen.server.documents.files import LEAST_FREE_BYTES
from shuowen.server.documents.store import NUM_MAKERS
from tests import made_files
from tests.server.conftest import RunningServer, Serve

FAST = {"text_layer": "always", "effort": "fast", "dpi": "36"}
PDF = made_files.pdf_with_text("One", "Two")
BROKEN = b"%PDF- but no more than that"
"""Fails at once, where it makes no difference."""
DOCUMENTS = "/v1/documents"


@pytest.fixture(scope="module")
def client(server: RunningServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=30) as client:
        yield client


@pytest.fixture(scope="module")
def done(client: httpx.Client) -> dict[str, Any]:
    """A document of two pages that was read; tests only look at it."""
    return ended(client, hand_in(client))


def hand_in(client: httpx.Client, data: bytes = PDF, **values: Any) -> dict[str, Any]:
    fields = {**FAST, **values.pop("fields", {})}
    name = values.pop("name", "scan.pdf")
    answer = client.post(DOCUMENTS, files={"file": (name, data)}, data=fields, **values)
    assert answer.status_code == 202, answer.text
    record: dict[str, Any] = answer.json()
    assert answer.headers["location"] == record["links"]["self"] == f"{DOCUMENTS}/{record['id']}"
    return record


def ended(client: httpx.Client, record: dict[str, Any]) -> dict[str, Any]:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        found: dict[str, Any] = client.get(f"{DOCUMENTS}/{record['id']}").json()
        if found["state"] not in ("queued", "running"):
            return found
        time.sleep(0.01)
    raise AssertionError(f"still {found}")


def error_of(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    error: dict[str, Any] = answer.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    return error


def test_a_document_is_handed_in_looked_at_and_fetched(
    client: httpx.Client, done: dict[str, Any]
) -> None:
    assert {key: done[key] for key in ("object", "state", "name", "media_type", "error")} == {
        "object": "document",
        "state": "completed",
        "name": "scan.pdf",
        "media_type": "application/pdf",
        "error": None,
    }
    assert (done["num_pages"], done["pages_wanted"], done["num_bytes"]) == (2, 2, len(PDF))
    assert (done["pages_done"], done["pages_failed"], done["seconds_left"]) == (2, 0, None)
    assert done["options"] == {
        "pages": "",
        "text_layer": "always",
        "effort": "fast",
        "dpi": 36,
        "force_repairs": [],
        "forbid_repairs": [],
        "min_confidence": 0.0,
        "formats": [],
    }
    times = [done[f"{name}_at"] for name in ("created", "started", "finished", "expires")]
    assert times == sorted(times) and all(each.endswith("Z") for each in times)
    answer = client.get(done["links"]["result"])
    assert answer.text == "<!-- page 1 -->\n\nOne\n\n<!-- page 2 -->\n\nTwo\n"
    assert answer.headers["content-type"] == "text/markdown; charset=utf-8"


@pytest.mark.parametrize(
    "name, media_type, suffix, mark",
    [
        ("md", "text/markdown; charset=utf-8", ".md", "<!-- page 2 -->"),
        ("json", "application/json", ".json", '"schema_version"'),
        ("html", "text/html; charset=utf-8", ".html", "<html"),
        ("txt", "text/plain; charset=utf-8", ".txt", "One"),
    ],
)
def test_every_format_has_its_type_and_a_safe_file_name(
    client: httpx.Client, done: dict[str, Any], name: str, media_type: str, suffix: str, mark: str
) -> None:
    answer = client.get(done["links"]["result"], params={"format": name})
    assert answer.status_code == 200 and mark in answer.text
    assert answer.headers["content-type"] == media_type
    assert answer.headers["content-disposition"] == (
        f"attachment; filename=\"scan{suffix}\"; filename*=UTF-8''scan{suffix}"
    )
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"].startswith("sandbox")
    again = client.get(
        done["links"]["result"],
        params={"format": name},
        headers={"if-none-match": f'"other", {answer.headers["etag"]}'},
    )
    assert (again.status_code, again.content) == (304, b"")


def test_the_json_result_is_the_document(client: httpx.Client, done: dict[str, Any]) -> None:
    answer = client.get(done["links"]["result"], params={"format": "json"})
    document = from_json(answer.content)
    assert document.source.name == "scan.pdf" and document.num_pages == 2
    assert [page.regions[0].text for page in document.pages] == ["One", "Two"]


def test_pages_can_be_fetched_alone_and_drawn(client: httpx.Client, done: dict[str, Any]) -> None:
    path = done["links"]["pages"].format(page_number=2)
    assert client.get(path).text == "Two\n"
    document = from_json(client.get(path, params={"format": "json"}).content)
    assert (document.num_pages, [page.page_number for page in document.pages]) == (2, [2])
    overlay = client.get(path, params={"format": "overlay"})
    assert overlay.headers["content-type"] == "image/png"
    assert overlay.content.startswith(b"\x89PNG")
    assert 'filename="scan.page-0002.png"' in overlay.headers["content-disposition"]
    tag = overlay.headers["etag"]
    again = client.get(path, params={"format": "overlay"}, headers={"if-none-match": tag})
    assert again.status_code == 304
    for number, status in (("3", 404), ("0", 400), ("x", 400), ("9" * 30, 400)):
        error_of(client.get(done["links"]["pages"].format(page_number=number)), status)


def test_pages_of_an_encrypted_document_are_not_drawn_once_its_password_is_gone(
    client: httpx.Client,
) -> None:
    files = {"file": ("a.pdf", made_files.encrypted_pdf("One", "pw"))}
    done = ended(client, client.post(DOCUMENTS, files=files, data={"password": "pw"}).json())
    path = done["links"]["pages"].format(page_number=1)
    assert client.get(path).status_code == 200
    assert "password" in error_of(client.get(path, params={"format": "overlay"}), 409)["message"]


def test_the_overlay_is_refused_for_a_whole_document(
    client: httpx.Client, done: dict[str, Any]
) -> None:
    error = error_of(client.get(done["links"]["result"], params={"format": "overlay"}), 400)
    assert error["param"] == "format" and "made for each page" in error["message"]
    error = error_of(client.get(done["links"]["result"], params={"format": "markdwn"}), 400)
    assert "Did you mean 'md'?" in error["message"]


@pytest.mark.parametrize("content_type", ["application/pdf", "application/octet-stream", None])
def test_a_document_may_be_the_body_itself(client: httpx.Client, content_type: str | None) -> None:
    headers = {"content-type": content_type} if content_type else {}
    options = {**FAST, "name": "C:\\scans\\扫描 1.pdf", "pages": "2", "formats": "txt,json"}
    answer = client.post(DOCUMENTS, content=PDF, params=options, headers=headers)
    assert answer.status_code == 202, answer.text
    record = ended(client, answer.json())
    assert (record["name"], record["num_bytes"]) == ("扫描 1.pdf", len(PDF))
    assert record["options"]["formats"] == ["txt", "json"]
    result = client.get(record["links"]["result"])
    assert result.text == "Two\n"
    assert result.headers["content-disposition"] == (
        "attachment; filename=\"__ 1.txt\"; filename*=UTF-8''%E6%89%AB%E6%8F%8F%201.txt"
    )


def test_a_picture_may_be_the_body_and_json_may_hold_base64(client: httpx.Client) -> None:
    picture = made_files.png("Hello")
    answer = client.post(
        DOCUMENTS, content=picture, params=FAST, headers={"content-type": "image/jpeg"}
    )
    first = ended(client, answer.json())
    assert (first["name"], first["media_type"]) == ("document", "image/png")
    content = base64.encodebytes(PDF).decode()
    body = {"content_base64": content, "name": "a/b.pdf", "options": {"pages": "1"}}
    second = ended(client, client.post(DOCUMENTS, json=body).json())
    assert second["name"] == "b.pdf"
    assert client.get(second["links"]["result"]).text == "One\n"


def test_a_url_is_fetched_by_the_job_and_never_from_this_machine(client: httpx.Client) -> None:
    url = "http://user:word@127.0.0.1:9/scan.pdf?token=hush"
    answer = client.post(DOCUMENTS, json={"url": url})
    assert answer.status_code == 202
    record = ended(client, answer.json())
    assert record["state"] == "failed" and record["error"]["code"] == "fetch"
    assert record["name"] == "http://127.0.0.1:9/scan.pdf?…"
    assert "hush" not in json.dumps(record) and "word" not in json.dumps(record)
    error = error_of(client.get(record["links"]["result"]), 409)
    assert "has failed" in error["message"] and "127.0.0.1" in error["message"]


def test_a_url_is_fetched_where_private_addresses_are_allowed(serve: Serve) -> None:
    from shuowen.config import Limits

    started = serve(limits=Limits(allow_private_addresses=True))
    with httpx.Client(base_url=started.url, timeout=30) as client:
        # The server's own page is a document of no kind that can be read.
        record = ended(client, client.post(DOCUMENTS, json={"url": f"{started.url}/health"}).json())
        assert record["state"] == "failed" and record["error"]["code"] == "input"
        # A page's overlay is a picture.
        done = ended(client, hand_in(client, fields={"pages": "1"}))
        path = done["links"]["pages"].format(page_number=1)
        url = f"{started.url}{path}?format=overlay"
        record = ended(client, client.post(DOCUMENTS, json={"url": url}).json())
        assert (record["state"], record["media_type"]) == ("completed", "image/png")
        assert record["num_bytes"] > 1000 and record["name"] == f"{started.url}{path}?…"


JSON = {"content-type": "application/json"}
BAD_BODIES = [
    ({"json": {}}, 400, "url"),
    ({"json": {"url": "http://a.org/", "content_base64": "eA=="}}, 400, "url"),
    ({"json": {"url": "ftp://a.org/x"}}, 400, "url"),
    ({"json": {"url": "x" * 9000}}, 400, "url"),
    ({"json": {"url": "http://a.org/\u0000"}}, 202, None),
    ({"json": {"url": 7}}, 400, "url"),
    ({"json": {"path": "/etc/passwd"}}, 400, "path"),
    ({"json": {"content_base64": "%%%"}}, 400, "content_base64"),
    ({"json": {"content_base64": "eA==", "name": 1}}, 400, "name"),
    ({"json": {"content_base64": "eA=="}}, 422, None),
    ({"json": {"content_base64": "eA==", "options": {"dpi": 9}}}, 400, "options.dpi"),
    ({"json": {"content_base64": "eA==", "options": []}}, 400, "options"),
    ({"json": {"content_base64": "eA==", "options": {"pages": "1" * 70000}}}, 400, "options"),
    ({"json": {"url": None}}, 400, "url"),
    ({"json": [1]}, 400, None),
    ({"content": b'{"url": "\xff"}', "headers": JSON}, 400, "url"),
    ({"content": b'{"\xff": 1}', "headers": JSON}, 400, None),
    ({"content": b"{", "headers": JSON}, 400, None),
    ({"content": b"", "headers": JSON}, 400, None),
    ({"content": b'"\\ud800"', "headers": JSON}, 400, None),
    ({"content": b"\xff\xfe", "headers": JSON}, 400, None),
    ({"content": b"[" * 99999, "headers": JSON}, 400, None),
    ({"content": PDF, "headers": {"content-type": "text/plain"}}, 400, "Content-Type"),
    ({"content": PDF, "headers": {"content-type": b"; =\xff"}}, 202, None),
    ({"content": b""}, 422, None),
    ({"content": b"hello"}, 422, None),
    ({"content": PDF, "params": {"password": "x"}}, 400, "password"),
    ({"content": PDF, "params": {"dpi": "1e3"}}, 400, "dpi"),
    ({"content": PDF, "params": {"pags": "1"}}, 400, "pags"),
    ({"content": PDF, "params": {"name": ["a", "b"]}}, 400, "name"),
    ({"files": {"file": PDF}, "params": {"dpi": "100"}}, 400, "dpi"),
    ({"files": {"files": PDF}}, 400, "files"),
    ({"files": {"file": b""}}, 422, None),
    ({"files": {"file": b"PK\x03\x04"}}, 422, None),
    ({"files": [("file", PDF), ("file", PDF)]}, 400, "file"),
    ({"files": {"file": PDF}, "data": {"dpi": ["100", "200"]}}, 400, "dpi"),
    ({"files": {"file": PDF}, "data": {"pages": "5-1"}}, 400, "pages"),
    ({"files": {"file": PDF}, "headers": {"idempotency-key": "k" * 300}}, 400, "Idempotency-Key"),
    ({"files": {"file": PDF}, "headers": {"idempotency-key": b"\xe9"}}, 400, "Idempotency-Key"),
    ({"content": PDF, "headers": {"content-type": "multipart/form-data"}}, 400, None),
    ({"content": b"", "headers": {"content-type": "multipart/form-data; boundary=x"}}, 400, None),
]


@pytest.mark.parametrize("request_values, status, param", BAD_BODIES)
def test_what_is_wrong_with_a_request_is_named(
    client: httpx.Client,
    server: RunningServer,
    request_values: dict[str, Any],
    status: int,
    param: str | None,
) -> None:
    folder = server.parts.options.data_dir / "documents"
    before = set(folder.iterdir())
    answer = client.post(DOCUMENTS, **request_values)
    if status == 202:
        assert answer.status_code == 202, answer.text
        client.delete(f"{DOCUMENTS}/{answer.json()['id']}")
        return
    assert error_of(answer, status)["param"] == param
    assert set(folder.iterdir()) == before  # nothing is left behind


def test_too_large_a_document_is_refused_whichever_way_it_comes(serve: Serve) -> None:
    from shuowen.config import Limits

    started = serve(limits=Limits(max_bytes=1000))
    large = PDF + bytes(1000)
    with httpx.Client(base_url=started.url, timeout=30) as client:
        for values in (
            {"files": {"file": large}},
            {"content": large},
            {"json": {"content_base64": base64.b64encode(large).decode()}},
        ):
            error = error_of(client.post(DOCUMENTS, **values), 413)
            assert "larger than 1000 bytes" in error["message"]
    assert list((started.parts.options.data_dir / "documents").iterdir()) == []


def test_an_upload_that_breaks_off_leaves_nothing_behind(serve: Serve) -> None:
    started = serve()
    folder = started.parts.options.data_dir / "documents"

    def pieces() -> Iterator[bytes]:
        yield PDF
        deadline = time.monotonic() + 10
        while not list(folder.iterdir()) and time.monotonic() < deadline:
            yield bytes(1 << 16)
            time.sleep(0.01)
        assert list(folder.iterdir())
        raise ConnectionResetError("the client has gone")

    with httpx.Client(base_url=started.url) as client, pytest.raises(ConnectionResetError):
        client.post(DOCUMENTS, content=pieces())
    deadline = time.monotonic() + 10
    while list(folder.iterdir()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert started.parts.documents.num_by_state() == {}


def test_the_same_request_under_one_idempotency_key_is_one_document(client: httpx.Client) -> None:
    headers = {"idempotency-key": "first try: 7"}
    fields = {"password": "hush"}
    first = hand_in(client, BROKEN, headers=headers, fields=fields)
    values = {"files": {"file": ("scan.pdf", BROKEN)}, "headers": headers}
    again = client.post(DOCUMENTS, data={**FAST, **fields}, **values)
    assert again.status_code == 200 and again.json()["id"] == first["id"]
    assert again.headers["location"] == first["links"]["self"]
    others: list[dict[str, Any]] = [
        {**values, "data": {**FAST, "password": "other"}},
        {**values, "data": {**FAST, **fields, "pages": "1"}},
        {**values, "data": {**FAST, **fields}, "files": {"file": ("scan.pdf", BROKEN + b" ")}},
    ]
    for other in others:
        error = error_of(client.post(DOCUMENTS, **other), 409)
        assert error["type"] == "conflict_error" and "another request" in error["message"]
    client.delete(first["links"]["self"])
    assert hand_in(client, BROKEN, headers=headers)["id"] != first["id"]


def test_an_idempotency_key_holds_for_many_requests_at_once(client: httpx.Client) -> None:
    found: list[tuple[int, str]] = []

    def post() -> None:
        with httpx.Client(base_url=client.base_url, timeout=30) as own:
            answer = own.post(
                DOCUMENTS,
                files={"file": BROKEN},
                headers={"idempotency-key": "all at once"},
            )
            found.append((answer.status_code, answer.json()["id"]))

    threads = [threading.Thread(target=post) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(status for status, _ in found) == [200] * 5 + [202]
    assert len({document_id for _, document_id in found}) == 1


def test_documents_are_listed_newest_first_a_part_at_a_time(serve: Serve) -> None:
    started = serve()
    with httpx.Client(base_url=started.url, timeout=30) as client:
        assert client.get(DOCUMENTS).json() == {
            "object": "list",
            "data": [],
            "has_more": False,
            "last_id": None,
        }
        ids = [hand_in(client, BROKEN)["id"] for _ in range(5)][::-1]
        first = client.get(DOCUMENTS, params={"limit": 2}).json()
        assert [each["id"] for each in first["data"]] == ids[:2] and first["has_more"]
        second = client.get(DOCUMENTS, params={"limit": 3, "after": first["last_id"]}).json()
        assert [each["id"] for each in second["data"]] == ids[2:] and not second["has_more"]
        for params, param in (
            ({"limit": "0"}, "limit"),
            ({"limit": "9" * 40}, "limit"),
            ({"limit": "ten"}, "limit"),
            ({"after": "doc_\x00"}, "after"),
            ({"after": f"doc_{'0' * 32}"}, "after"),
        ):
            assert error_of(client.get(DOCUMENTS, params=params), 400)["param"] == param


def test_before_the_end_there_is_a_conflict_or_what_is_there(client: httpx.Client) -> None:
    record = hand_in(client, made_files.pdf_with_text(*"abcdefghij"))
    error = error_of(client.get(record["links"]["result"]), 409)
    assert "is queued" in error["message"] or "is running" in error["message"]
    deadline = time.monotonic() + 20
    while client.get(record["links"]["self"]).json()["pages_done"] < 1:
        assert time.monotonic() < deadline
    params = {"partial": "true", "format": "json"}
    part = from_json(client.get(record["links"]["result"], params=params).content)
    assert 1 <= len(part.pages) <= 10 and part.num_pages == 10
    cancelled = client.post(f"{record['links']['self']}/cancel").json()
    assert cancelled["state"] in ("cancelled", "completed")
    error_of(client.get(record["links"]["pages"].format(page_number=11)), 404)
    assert client.delete(record["links"]["self"]).status_code == 204


def test_erased_is_gone_and_once_more_makes_no_difference(client: httpx.Client) -> None:
    record = ended(client, hand_in(client, BROKEN))
    for _ in range(2):
        answer = client.delete(record["links"]["self"])
        assert (answer.status_code, answer.content) == (204, b"")
    for path in paths_of(record["id"]):
        error_of(client.get(path), 404)
    error_of(client.post(f"{record['links']['self']}/cancel"), 404)


def paths_of(document_id: str) -> list[str]:
    path = f"{DOCUMENTS}/{document_id}"
    return [path, f"{path}/result", f"{path}/result?partial=true", f"{path}/events"] + [
        f"{path}/pages/1",
        f"{path}/pages/1?format=overlay",
    ]


@pytest.mark.parametrize("document_id", ["x", "doc_0", f"doc_{'0' * 32}", "%00", "%ED%A0%80", "é"])
def test_what_was_never_there_is_not_found(client: httpx.Client, document_id: str) -> None:
    for path in paths_of(document_id):
        assert error_of(client.get(path), 404)["type"] == "not_found_error"
    error_of(client.delete(f"{DOCUMENTS}/{document_id}"), 404)
    error_of(client.post(f"{DOCUMENTS}/{document_id}/cancel"), 404)


def test_somebody_elses_document_is_not_found_on_any_path(serve: Serve) -> None:
    started = serve(api_keys=("ann's key is long enough", "bob's key is long enough"))
    ann, bob = (
        httpx.Client(
            base_url=started.url,
            timeout=30,
            headers={"authorization": f"Bearer {name}'s key is long enough"},
        )
        for name in ("ann", "bob")
    )
    with ann, bob:
        record = ended(ann, hand_in(ann, headers={"idempotency-key": "k"}))
        missing = f"doc_{'0' * 32}"
        for theirs, none in zip(paths_of(record["id"]), paths_of(missing), strict=True):
            assert ann.get(theirs).status_code == 200
            assert error_of(bob.get(theirs), 404) == error_of(bob.get(none), 404)
        error_of(bob.delete(record["links"]["self"]), 404)
        error_of(bob.post(f"{record['links']['self']}/cancel"), 404)
        assert bob.get(DOCUMENTS).json()["data"] == []
        error_of(bob.get(DOCUMENTS, params={"after": record["id"]}), 400)
        assert hand_in(bob, BROKEN, headers={"idempotency-key": "k"})["id"] != record["id"]
        assert ann.get(record["links"]["result"]).status_code == 200
        ann.delete(record["links"]["self"])
        error_of(bob.delete(record["links"]["self"]), 404)
        assert httpx.get(f"{started.url}{record['links']['self']}").status_code == 401


def test_a_fetched_document_is_erased_where_that_is_asked_for(serve: Serve) -> None:
    started = serve(erase_after_read=True)
    with httpx.Client(base_url=started.url, timeout=30) as client:
        record = ended(client, hand_in(client, fields={"formats": "md,json"}))
        path = record["links"]["pages"].format(page_number=1)
        while client.get(path, params={"format": "overlay"}).status_code == 200:
            pass  # the source is erased right behind the end
        error = error_of(client.get(path, params={"format": "overlay"}), 409)
        assert "erased" in error["message"]
        for _ in range(2):
            assert client.get(record["links"]["result"]).status_code == 200
        client.get(record["links"]["result"], params={"format": "json", "partial": "true"})
        assert client.get(record["links"]["self"]).status_code == 200
        answer = client.get(record["links"]["result"], params={"format": "json"})
        assert from_json(answer.content).num_pages == 2
        deadline = time.monotonic() + 5
        while client.get(record["links"]["self"]).status_code != 404:
            assert time.monotonic() < deadline
        time.sleep(0.05)
        assert list((started.parts.options.data_dir / "documents").iterdir()) == []


def test_too_many_waiting_documents_are_refused_for_a_while(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = serve()
    documents = started.parts.documents
    add, limits = documents.jobs.table.add, documents.limits
    monkeypatch.setattr(
        documents.jobs.table,
        "add",
        lambda new, max_waiting, max_documents: add(
            new, max_waiting=1, max_documents=max_documents
        ),
    )
    assert limits.max_waiting == 100
    with httpx.Client(base_url=started.url, timeout=30) as client:
        long = hand_in(client, made_files.pdf_with_text(*"abcdefghij" * 30))
        answer = client.post(DOCUMENTS, files={"file": PDF})
        assert error_of(answer, 429)["type"] == "rate_limit_error"
        assert int(answer.headers["retry-after"]) >= 1
        client.delete(long["links"]["self"])
        hand_in(client, BROKEN)


def test_documents_that_are_kept_are_limited(serve: Serve) -> None:
    with httpx.Client(base_url=serve(max_documents=1).url, timeout=30) as client:
        first = ended(client, hand_in(client, BROKEN))
        error = error_of(client.post(DOCUMENTS, files={"file": PDF}), 429)
        assert "DELETE /v1/documents/ID" in error["message"]
        client.delete(first["links"]["self"])
        hand_in(client, BROKEN)


def test_a_disk_that_is_nearly_full_takes_no_document(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=LEAST_FREE_BYTES - 1))
    error = error_of(client.post(DOCUMENTS, files={"file": PDF}), 507)
    assert "nearly full" in error["message"]


def test_few_results_are_made_at_once(
    client: httpx.Client, done: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    num_now, most, lock = 0, 0, threading.Lock()

    def draw(*_: object) -> bytes:
        nonlocal num_now, most
        with lock:
            num_now += 1
            most = max(most, num_now)
        time.sleep(0.05)
        with lock:
            num_now -= 1
        return b"drawn"

    monkeypatch.setattr(results, "draw_page", draw)
    path = done["links"]["pages"].format(page_number=1)

    def fetch(_: int) -> bytes:
        return client.get(path, params={"format": "overlay"}).content

    with ThreadPoolExecutor(12) as pool:
        assert set(pool.map(fetch, range(12))) == {b"drawn"}
    assert 2 <= most <= NUM_MAKERS


def test_the_metrics_count_documents_by_state(client: httpx.Client, done: dict[str, Any]) -> None:
    del done
    assert 'shuowen_documents{state="completed"}' in client.get("/metrics").text


def test_openapi_describes_every_path_without_dangling_references(client: httpx.Client) -> None:
    described = client.get("/openapi.json").json()
    paths = {path: each for path, each in described["paths"].items() if path.startswith(DOCUMENTS)}
    assert {
        (path.removeprefix(DOCUMENTS), method) for path, ways in paths.items() for method in ways
    } == {
        ("", "post"),
        ("", "get"),
        ("/{document_id}", "get"),
        ("/{document_id}", "delete"),
        ("/{document_id}/cancel", "post"),
        ("/{document_id}/result", "get"),
        ("/{document_id}/events", "get"),
        ("/{document_id}/pages/{page_number}", "get"),
    }
    for ways in paths.values():
        for operation in ways.values():
            assert operation["summary"] and operation["tags"] == ["Documents"]
    assert "$defs" not in json.dumps(paths)
    record = paths[DOCUMENTS]["post"]["responses"]["202"]["content"]["application/json"]["schema"]
    assert record["properties"]["state"]["enum"] == sorted(
        ["queued", "running", "partial", "completed", "failed", "cancelled"]
    )
