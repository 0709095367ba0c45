"""HTTPS with a certificate that was made for these tests alone, and is trusted nowhere."""

from __future__ import annotations

import ssl
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from shuowen.errors import InputError, UsageError
from shuowen.server.tls import check_certificate
from tests.server.conftest import Serve

FOLDER = Path(__file__).parent / "data" / "tls"
CERT, KEY, LOCKED = FOLDER / "cert.pem", FOLDER / "key.pem", FOLDER / "locked.pem"


def test_the_server_speaks_https_alone(serve: Serve) -> None:
    server = serve(tls_cert=CERT, tls_key=KEY)
    context = ssl.create_default_context(cafile=CERT)
    assert server.url.startswith("https://")
    with httpx.Client(verify=context) as client:
        assert client.get(f"{server.url}/health").json()["status"] == "ok"
        assert f"{server.url}/v1" in client.get(f"{server.url}/").text
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{server.url}/health")
    with pytest.raises(httpx.TransportError):
        httpx.get(server.url.replace("https", "http") + "/health")


def test_one_file_may_hold_both(tmp_path: Path) -> None:
    both = tmp_path / "both.pem"
    both.write_bytes(CERT.read_bytes() + KEY.read_bytes())
    check_certificate(both, None)


@pytest.mark.parametrize(
    ("cert", "key", "error", "words"),
    [
        (FOLDER / "none.pem", KEY, InputError, "does not exist"),
        (CERT, FOLDER / "none.pem", InputError, "does not exist"),
        (FOLDER, KEY, InputError, "cannot be read"),
        (KEY, CERT, UsageError, "cannot be used for HTTPS"),
        (CERT, None, UsageError, "cannot be used for HTTPS"),
        (Path(__file__), KEY, UsageError, "cannot be used for HTTPS"),
    ],
)
def test_what_is_no_certificate_is_named(
    cert: Path, key: Path | None, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        check_certificate(cert, key)


def test_an_encrypted_key_is_named_and_nobody_is_asked_for_its_password() -> None:
    program = (
        "import sys; from pathlib import Path; from shuowen.server.tls import check_certificate\n"
        "try: check_certificate(Path(sys.argv[1]), Path(sys.argv[2]))\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(CERT), str(LOCKED)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=20,
        check=True,
    )
    assert b"UsageError The TLS key is encrypted." in done.stdout
