"""`shuowen train recipes`: which there are, and every setting of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from shuowen.train.recipe import Recipe


@click.command("recipes", short_help="List recipes, or show all settings of one.")
@click.argument("name", required=False)
def recipes_command(name: str | None) -> None:
    """List recipes; with NAME show one: command, hardware, hours, score and every setting.

    A setting is shown the way --set takes it.

    \b
    Examples:
      shuowen train recipes
      shuowen train recipes internvl3-8b-sft
    """
    from shuowen.train.lookup import recipe_named
    from shuowen.train.recipes import RECIPES

    if name is not None:
        click.echo(recipe_text(recipe_named(name, RECIPES)))
        return
    width = max(map(len, RECIPES))
    for each in RECIPES.values():
        click.echo(f"{each.name:<{width}}  {each.about.summary}")


def recipe_text(recipe: Recipe) -> str:
    """Everything about a recipe."""
    from shuowen.train.lookup import settings_of

    settings = list(settings_of(recipe))
    width = max(len(key) for key, _ in settings)
    lines = [f"  {key:<{width}}  {value}".rstrip() for key, value in settings]
    head = f"{recipe.name} (stage {recipe.stage})\n{recipe.about.text()}"
    return "\n".join([head, "", "Settings, for --set KEY=VALUE:", *lines])
