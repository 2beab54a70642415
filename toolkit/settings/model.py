"""What the program runs with: frozen values, each of which knows where it was read from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from toolkit.falco.labels import LabelSchema, dialects
from toolkit.settings.values import Secret

OriginKind = Literal["flag", "environment", "file", "default"]
SourceKind = Literal["http", "grafana", "events", "store", "sample"]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value was read from; ``name`` is the flag, the variable or the file and key."""

    kind: OriginKind
    name: str = ""

    def __str__(self) -> str:
        return self.name or "default"


@dataclass(frozen=True, slots=True)
class Connection:
    """How to reach a server: address, who we are, what we trust, how long we wait.

    ``timeout`` bounds one request as a whole and ``connect_timeout`` its beginning, in seconds.
    ``tenant`` is sent as ``X-Scope-OrgID`` to Loki; ``org_id`` as ``X-Grafana-Org-Id`` to Grafana.
    """

    url: str | None = None
    username: str | None = None
    password: Secret | None = None
    token: Secret | None = None
    tenant: str | None = None
    org_id: int | None = None
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    verify: bool = True
    proxy: str | None = None
    connect_timeout: float = 5.0
    timeout: float = 90.0
    retries: int = 3


@dataclass(frozen=True, slots=True)
class Delivery:
    """One destination for reports; ``values`` and ``origins`` by the keys of its table.

    What there is for each kind stands in :data:`toolkit.settings.deliver.DELIVER_FIELDS`.
    """

    name: str
    kind: str
    values: Mapping[str, Any] = field(default_factory=dict)
    origins: Mapping[str, Origin] = field(default_factory=dict, compare=False, repr=False)

    def get(self, key: str, default: Any = None) -> Any:
        """The value of ``key``, or ``default`` where it was not set."""
        return self.values.get(key, default)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a command may be told. Made by :func:`toolkit.settings.load`.

    ``source`` is the kind of source that was chosen; ``events``, ``store`` and the two connections
    hold what each kind needs. ``dialect`` and the four after it say how the events were labelled on
    their way to Loki; :meth:`labels` makes one schema of them. ``deliveries`` are the destinations
    for reports by name; :func:`toolkit.settings.deliver.choose` reads their secrets.
    ``given`` maps a setting's key, such as ``loki.url``, to the value that was set, ``origins`` to
    where it was read from.
    """

    source: SourceKind = "sample"
    loki: Connection = Connection()
    grafana: Connection = Connection()
    datasource_uid: str | None = None
    datasource_url: str | None = None
    events: tuple[str, ...] = ()
    strict: bool = False
    rejects: Path | None = None
    store: Path | None = None
    dialect: str | None = None
    custom_fields: tuple[tuple[str, str], ...] | None = None
    extra_labels: tuple[str, ...] | None = None
    stream_labels: tuple[tuple[str, str], ...] | None = None
    node_label: str | None = None
    accepted: Path | None = None
    node_names: Path | None = None
    sections: Path | None = None
    timezone: str = "UTC"
    cache: Path | None = None
    deliveries: Mapping[str, Delivery] = field(default_factory=dict)
    given: Mapping[str, object] = field(default_factory=dict, compare=False, repr=False)
    origins: Mapping[str, Origin] = field(default_factory=dict, compare=False, repr=False)

    def labels(self, default: LabelSchema) -> LabelSchema:
        """The label dialect: the one that is named, else ``default``, with what else was set.

        Raises SettingsError for label names that Loki refuses.
        """
        schema = default if self.dialect is None else dialects()[self.dialect]
        more: dict[str, Any] = {
            "custom_fields": self.custom_fields,
            "extra_labels": self.extra_labels,
            "stream_labels": self.stream_labels,
            "node_label": self.node_label,
        }
        return replace(schema, **{name: one for name, one in more.items() if one is not None})

    def origin(self, key: str) -> Origin:
        """Where the value of ``key`` was read from."""
        return self.origins.get(key, Origin("default"))
