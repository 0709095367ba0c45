"""Options about files that more than one command opens: pages, passwords and limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, TypeVar

import click

from shuowen.cli.values import Amount, Finite, short_amount
from shuowen.config import MAX_DPI, MIN_DPI, Limits, ReadOptions

_Command = TypeVar("_Command", bound=Callable[..., Any])

_PAGES = (
    click.option(
        "--pages",
        default="",
        metavar="RANGES",
        help="Pages of a PDF or TIFF, counted from 1: 1,5-10 or 3- or -4.  [default: all]",
    ),
    click.option(
        "--dpi",
        type=click.IntRange(MIN_DPI, MAX_DPI),
        default=ReadOptions.dpi,
        show_default=True,
        help="Resolution at which PDF pages are drawn.",
    ),
    click.option(
        "--password",
        default="",
        envvar="SHUOWEN_PASSWORD",
        help="Password of an encrypted PDF. Other users of this machine can see options, but not"
        " the environment.  [env: SHUOWEN_PASSWORD]",
    ),
)

_LIMITS = (
    click.option(
        "--max-pixels",
        type=Amount(),
        default=Limits.max_pixels,
        help="Refuse larger pictures and pages, width times height."
        f"  [default: {short_amount(Limits.max_pixels)}]",
    ),
    click.option(
        "--max-bytes",
        type=Amount(),
        default=Limits.max_bytes,
        help=f"Refuse larger files and downloads.  [default: {short_amount(Limits.max_bytes)}]",
    ),
    click.option(
        "--fetch-seconds",
        type=Finite(min=0, min_open=True),
        default=Limits.fetch_seconds,
        show_default=True,
        help="Give up a download that takes longer.",
    ),
    click.option(
        "--allow-private-urls",
        "allow_private_addresses",
        is_flag=True,
        help="Let URLs of pictures lead to this machine and its local network.",
    ),
)
_OPTIONS = (*_PAGES, *_LIMITS)


def source_options(command: _Command) -> _Command:
    """Add the options to a command, in the order above."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def limit_options(command: _Command) -> _Command:
    """Add those of the options that set limits."""
    for option in reversed(_LIMITS):
        command = option(command)
    return command


def limits_from(values: Mapping[str, Any]) -> Limits:
    """The limits that these options set."""
    names = [each.name for each in fields(Limits)]
    return Limits(**{name: values[name] for name in names if name in values})


def read_options_from(values: Mapping[str, Any]) -> ReadOptions:
    """What these options say about opening pages."""
    return ReadOptions(pages=values["pages"], dpi=values["dpi"], password=values["password"])
