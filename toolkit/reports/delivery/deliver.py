"""A report brought to each destination that was chosen; one that fails does not stop the others."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from toolkit.errors import ToolkitError
from toolkit.reports.delivery.annotation import GRAFANA
from toolkit.reports.delivery.bucket import BUCKET
from toolkit.reports.delivery.channel import Channel, Job
from toolkit.reports.delivery.folder import FOLDER
from toolkit.reports.delivery.ledger import Ledger
from toolkit.reports.delivery.mail import EMAIL
from toolkit.reports.delivery.mattermost import MATTERMOST
from toolkit.reports.delivery.parcel import Parcel
from toolkit.reports.delivery.slack import SLACK
from toolkit.reports.delivery.teams import TEAMS
from toolkit.reports.delivery.webhook import WEBHOOK
from toolkit.settings import Connection, Delivery, Secret

CHANNELS: Mapping[str, Channel] = {
    "email": EMAIL,
    "slack": SLACK,
    "mattermost": MATTERMOST,
    "teams": TEAMS,
    "webhook": WEBHOOK,
    "s3": BUCKET,
    "folder": FOLDER,
    "grafana": GRAFANA,
}
"""Who brings a report to each kind of destination (:data:`toolkit.settings.DELIVER_KINDS`)."""

_MASK = "********"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one destination. ``notes`` are for a person; ``text`` holds no secret.

    ``partly`` is delivered, though not to everybody who should have it.
    """

    name: str
    state: Literal["delivered", "partly", "already", "failed"]
    text: str
    notes: Sequence[str] = ()
    hint: str | None = None

    @property
    def failed(self) -> bool:
        """Whether somebody has not got the report."""
        return self.state in ("failed", "partly")


def deliver(
    chosen: Sequence[Delivery],
    parcel: Parcel,
    ledger: Ledger,
    *,
    grafana: Connection | None = None,
    again: bool = False,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Outcome]:
    """Brings the parcel to each destination that has not got it yet, in the order given.

    ``again`` sends it to those that have, too. What happened is in the ledger before the next
    destination is tried. Raises ``OSError`` where the ledger cannot be written.
    """
    for delivery in chosen:
        before = ledger.delivered(parcel.key, delivery.name)
        if before is not None and not again:
            yield Outcome(delivery.name, "already", _already(before, parcel))
            continue
        job = Job(delivery, parcel, grafana or Connection(), again=before is not None, sleep=sleep)
        outcome = _masked(_tried(job), job)
        ledger.record(
            parcel.key,
            delivery.name,
            "owed" if outcome.state == "failed" else "delivered",
            _now(),
            outcome.text,
            complete=parcel.data.complete,
        )
        yield outcome


def owe(chosen: Sequence[Delivery], key: str, ledger: Ledger) -> None:
    """Notes that each destination is to get a period, before anything of it is there."""
    ledger.owe(key, [delivery.name for delivery in chosen], _now())


def preview(
    chosen: Sequence[Delivery], parcel: Parcel, *, grafana: Connection | None = None
) -> Iterator[str]:
    """What :func:`deliver` would send where, a text for each destination. Nothing is sent.

    Raises :class:`toolkit.errors.SettingsError` for what could not be sent for want of a setting.
    """
    for delivery in chosen:
        job = Job(delivery, parcel, grafana or Connection())
        channel = CHANNELS[delivery.kind]
        head = f"{delivery.name} ({delivery.kind}) to {channel.where(job)}:"
        yield _without_secrets(f"{head}\n{channel.show(job)}", job)


def _tried(job: Job) -> Outcome:
    channel, name = CHANNELS[job.delivery.kind], job.delivery.name
    try:
        where = channel.where(job)
        notes = channel.send(job)
    except ToolkitError as error:
        hint = error.hint
        if hint and hint.startswith(f"--{name.lower()}-ca"):
            # The client speaks of the flags that Loki and Grafana have.
            hint = f"ca = FILE below [deliver.{name}] names a certificate authority to trust"
        return Outcome(name, "failed", error.message, hint=hint)
    except Exception as error:  # a defect in one channel keeps no report from the others
        return Outcome(name, "failed", f"{type(error).__name__}: {error}")
    return Outcome(name, "partly" if notes else "delivered", where, notes)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _already(entry: Mapping[str, object], parcel: Parcel) -> str:
    text = f"has it since {entry['at']}; --again sends it once more"
    if parcel.data.complete and not entry["complete"]:
        text = f"has it since {entry['at']}, incomplete; it is whole now: --again sends it"
    return text


def _masked(outcome: Outcome, job: Job) -> Outcome:
    return replace(
        outcome,
        text=_without_secrets(outcome.text, job),
        notes=[_without_secrets(note, job) for note in outcome.notes],
        hint=outcome.hint and _without_secrets(outcome.hint, job),
    )


def _without_secrets(text: str, job: Job) -> str:
    """No error of a library and no answer of a server brings a secret to light."""
    given = [*job.delivery.values.values(), job.grafana.token, job.grafana.password]
    for one in given:
        if isinstance(one, Secret):
            value = one.reveal()
            text = text.replace(value, _MASK)
            # The path of a webhook's address is what makes it secret.
            _, slashes, rest = value.partition("://")
            path = rest.partition("/")[2] if slashes else ""
            if path:
                text = text.replace(path, _MASK)
    return text
