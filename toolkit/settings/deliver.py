"""Where reports go: the ``[deliver.NAME]`` tables of ``toolkit.toml``, typed and with their origin.

``kind`` says what a destination is; :data:`DELIVER_FIELDS` lists what each kind may be told. Every
value but ``kind`` may come from the environment instead, as ``TOOLKIT_DELIVER_NAME_KEY``, and a
secret only from there or from the file that ``KEY_file`` names. The address of a chat's webhook is
a secret: who knows it can post.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolkit.errors import SettingsError
from toolkit.settings import values
from toolkit.settings.model import Delivery, Origin
from toolkit.settings.values import Secret

DELIVER_KINDS: Mapping[str, str] = {
    "email": "Mail over SMTP: HTML with pictures inside, a text part, attachments if asked for.",
    "slack": "An incoming webhook of Slack.",
    "mattermost": "An incoming webhook of Mattermost.",
    "teams": "A workflow of Microsoft Teams that waits for a webhook.",
    "webhook": "report.json to an address of yours, signed after Standard Webhooks if a secret "
    "is set.",
    "s3": "A bucket that speaks S3: Amazon's, MinIO, Ceph and the like.",
    "folder": "A folder, such as a share that a web server shows.",
    "grafana": "An annotation over the period, in the Grafana of the `grafana.*` settings.",
}
"""What a destination may be, and in words."""

ALL = "all"
_NAME = re.compile(r"[a-z][a-z0-9_-]*")
_CHATS = ("slack", "mattermost", "teams")
_HTTP = (*_CHATS, "webhook", "s3")
_LINKED = (*_CHATS, "email", "grafana")


@dataclass(frozen=True, slots=True)
class DeliverField:
    """One key of a ``[deliver.NAME]`` table, for these kinds; ``needed`` where it must be set."""

    key: str
    parse: Callable[[object], object]
    help: str
    kinds: tuple[str, ...]
    needed: bool = False

    @property
    def secret(self) -> bool:
        return self.parse is values.secret


DELIVER_FIELDS: tuple[DeliverField, ...] = (
    DeliverField("host", values.text, "Name of the mail server.", ("email",), needed=True),
    DeliverField(
        "tls",
        values.one_of("starttls", "implicit", "none"),
        "How the connection is protected: starttls (the default), implicit (TLS from the first "
        "byte), none (only without a password).",
        ("email",),
    ),
    DeliverField(
        "port", values.integer, "Port; 587 by default, 465 for implicit, 25 for none.", ("email",)
    ),
    DeliverField("user", values.text, "Who signs in at the mail server.", ("email",)),
    DeliverField("password", values.secret, "Their password.", ("email",)),
    DeliverField("from", values.mailbox, "Who the mail is from.", ("email",), needed=True),
    DeliverField("to", values.mailboxes, "Who gets the mail.", ("email",), needed=True),
    DeliverField(
        "attach", values.texts, "Formats to attach, such as html and json; none.", ("email",)
    ),
    DeliverField("url", values.secret, "Address of the webhook.", _CHATS, needed=True),
    DeliverField("url", values.url, "Address of the receiver.", ("webhook",), needed=True),
    DeliverField("channel", values.text, "Another channel than the webhook's.", ("mattermost",)),
    DeliverField("token", values.secret, "Bearer token to sign in with.", ("webhook",)),
    DeliverField(
        "secret",
        values.secret,
        "Key that signs, base64 with or without whsec_ before it.",
        ("webhook",),
    ),
    DeliverField("bucket", values.text, "Name of the bucket.", ("s3",), needed=True),
    DeliverField("endpoint", values.url, "Address of the service; Amazon's.", ("s3",)),
    DeliverField("region", values.text, "Region; us-east-1.", ("s3",)),
    DeliverField("prefix", values.text, "What keys begin with, such as falco/prod/.", ("s3",)),
    DeliverField("access_key", values.secret, "Access key; AWS_ACCESS_KEY_ID.", ("s3",)),
    DeliverField("secret_key", values.secret, "Secret key; AWS_SECRET_ACCESS_KEY.", ("s3",)),
    DeliverField("session_token", values.secret, "Session token; AWS_SESSION_TOKEN.", ("s3",)),
    DeliverField(
        "path", values.path, "The folder; one below it for each period.", ("folder",), needed=True
    ),
    DeliverField("tags", values.texts, "More tags for the annotation.", ("grafana",)),
    DeliverField("dashboard_uid", values.text, "One dashboard; all of them.", ("grafana",)),
    DeliverField(
        "link",
        values.link,
        "Where the report can be read; {period} becomes its name.",
        _LINKED,
    ),
    DeliverField("ca", values.path, "Certificate authority to trust (PEM).", (*_HTTP, "email")),
    DeliverField("timeout", values.seconds, "How long one try may take; 30s.", (*_HTTP, "email")),
    DeliverField("retries", values.integer, "How often it is tried again; 3.", (*_HTTP, "email")),
)


def fields_of(kind: str) -> Mapping[str, DeliverField]:
    """What a destination of that kind may be told, by key."""
    return {field.key: field for field in DELIVER_FIELDS if kind in field.kinds}


def variable(name: str, key: str) -> str:
    """``TOOLKIT_DELIVER_MAIL_PASSWORD`` for the ``password`` of ``mail``."""
    return f"TOOLKIT_DELIVER_{name}_{key}".upper().replace("-", "_")


def load_deliveries(
    tables: object, path: Path, environ: Mapping[str, str]
) -> Mapping[str, Delivery]:
    """The destinations of the file at ``path``, by name. Raises :class:`SettingsError`."""
    if not isinstance(tables, dict):
        raise _refused(path, "deliver", "write a table for each destination: [deliver.NAME]")
    found: dict[str, Delivery] = {}
    variables: dict[str, str] = {}
    for name, table in tables.items():
        if not isinstance(table, dict):
            raise _refused(path, "deliver", f"write a table: [deliver.{name}]")
        if not _NAME.fullmatch(name) or name == ALL:
            raise _refused(
                path,
                f"deliver.{name}",
                f"a name is of a-z, 0-9, - and _, begins with a letter, and is not {ALL}",
            )
        twin = variables.setdefault(variable(name, ""), name)
        if twin != name:
            raise _refused(
                path, f"deliver.{name}", f"{twin} and {name} would share their variables"
            )
        found[name] = _delivery(name, table, path, environ)
    return found


def choose(deliveries: Mapping[str, Delivery], text: str) -> Sequence[Delivery]:
    """Those that ``--deliver`` names, whole: their secrets read, nothing that is needed missing.

    Raises :class:`SettingsError`.
    """
    return [_whole(one) for one in named(deliveries, text)]


def named(deliveries: Mapping[str, Delivery], text: str) -> Sequence[Delivery]:
    """Those that ``--deliver`` names, as they stand in the file; the secrets may be elsewhere.

    Raises :class:`SettingsError`.
    """
    names = [part.strip() for part in text.split(",") if part.strip()]
    if names == [ALL]:
        names = list(deliveries)
    hint = f"there are {', '.join(deliveries)}" if deliveries else "write [deliver.NAME] tables"
    if not names:
        raise SettingsError("--deliver names no destination", setting="deliver", hint=hint)
    unknown = [name for name in names if name not in deliveries]
    if unknown:
        raise SettingsError(
            f"there is no destination {unknown[0]!r} in toolkit.toml", setting="deliver", hint=hint
        )
    return [deliveries[name] for name in dict.fromkeys(names)]


def _delivery(
    name: str, table: Mapping[str, object], path: Path, environ: Mapping[str, str]
) -> Delivery:
    kind = table.get("kind")
    if not isinstance(kind, str) or kind not in DELIVER_KINDS:
        raise _refused(path, f"deliver.{name}.kind", f"expected one of {', '.join(DELIVER_KINDS)}")
    known: dict[str, Callable[[object], object]] = {}
    secrets = set()
    for key, field in fields_of(kind).items():
        known[key] = field.parse
        if field.secret:
            secrets.add(key)
            known[f"{key}_file"] = values.path
    read: dict[str, object] = {}
    origins: dict[str, Origin] = {}
    for key, raw in table.items():
        where = f"deliver.{name}.{key}"
        if key == "kind":
            continue
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"{kind} knows {', '.join(known)}"
            raise SettingsError(
                f"{path}: there is no setting {where} for {kind}", setting=where, hint=hint
            )
        if key in secrets:
            raise SettingsError(
                f"{path}: {where} is a secret and does not belong in a settings file",
                setting=where,
                hint=f"set {variable(name, key)}, or name a file that holds it with {key}_file",
            )
        value = _parsed(known[key], raw, f"{path.name}, {where}", where, secret=False)
        read[key] = path.parent / value if isinstance(value, Path) else value
        origins[key] = Origin("file", f"{path.name}, {where}")
    for key, parse in known.items():
        env = variable(name, key)
        if environ.get(env, "").strip():
            where = f"deliver.{name}.{key}"
            read[key] = _parsed(parse, environ[env], env, where, secret=key in secrets)
            origins[key] = Origin("environment", env)
            if key in secrets and origins.get(f"{key}_file", Origin("file")).kind == "file":
                # The environment wins over the file, whichever way each gives the secret.
                read.pop(f"{key}_file", None)
    return Delivery(name, kind, read, origins)


def _parsed(
    parse: Callable[[object], object], raw: object, origin: str, setting: str, *, secret: bool
) -> Any:
    try:
        return parse(raw)
    except ValueError as error:
        shown = "" if secret else f" {raw!r}"
        raise SettingsError(f"{origin}{shown}: {error}", setting=setting, origin=origin) from None


def _whole(delivery: Delivery) -> Delivery:
    """The destination with its secrets read from the files that were named for them."""
    read = dict(delivery.values)
    for field in fields_of(delivery.kind).values():
        named = read.pop(f"{field.key}_file", None)
        setting = f"deliver.{delivery.name}.{field.key}"
        if field.secret and isinstance(named, Path) and field.key not in read:
            origin = delivery.origins[f"{field.key}_file"]
            read[field.key] = secret_in(named, setting, str(origin))
        if field.needed and field.key not in read:
            env = variable(delivery.name, field.key)
            if field.secret:
                hint = f"set {env}, or name a file that holds it with {field.key}_file"
            else:
                hint = f"write {field.key} = ... below [deliver.{delivery.name}], or set {env}"
            raise SettingsError(f"{setting} is not set", setting=setting, hint=hint)
    return Delivery(delivery.name, delivery.kind, read, delivery.origins)


def secret_in(path: Path, setting: str, origin: str) -> Secret:
    """The secret that a file holds. Raises :class:`SettingsError`."""
    try:
        return values.secret(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not a text"
    except ValueError as error:
        reason = str(error)
    raise SettingsError(f"{origin} {path}: {reason}", setting=setting, origin=origin)


def _refused(path: Path, key: str, reason: str) -> SettingsError:
    return SettingsError(f"{path}: {key}: {reason}", setting=key, origin=str(path))
