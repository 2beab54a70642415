"""``toolkit settings``: what a command would run with, and where each value was read from."""

from __future__ import annotations

import typer

from toolkit.cli.options import SOURCE, with_settings
from toolkit.settings import FIELDS, Settings

HELP = """Show every setting, its value and where it was read from. Secrets are not shown.

Flags win over the environment, which wins over toolkit.toml, which wins over the defaults.

Example: LOKI_ADDR=http://127.0.0.1:3100 toolkit settings
"""


@with_settings(SOURCE)
def show(settings: Settings) -> None:
    """Prints one line for each setting."""
    typer.echo(f"events come from: {settings.source}")
    width = max(len(field.key) for field in FIELDS)
    for field in FIELDS:
        names = ", ".join(name for name in (field.flag, field.env) if name)
        line = f"not set ({names})"
        if field.key in settings.given:
            line = f"{_shown(settings.given[field.key])}  from {settings.origin(field.key)}"
        typer.echo(f"{field.key:{width}}  {line}")
    for delivery in settings.deliveries.values():
        typer.echo(f"deliver.{delivery.name} is of kind {delivery.kind}")
        for key, value in delivery.values.items():
            name = f"deliver.{delivery.name}.{key}"
            typer.echo(f"{name:{width}}  {_shown(value)}  from {delivery.origins[key]}")


def _shown(value: object) -> str:
    """A value as it would be written; a secret as asterisks."""
    if isinstance(value, tuple):
        return ", ".join(":".join(one) if isinstance(one, tuple) else str(one) for one in value)
    return str(value)
