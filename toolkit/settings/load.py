"""Flags, then the environment, then ``toolkit.toml``, then the defaults: the first that speaks.

A source of events is chosen the same way: the first of these levels that names one decides, and a
level that names two is an error, because nobody could say which was meant.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolkit.errors import SettingsError
from toolkit.settings.deliver import load_deliveries, secret_in
from toolkit.settings.model import Connection, Origin, Settings, SourceKind
from toolkit.settings.table import BY_KEY, FIELDS, Field
from toolkit.settings.values import Secret

CONFIG_NAME = "toolkit.toml"

_SOURCES: Mapping[str, SourceKind] = {
    "loki.url": "http",
    "grafana.query_loki": "grafana",
    "events.files": "events",
    "store.path": "store",
    "sample.use": "sample",
}
_FILE_PATHS = ("events.files",)


@dataclass(frozen=True, slots=True)
class _Read:
    """A value and where it was read from."""

    value: Any
    origin: Origin


def load(
    flags: Mapping[str, object] | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    directory: Path | None = None,
    config: Path | None = None,
) -> Settings:
    """The settings of one run.

    ``flags`` maps keys of :data:`toolkit.settings.table.FIELDS` to what was given on the command
    line; ``None`` means not given. ``config`` is a file named by the user and has to be there,
    otherwise ``toolkit.toml`` in ``directory`` (the working directory) is read if it is there.
    Raises :class:`SettingsError`.
    """
    environment = os.environ if environ is None else environ
    path = config or (directory or Path.cwd()) / CONFIG_NAME
    document = _document(path, named=config is not None)
    deliveries = load_deliveries(document.pop("deliver", {}), path, environment)
    levels = (_from_flags(flags or {}), _from_environment(environment), _from_file(document, path))
    read: dict[str, _Read] = {}
    for level in reversed(levels):
        read.update(level)
    source = _source(levels)
    _check(read, source)
    found = {key: one.value for key, one in read.items()}

    def pick(**names: str) -> dict[str, Any]:
        return {name: found[key] for name, key in names.items() if key in found}

    return Settings(
        source=source,
        loki=_connection("loki", read, ("username", "bearer_token")),
        grafana=_connection("grafana", read, ("user", "token")),
        deliveries=deliveries,
        given=found,
        origins={key: one.origin for key, one in read.items()},
        **pick(
            datasource_uid="grafana.datasource_uid",
            datasource_url="grafana.datasource_url",
            events="events.files",
            strict="events.strict",
            rejects="events.rejects",
            store="store.path",
            dialect="labels.dialect",
            custom_fields="labels.custom_fields",
            extra_labels="labels.extra_labels",
            stream_labels="labels.stream_labels",
            node_label="labels.node_label",
            accepted="report.accepted",
            node_names="report.nodes",
            sections="report.sections",
            timezone="timezone",
            cache="cache.path",
        ),
    )


# --- the three levels -----------------------------------------------------------------------------


def _from_flags(flags: Mapping[str, object]) -> dict[str, _Read]:
    read = {}
    for key, raw in flags.items():
        field = BY_KEY[key]
        if raw is None or raw is False or raw == ():
            continue
        origin = Origin("flag", field.flag or key)
        read[key] = _Read(_parse(field, raw, origin), origin)
    return read


def _from_environment(environ: Mapping[str, str]) -> dict[str, _Read]:
    read = {}
    for field in FIELDS:
        # An empty variable is how a manifest says "not set".
        if field.env is not None and environ.get(field.env, "").strip():
            origin = Origin("environment", field.env)
            read[field.key] = _Read(_parse(field, environ[field.env], origin), origin)
    return _without_refusals(read)


def _document(path: Path, *, named: bool) -> dict[str, Any]:
    """What the settings file says; nothing if it is not there and nobody named it."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if not named:
            return {}
        raise SettingsError(
            f"there is no settings file {path}", setting="--config", origin="--config"
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} is not TOML: {error}", origin=str(path)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}", origin=str(path)) from None


def _from_file(document: Mapping[str, object], path: Path) -> dict[str, _Read]:
    read = {}
    for key, raw in _flatten(document, path):
        field = BY_KEY[key]
        origin = Origin("file", f"{path.name}, {key}")
        if field.secret:
            raise SettingsError(
                f"{path}: {key} is a secret and does not belong in a settings file",
                setting=key,
                origin=str(origin),
                hint=f"set {field.env}, or name a file that holds it with {key}_file",
            )
        read[key] = _Read(_rooted(key, _parse(field, raw, origin), path.parent), origin)
    return _without_refusals(read)


