"""What becomes of every field of every foreign contract, as Markdown for the documentation."""

from __future__ import annotations

from shuowen.server.compat import docling, mineru, mistral, open_webui, paddleocr, tika

CONTRACTS = tuple(
    module.CONTRACT for module in (open_webui, docling, mistral, paddleocr, mineru, tika)
)


_PREFACE = """\
A field is **honoured** (it has its effect), **accepted** (taken, and without effect for the reason
given) or **refused** (status 400, which names the field; a value that asks for nothing passes). A
field that is in no table is refused.
"""


def compat_tables() -> str:
    """A section for each contract, and before them what the words mean."""
    return "\n\n".join((_PREFACE, *(contract.markdown() for contract in CONTRACTS))) + "\n"
