"""Looking at a certificate before the server starts, with plain words where it cannot be used."""

from __future__ import annotations

import ssl
from pathlib import Path

from shuowen.errors import UsageError
from shuowen.source.model import readable


def check_certificate(cert: Path, key: Path | None) -> None:
    """Raise an error unless uvicorn will be able to use these.

    Args:
        cert: Certificate chain, PEM.
        key: Its private key, PEM; None where the first file holds it too.

    Raises:
        InputError: A file is missing or cannot be read.
        UsageError: They are no certificate and key that belong together.
    """
    for path in (cert, key):
        if path is not None:
            with readable(str(path)), path.open("rb") as stream:
                stream.read(1)
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert, key, password=_no_password)
    except (ssl.SSLError, ValueError) as error:
        raise UsageError(
            f"{cert} and its key cannot be used for HTTPS.",
            "Give a certificate and the key that belongs to it, both as PEM.",
        ) from error


def _no_password() -> str:
    raise UsageError(
        "The TLS key is encrypted.", "Decrypt it first: openssl pkey -in KEY -out KEY.open"
    )