def _flatten(document: Mapping[str, object], path: Path) -> list[tuple[str, object]]:
    pairs: list[tuple[str, object]] = []
    for name, value in document.items():
        if isinstance(value, dict):
            pairs.extend((f"{name}.{inner}", one) for inner, one in value.items())
        else:
            pairs.append((name, value))
    for key, _ in pairs:
        if key not in BY_KEY:
            near = difflib.get_close_matches(key, BY_KEY, n=1)
            raise SettingsError(
                f"{path}: there is no setting {key}",
                setting=key,
                origin=str(path),
                hint=f"did you mean {near[0]}?" if near else "toolkit settings lists them",
            )
    return pairs


def _rooted(key: str, value: Any, root: Path) -> Any:
    """Paths in a settings file are relative to that file."""
    if isinstance(value, Path):
        return root / value
    if key in _FILE_PATHS:
        return tuple(one if one == "-" else str(root / one) for one in value)
    return value


def _without_refusals(read: dict[str, _Read]) -> dict[str, _Read]:
    """``TOOLKIT_SAMPLE=false`` names no source."""
    return {
        key: one for key, one in read.items() if not (BY_KEY[key].source and one.value is False)
    }


def _parse(field: Field, raw: object, origin: Origin) -> Any:
    try:
        return field.parse(raw)
    except ValueError as error:
        shown = "" if field.secret or "password" in str(error) else f" {raw!r}"
        raise SettingsError(
            f"{origin}{shown}: {error}", setting=field.key, origin=str(origin)
        ) from None


# --- what belongs together ------------------------------------------------------------------------


def _source(levels: tuple[dict[str, _Read], ...]) -> SourceKind:
    for level in levels:
        named = [key for key in _SOURCES if key in level]
        if len(named) > 1:
            names = " and ".join(str(level[key].origin) for key in named)
            raise SettingsError(
                f"{names} each name a source of events; one is possible",
                setting=named[1],
                origin=names,
                hint=None
                if level[named[0]].origin.kind == "flag"
                else "a flag decides: --loki-url, --via-grafana, --events, --store or --sample",
            )
        if named:
            return _SOURCES[named[0]]
    return "sample"


def _check(read: Mapping[str, _Read], source: SourceKind) -> None:
    if source == "grafana" and "grafana.url" not in read:
        raise SettingsError(
            f"{read['grafana.query_loki'].origin} needs the address of Grafana",
            setting="grafana.url",
            hint="add --grafana-url http://..., or set GRAFANA_URL",
        )
    for room in ("loki", "grafana"):
        if f"{room}.key" in read and f"{room}.certificate" not in read:
            raise SettingsError(
                f"{read[f'{room}.key'].origin} has no certificate beside it",
                setting=f"{room}.certificate",
            )


def _connection(room: str, read: Mapping[str, _Read], names: tuple[str, str]) -> Connection:
    username, token = names

    def get(name: str, default: Any = None) -> Any:
        one = read.get(f"{room}.{name}")
        return default if one is None else one.value

    password = _secret(room, "password", read)
    bearer = _secret(room, token, read)
    default = Connection()
    if bearer is not None and password is not None:
        raise SettingsError(
            f"{room}: both a password and a token are set; one way to sign in is possible",
            setting=f"{room}.{token}",
            hint=f"unset {BY_KEY[f'{room}.password'].env} or {BY_KEY[f'{room}.{token}'].env}",
        )
    if password is not None and get(username) is None:
        raise SettingsError(
            f"{room}: there is a password and no user name",
            setting=f"{room}.{username}",
            hint=f"set {BY_KEY[f'{room}.{username}'].env}",
        )
    return Connection(
        url=get("url"),
        username=get(username),
        password=password,
        token=bearer,
        tenant=get("tenant"),
        org_id=get("org_id"),
        ca=get("ca"),
        certificate=get("certificate"),
        key=get("key"),
        verify=not get("tls_skip_verify", False),
        proxy=get("proxy"),
        connect_timeout=get("connect_timeout", default.connect_timeout),
        timeout=get("timeout", default.timeout),
        retries=get("retries", default.retries),
    )


def _secret(room: str, name: str, read: Mapping[str, _Read]) -> Secret | None:
    """The secret itself, or what the file named for it holds; the higher level wins."""
    direct, named = read.get(f"{room}.{name}"), read.get(f"{room}.{name}_file")
    rank = {"flag": 0, "environment": 1, "file": 2}
    if direct is not None and (
        named is None or rank[direct.origin.kind] <= rank[named.origin.kind]
    ):
        value: Secret = direct.value
        return value
    if named is None:
        return None
    return secret_in(named.value, f"{room}.{name}_file", str(named.origin))
