"""`shuowen completion`: the script with which a shell completes commands and options."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

SHELLS = ("bash", "zsh", "fish")


@click.command("completion")
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print the script that lets SHELL complete shuowen's commands and options.

    \b
    Examples:
      eval "$(shuowen completion bash)"        now, in this bash
      shuowen completion bash > ~/.local/share/bash-completion/completions/shuowen
      shuowen completion zsh > "${fpath[1]}/_shuowen"
      shuowen completion fish > ~/.config/fish/completions/shuowen.fish
    """
    completion_class = get_completion_class(shell)
    assert completion_class is not None, f"click knows {shell}"
    root = ctx.find_root()
    complete = completion_class(root.command, {}, "shuowen", "_SHUOWEN_COMPLETE")
    click.echo(complete.source())
