"""What every kind of destination is: where it is, what it would be sent, and how it is sent."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from toolkit.errors import DeliveryError, SettingsError
from toolkit.http import HttpClient, Response
from toolkit.reports.delivery.parcel import Parcel
from toolkit.settings import Connection, Delivery, Secret

_TIMEOUT = 30.0
_RETRIES = 3


@dataclass(frozen=True, slots=True)
class Job:
    """One parcel for one destination. ``again`` where somebody asked for a second time.

    ``now`` is in seconds since the epoch; ``sleep`` waits between tries.
    """

    delivery: Delivery
    parcel: Parcel
    grafana: Connection = field(default_factory=Connection)
    again: bool = False
    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep

    @property
    def retries(self) -> int:
        """How often a try may be repeated."""
        return int(self.delivery.get("retries", _RETRIES))

    @property
    def timeout(self) -> float:
        """Seconds that one try may take."""
        return float(self.delivery.get("timeout", _TIMEOUT))

    @property
    def link(self) -> str | None:
        """Where the report can be read, if the destination was told."""
        return self.parcel.link(self.delivery.get("link"))


@dataclass(frozen=True, slots=True)
class Channel:
    """A kind of destination.

    ``where`` says its address without a secret, ``show`` what would be sent. ``send`` sends it and
    returns what a person should know of it nevertheless, such as a recipient who was refused; it
    raises a :class:`toolkit.errors.ToolkitError` where nothing was delivered.
    """

    where: Callable[[Job], str]
    show: Callable[[Job], str]
    send: Callable[[Job], Sequence[str]]


def secret_address(job: Job) -> tuple[str, str]:
    """Server and path of a webhook whose whole address is a secret. Raises SettingsError."""
    url: Secret = job.delivery.get("url")
    parts = urlsplit(url.reveal())
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
        setting = f"deliver.{job.delivery.name}.url"
        raise SettingsError(f"{setting}: expected an address like https://...", setting=setting)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    return f"{parts.scheme}://{parts.netloc}", path


def client(job: Job, url: str, *, token: Secret | None = None) -> HttpClient:
    """The one HTTP client, for this destination."""
    connection = Connection(
        url=url,
        token=token,
        ca=job.delivery.get("ca"),
        timeout=job.timeout,
        retries=job.retries,
    )
    return HttpClient(connection, name=job.delivery.name, sleep=job.sleep)


def accepted(job: Job, answer: Response) -> Response:
    """The answer if it is of the 200s. Raises :class:`DeliveryError` with what the server said."""
    if answer.ok:
        return answer
    said = " ".join(answer.text.split())[:300]
    raise DeliveryError(
        f"{job.delivery.name} answered {answer.status}" + (f": {said}" if said else "")
    )


def post_to_chat(job: Job, message: object) -> None:
    """Posts to a webhook whose address is a secret.

    A chat shows what it gets, so a message is sent again only if it cannot have arrived.
    """
    url, path = secret_address(job)
    with client(job, url) as http:
        accepted(job, http.request("POST", path, json=message))


def chat_address(job: Job) -> str:
    """The server of a secret address: all of it that may be shown."""
    return f"{secret_address(job)[0]}/********"
