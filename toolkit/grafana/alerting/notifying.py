"""Who is told of an alert, when, and when not: contact points, policies and mute timings.

They are declared in a file ``*.notifications.py`` that sets ``notifications``. Secrets are named
there, never written: :func:`from_environment` and :func:`from_file` say where they are, and a
secret that is written out is an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from zoneinfo import ZoneInfo

from toolkit.grafana.alerting.model import MAX_UID, UID_PREFIX, slug
from toolkit.grafana.alerting.periods import days, months, times, weekdays, years
from toolkit.logql.ast import Matcher
from toolkit.logql.durations import parse_prometheus

MUTE_PREFIX = "falco-toolkit "
"""What our mute timings' names begin with in Grafana, which knows no other mark for them."""

_ENVIRONMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SECRETS = frozenset(
    {
        "access_key",
        "api_secret",
        "api_token",
        "apikey",
        "apitoken",
        "authorization_credentials",
        "basicauthpassword",
        "bot_token",
        "bottoken",
        "client_secret",
        "clientkey",
        "integrationkey",
        "password",
        "secret",
        "secret_key",
        "token",
        "userkey",
    }
)
"""Names of settings that are secrets in any kind of receiver, in lower case; Grafana's own list
(pkg/services/ngalert/notifier/channels_config/available_channels.go)."""
_OPEN_URLS = frozenset({"webhook", "kafka", "opsgenie", "sensugo", "prometheus-alertmanager"})
"""Kinds of receivers whose ``url`` is an address; that of all others lets anybody write."""


@dataclass(frozen=True, slots=True)
class SecretAt:
    """Where a secret is: in an environment variable or in a file."""

    kind: Literal["env", "file"]
    name: str

    def __str__(self) -> str:
        """As Grafana's provisioning files name it, where Grafana itself looks it up."""
        return f"$__{self.kind}{{{self.name}}}"


def from_environment(name: str) -> SecretAt:
    """The secret in the environment variable ``name``."""
    if not _ENVIRONMENT.fullmatch(name):
        raise ValueError(f"{name!r} is no name of an environment variable")
    return SecretAt("env", name)


def from_file(path: str) -> SecretAt:
    """The secret in the file at ``path``, as a Secret of Kubernetes is mounted."""
    if not path:
        raise ValueError("a secret's file has a path")
    return SecretAt("file", path)


@dataclass(frozen=True, slots=True)
class Receiver:
    """One way to tell somebody. ``kind`` and ``settings`` are Grafana's own: ``"slack"``,
    ``{"recipient": "#security", "token": from_environment("SLACK_TOKEN")}``."""

    kind: str
    settings: Mapping[str, Any]
    resolved: bool = True
    """Whether it is also told when an alert ends."""

    def __post_init__(self) -> None:
        if not self.kind or not self.settings:
            raise ValueError("a receiver has a kind and settings")
        for name in _written_out(self.kind, self.settings):
            raise ValueError(
                f"the setting {name} of {self.kind} is a secret: name it with"
                " from_environment(...) or from_file(...)"
            )


def _written_out(kind: str, settings: Mapping[str, Any]) -> Iterator[str]:
    for name, value in settings.items():
        if isinstance(value, Mapping):
            yield from _written_out(kind, value)
        elif is_secret(kind, name) and not isinstance(value, SecretAt):
            yield name


def is_secret(kind: str, name: str) -> bool:
    """Whether a setting of a kind of receiver is not for everybody."""
    low = name.lower()
    return low in _SECRETS or (low == "url" and kind.lower() not in _OPEN_URLS)


@dataclass(frozen=True, slots=True)
class ContactPoint:
    """A name, and everybody who is told under it."""

    name: str
    receivers: Sequence[Receiver]

    def __post_init__(self) -> None:
        if not self.name or not self.receivers:
            raise ValueError("a contact point has a name and receivers")

    def uid(self, place: int) -> str:
        """The uid of the receiver at ``place``."""
        end = "" if place == 0 else f"-{place + 1}"
        return (UID_PREFIX + slug(self.name))[: MAX_UID - len(end)].rstrip("-") + end


