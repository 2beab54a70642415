"""Settings: frozen values from flags, the environment, ``toolkit.toml`` and defaults.

:func:`load` makes them, :data:`FIELDS` lists them, :func:`shipped` finds the definitions that come
with the project. Secrets are :class:`Secret` values, which print as asterisks.
"""

from __future__ import annotations

from toolkit.settings.deliver import (
    DELIVER_FIELDS,
    DELIVER_KINDS,
    DeliverField,
    choose,
    fields_of,
    named,
    variable,
)
from toolkit.settings.load import CONFIG_NAME, load
from toolkit.settings.model import Connection, Delivery, Origin, OriginKind, Settings, SourceKind
from toolkit.settings.shipped import shipped
from toolkit.settings.table import BY_KEY, FIELDS, Field
from toolkit.settings.values import Secret

__all__ = [
    "BY_KEY",
    "CONFIG_NAME",
    "DELIVER_FIELDS",
    "DELIVER_KINDS",
    "FIELDS",
    "Connection",
    "DeliverField",
    "Delivery",
    "Field",
    "Origin",
    "OriginKind",
    "Secret",
    "Settings",
    "SourceKind",
    "choose",
    "fields_of",
    "load",
    "named",
    "shipped",
    "variable",
]
