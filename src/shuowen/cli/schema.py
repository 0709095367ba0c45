"""`shuowen schema`: the JSON Schema of a read document."""

from __future__ import annotations

import json

import click

from shuowen.document.json import json_schema


@click.command("schema")
def command() -> None:
    """Print the JSON Schema of what `shuowen read --to json` writes.

    The schema carries its version; every document says its own in "schema_version".

    \b
    Example:
      shuowen schema > document.schema.json
    """
    click.echo(json.dumps(json_schema(), indent=2, ensure_ascii=False))
