"""The options that ``toolkit report weekly``, ``daily`` and ``monthly`` have in common.

:func:`with_run` gives them to a command and hands over a :class:`Run`.
"""

from __future__ import annotations

import functools
import inspect
import typing
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Annotated, Any

import typer

from toolkit.errors import SettingsError
from toolkit.falco.priority import Priority

FAIL_ON_MET, WRONG, FAILED, INCOMPLETE = 1, 2, 3, 4
_NEW = "new-"
_MOST = 12

EXIT_STATUS = """Exit status: 0 fine; 1 --fail-on is met; 2 usage, settings or files handed
in; 3 failed: the source did not answer, or a destination did not take the report; 4 made by
--catch-up or delivered, but incomplete. Of several, the first of 2, 3, 1 and 4.
"""


@dataclass(frozen=True, slots=True)
class Run:
    """The options."""

    deliver: Annotated[
        str | None,
        typer.Option(
            help="Destinations of toolkit.toml to deliver to, parted by commas, or all.",
            metavar="NAME",
        ),
    ] = None
    again: Annotated[
        bool, typer.Option("--again", help="Deliver even to those that have it already.")
    ] = False
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Show what would be made and sent where; write nothing."),
    ] = False
    fail_on: Annotated[
        str | None,
        typer.Option(
            help="Exit with 1 if a rule of that priority or above is new: new-critical, ...",
            metavar="WHAT",
        ),
    ] = None
    allow_incomplete: Annotated[
        bool,
        typer.Option("--allow-incomplete", help="Exit with 0 in place of 4."),
    ] = False
    catch_up: Annotated[
        bool,
        typer.Option(
            "--catch-up",
            help="Make every period missed since the last one in --output 'DIR/{period}'.",
        ),
    ] = False
    most: Annotated[
        int, typer.Option(min=1, help="At most so many periods with --catch-up.", metavar="NUMBER")
    ] = _MOST


def with_run(command: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a command the options and, as ``run``, what they come to."""
    hints = typing.get_type_hints(command, include_extras=True)
    own = [
        parameter.replace(annotation=hints[name], kind=inspect.Parameter.KEYWORD_ONLY)
        for name, parameter in inspect.signature(command).parameters.items()
        if name != "run"
    ]
    run_hints = typing.get_type_hints(Run, include_extras=True)
    added = [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=field.default,
            annotation=run_hints[field.name],
        )
        for field in fields(Run)
    ]

    @functools.wraps(command)
    def call(**given: Any) -> Any:
        run = Run(**{field.name: given.pop(field.name) for field in fields(Run)})
        return command(run=run, **given)

    # Typer reads the signature, and would follow __wrapped__ to the annotations as texts.
    del call.__wrapped__
    call.__signature__ = inspect.Signature([*own, *added])  # type: ignore[attr-defined]
    call.__annotations__ = {one.name: one.annotation for one in (*own, *added)}
    return call


def fail_on(text: str | None) -> Priority | None:
    """The priority of ``new-PRIORITY``. Raises :class:`SettingsError`."""
    if text is None:
        return None
    priority = Priority.parse(text.removeprefix(_NEW)) if text.startswith(_NEW) else None
    if priority is None:
        words = ", ".join(f"{_NEW}{one.label.lower()}" for one in reversed(Priority))
        raise SettingsError(
            f"--fail-on {text!r} is unknown", setting="--fail-on", hint=f"it takes {words}"
        )
    return priority
