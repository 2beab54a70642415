"""Options that several commands share, made from the table of settings.

A command that asks events of somewhere takes ``settings: Settings`` and is decorated with
``@with_settings(SOURCE)``; the flags of those settings become options of the command, and what was
given on the command line, in the environment and in ``toolkit.toml`` arrives as one value.
"""

from __future__ import annotations

import functools
import inspect
import typing
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from toolkit.settings import BY_KEY, Field, load, values

SOURCE: tuple[str, ...] = tuple(
    key
    for key, field in BY_KEY.items()
    if field.flag is not None and key != "grafana.datasource_url" and not key.startswith("report.")
)
"""Where events come from: a Loki, a Grafana in front of one, files, a store or the sample."""

REPORT: tuple[str, ...] = (*SOURCE, "report.accepted", "report.nodes", "report.sections")
"""What a report is made of."""

GRAFANA: tuple[str, ...] = tuple(
    key for key, field in BY_KEY.items() if field.flag and key.startswith("grafana.")
)
"""A Grafana to write to."""


def with_settings(keys: Iterable[str]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Gives a command the options of ``keys`` and, as ``settings``, what they come to."""
    fields = {_parameter_name(key): BY_KEY[key] for key in keys}

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        hints = typing.get_type_hints(command, include_extras=True)
        own = [
            parameter.replace(annotation=hints[name], kind=inspect.Parameter.KEYWORD_ONLY)
            for name, parameter in inspect.signature(command).parameters.items()
            if name != "settings"
        ]
        added = [_parameter(name, field) for name, field in fields.items()]
        added.append(_config())

        @functools.wraps(command)
        def run(**given: Any) -> Any:
            flags = {field.key: _value(given.pop(name)) for name, field in fields.items()}
            settings = load(flags, config=given.pop("config"))
            return command(settings=settings, **given)

        # Typer reads the signature, and would follow __wrapped__ to the annotations as texts.
        del run.__wrapped__
        run.__signature__ = inspect.Signature([*own, *added])  # type: ignore[attr-defined]
        run.__annotations__ = {one.name: one.annotation for one in (*own, *added)}
        return run

    return decorate


def _parameter_name(key: str) -> str:
    return "setting_" + key.replace(".", "_")


def _value(given: object) -> object:
    return tuple(given) if isinstance(given, list) else given


def _parameter(name: str, field: Field) -> inspect.Parameter:
    help_text = f"{field.help} [{field.env}]" if field.env else field.help
    annotation: Any
    if field.parse is values.flag:
        option = typer.Option(field.flag, help=help_text, show_default=False, hidden=field.rare)
        annotation, default = Annotated[bool, option], False
    elif field.parse is values.texts:
        option = typer.Option(field.flag, help=help_text, show_default=False, metavar="FILE")
        annotation, default = Annotated[list[str] | None, option], None
    else:
        option = typer.Option(
            field.flag,
            help=help_text,
            show_default=False,
            metavar=_METAVARS.get(field.parse),
            hidden=field.rare,
        )
        annotation, default = Annotated[str | None, option], None
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
    )


_METAVARS: dict[Callable[[object], object], str] = {
    values.url: "URL",
    values.path: "PATH",
    values.seconds: "TIME",
    values.timezone: "ZONE",
    values.integer: "NUMBER",
    values.dialect: "NAME",
    values.text: "TEXT",
}


def _config() -> inspect.Parameter:
    option = typer.Option(
        "--config", help="Settings file; toolkit.toml of this directory by default.", metavar="FILE"
    )
    return inspect.Parameter(
        "config",
        inspect.Parameter.KEYWORD_ONLY,
        default=None,
        annotation=Annotated[Path | None, option],
    )
