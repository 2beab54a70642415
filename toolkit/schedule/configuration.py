"""What a scheduled run is told: a ``toolkit.toml`` without secrets, and which secrets it needs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from toolkit.errors import SettingsError
from toolkit.schedule.plan import Plan
from toolkit.settings import BY_KEY, FIELDS, Delivery, Secret, fields_of, variable

SECTIONS = "report.sections"
"""The one setting that names a folder to be read."""
_REMOTE = ("http", "grafana")
_FLAGS_OF_A_RUN = frozenset({"cache.path", "events.rejects"})
"""What a schedule sets itself, or what makes no sense in one."""


@dataclass(frozen=True, slots=True)
class NeededSecret:
    """A secret by the variable that holds it, and by the one that names a file which does."""

    variable: str
    file_variable: str


def needed_secrets(plan: Plan) -> Sequence[NeededSecret]:
    """The secrets a run needs: those that are set here, and those no destination works without."""
    given = set(plan.settings.given)
    asks_grafana = plan.settings.source == "grafana" or any(
        delivery.kind == "grafana" for delivery in plan.deliveries
    )
    if asks_grafana and "grafana.user" not in given:
        given.add("grafana.token")
    found = [
        NeededSecret(field.env, BY_KEY[f"{field.key}_file"].env or "")
        for field in FIELDS
        if field.secret and field.env and given & {field.key, f"{field.key}_file"}
    ]
    for delivery in plan.deliveries:
        for key, field in fields_of(delivery.kind).items():
            if field.secret and (field.needed or _wanted(delivery, key)):
                names = (variable(delivery.name, key), variable(delivery.name, f"{key}_file"))
                found.append(NeededSecret(*names))
    return found


def _wanted(delivery: Delivery, key: str) -> bool:
    """Whether an optional secret is in use."""
    if key in delivery.values or f"{key}_file" in delivery.values:
        return True
    if key == "password":
        return "user" in delivery.values
    return key in ("access_key", "secret_key")


def sections(plan: Plan) -> Path | None:
    """The folder of a user's own sections and templates."""
    return plan.settings.sections


def files(plan: Plan) -> Mapping[str, Path]:
    """The files that settings name, certificates for example, by the setting's key."""
    return {
        key: value
        for key, value in _values(plan)
        if isinstance(value, Path) and key != SECTIONS and not key.endswith(".path")
    }


def paths(plan: Plan) -> Sequence[Path]:
    """Every path of this machine that settings name, files of events among them."""
    events = [Path(one) for one in plan.settings.events]
    return [*events, *(value for _, value in _values(plan) if isinstance(value, Path))]


def configuration(plan: Plan, place: Callable[[str, Path], str], cache: str) -> str:
    """The text of ``toolkit.toml``.

    ``place`` says where a file lies that the setting of a key names; ``cache`` is the folder of
    answers that are kept.
    """
    tables: dict[str, list[str]] = {"": [], "cache": [f"path = {_text(cache)}"]}
    for key, value in _values(plan):
        table, _, name = key.rpartition(".")
        shown = place(key, value) if isinstance(value, Path) else value
        if key == "events.files":
            shown = [place(key, Path(str(one))) for one in _sequence(value)]
        tables.setdefault(table, []).append(f"{name} = {_toml(shown)}")
    for delivery in plan.deliveries:
        kind = f"kind = {_text(delivery.kind)}"
        tables.setdefault(f"deliver.{delivery.name}", []).insert(0, kind)
    tables[""].append(f"timezone = {_text(plan.moment.timezone)}")
    return "\n".join(
        "\n".join([f"[{name}]", *lines, ""]) if name else "\n".join([*lines, ""])
        for name, lines in tables.items()
    )


def check(plan: Plan, kind: str, *, remote: bool) -> None:
    """Raises :class:`SettingsError` for a source or destination that is not there when it runs.

    ``remote`` where it runs on another machine, to which no folder of this one goes along.
    """
    source = plan.settings.source
    if source not in _REMOTE and (remote or source not in ("events", "store")):
        raise SettingsError(
            f"a schedule of kind {kind} cannot ask the source {source!r}",
            setting="--kind",
            hint="add --loki-url http://..., or --via-grafana --grafana-url http://...",
        )
    if "-" in plan.settings.events:
        raise SettingsError("a schedule has no standard input", setting="--events")
    for delivery in plan.deliveries:
        if delivery.kind == "folder" and remote:
            raise SettingsError(
                f"deliver.{delivery.name} is a folder of this machine, and {kind} runs elsewhere",
                setting="--deliver",
                hint="deliver to a bucket there",
            )
        if delivery.kind == "grafana" and plan.settings.grafana.url is None:
            raise SettingsError(
                f"deliver.{delivery.name} needs the address of Grafana",
                setting="grafana.url",
                hint="add --grafana-url http://..., or set GRAFANA_URL",
            )


def _values(plan: Plan) -> Iterator[tuple[str, object]]:
    """Every setting that is no secret and no file of one, by its key."""
    secrets = {field.key for field in FIELDS if field.secret}
    for key, value in plan.settings.given.items():
        hidden = key in secrets or key.removesuffix("_file") in secrets
        if not hidden and key not in _FLAGS_OF_A_RUN and key != "timezone":
            yield key, value
    for delivery in plan.deliveries:
        fields = fields_of(delivery.kind)
        for key, value in delivery.values.items():
            base = fields.get(key.removesuffix("_file"))
            if isinstance(value, Secret) or (base is not None and base.secret):
                continue
            yield f"deliver.{delivery.name}.{key}", value


def _sequence(value: object) -> Sequence[object]:
    assert isinstance(value, Sequence)
    return value


def _toml(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case str():
            return _text(value)
        case list() | tuple():
            parts = [":".join(one) if isinstance(one, tuple) else one for one in value]
            return "[" + ", ".join(_toml(part) for part in parts) + "]"
    raise AssertionError(f"no setting is a {type(value).__name__}")


def _text(text: str) -> str:
    """A basic string of TOML, whose escapes are JSON's; DEL is one more."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