@dataclass(frozen=True, slots=True)
class Interval:
    """When: everything that is given holds at once. ``zone`` is UTC unless it is named.

    ``times`` as ``"08:00-18:00"``, ``weekdays`` as ``"monday:friday"``, ``days`` of the month as
    ``"1:5"`` or from its end as ``"-3:-1"``, ``months`` as ``"december"`` or ``"1:3"``, ``years``
    as ``"2026:2027"``.
    """

    times: Sequence[str] = ()
    weekdays: Sequence[str] = ()
    days: Sequence[str] = ()
    months: Sequence[str] = ()
    years: Sequence[str] = ()
    zone: str = ""

    def __post_init__(self) -> None:
        self.model()
        if self.zone:
            try:
                ZoneInfo(self.zone)
            except (KeyError, ValueError, OSError) as error:
                raise ValueError(f"there is no time zone {self.zone!r}") from error

    def model(self) -> dict[str, Any]:
        """As Grafana has it."""
        found: dict[str, Any] = {
            "times": [times(text) for text in self.times],
            "weekdays": [weekdays(text) for text in self.weekdays],
            "days_of_month": [days(text) for text in self.days],
            "months": [months(text) for text in self.months],
            "years": [years(text) for text in self.years],
            "location": self.zone,
        }
        return {key: value for key, value in found.items() if value}


@dataclass(frozen=True, slots=True)
class MuteTiming:
    """A name, and the times in which policies that name it tell nobody."""

    name: str
    intervals: Sequence[Interval]

    def __post_init__(self) -> None:
        if not self.name or not self.intervals:
            raise ValueError("a mute timing has a name and intervals")

    @property
    def title(self) -> str:
        """Its name in Grafana."""
        return MUTE_PREFIX + self.name


@dataclass(frozen=True, slots=True)
class Policy:
    """Which alerts go to which contact point, and those of ``routes`` to others.

    ``where`` are matchers on labels, all of which have to hold; the uppermost policy holds for the
    alerts of our folder where it names none. ``contact_point`` may be one that is only in Grafana;
    empty, it is that of the policy around it. ``mute`` names mute timings. With ``carry_on`` the
    policies after this one are looked at too.
    """

    contact_point: str = ""
    where: Sequence[Matcher] = ()
    group_by: Sequence[str] = ()
    group_wait: str = ""
    group_interval: str = ""
    repeat_interval: str = ""
    mute: Sequence[str] = ()
    carry_on: bool = False
    routes: Sequence[Policy] = ()

    def __post_init__(self) -> None:
        for text in (self.group_wait, self.group_interval, self.repeat_interval):
            if text:
                parse_prometheus(text)

    def all(self) -> Iterator[Policy]:
        """This policy and all below it."""
        yield self
        for route in self.routes:
            yield from route.all()


@dataclass(frozen=True, slots=True)
class Notifications:
    """What one file declares. ``policies`` become one part of Grafana's policy tree."""

    contact_points: Sequence[ContactPoint] = ()
    mute_timings: Sequence[MuteTiming] = ()
    policies: Sequence[Policy] = ()

    def __post_init__(self) -> None:
        uids = [one.uid(n) for one in self.contact_points for n in range(len(one.receivers))]
        _once("contact points", [one.name for one in self.contact_points])
        _once("receivers with the uid", uids)
        _once("mute timings", [one.name for one in self.mute_timings])
        muted = {one.name for one in self.mute_timings}
        for policy in self.policies:
            if not policy.contact_point:
                raise ValueError("an uppermost policy names its contact point")
            for one in policy.all():
                for name in one.mute:
                    if name not in muted:
                        raise ValueError(f"a policy names the mute timing {name!r}; there is none")

    @property
    def named(self) -> frozenset[str]:
        """The contact points that policies name and nothing here declares."""
        known = {"", *(one.name for one in self.contact_points)}
        every = (one.contact_point for policy in self.policies for one in policy.all())
        return frozenset(every) - known

    def to_json_data(self) -> Any:
        """As Grafana's provisioning files have it, secrets by name."""
        # Rendering knows the model; here the model has to know it, as grafanalib's tools ask it.
        from toolkit.grafana.alerting.routing import notification_file

        return notification_file(self)


def together(declared: Sequence[Notifications]) -> Notifications:
    """Those of several files as one."""
    return Notifications(
        tuple(one for each in declared for one in each.contact_points),
        tuple(one for each in declared for one in each.mute_timings),
        tuple(one for each in declared for one in each.policies),
    )


def _once(what: str, names: Sequence[str]) -> None:
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"there are two {what} {twice!r}")
