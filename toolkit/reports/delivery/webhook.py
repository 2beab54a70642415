"""``report.json`` for a receiver of one's own, signed after the specification Standard Webhooks.

``webhook-id`` is the same for the same period, so a receiver knows a repetition; with it come
``webhook-timestamp`` and, if a secret is set, ``webhook-signature``:
``v1,base64(HMAC-SHA256(secret, id.timestamp.body))`` (standard-webhooks/standard-webhooks
``spec/standard-webhooks.md``). Libraries in most languages check it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

from toolkit.errors import SettingsError
from toolkit.reports.delivery.channel import Channel, Job, accepted, client
from toolkit.reports.stored import whole_json
from toolkit.reports.to_json import render_json
from toolkit.settings import Secret

_PREFIX = "whsec_"


def body(job: Job) -> bytes:
    """The JSON as bytes."""
    return render_json(whole_json(job.parcel.data, job.parcel.document)).encode()


def headers(job: Job, content: bytes) -> dict[str, str]:
    """What goes with it. Raises :class:`SettingsError` for a secret that is not base64."""
    name = hashlib.sha256(f"{job.parcel.key}/{job.delivery.name}".encode()).hexdigest()[:32]
    moment = str(int(job.now()))
    identity = f"report_{name}" + (f"_{moment}" if job.again else "")
    made = {
        "Content-Type": "application/json",
        "webhook-id": identity,
        "webhook-timestamp": moment,
    }
    secret: Secret | None = job.delivery.get("secret")
    if secret is not None:
        signed = b".".join((identity.encode(), moment.encode(), content))
        digest = hmac.digest(_key(job, secret), signed, "sha256")
        made["webhook-signature"] = f"v1,{base64.b64encode(digest).decode()}"
    return made


def _key(job: Job, secret: Secret) -> bytes:
    try:
        return base64.b64decode(secret.reveal().removeprefix(_PREFIX), validate=True)
    except binascii.Error:
        setting = f"deliver.{job.delivery.name}.secret"
        raise SettingsError(
            f"{setting} is not base64",
            setting=setting,
            hint="make one with: openssl rand -base64 32",
        ) from None


def _show(job: Job) -> str:
    content = body(job)
    lines = [f"{name}: {value}" for name, value in headers(job, content).items()]
    return "\n".join([*lines, f"report.json, {len(content)} bytes"])


def _send(job: Job) -> list[str]:
    content = body(job)
    extra = headers(job, content)
    with client(job, job.delivery.get("url"), token=job.delivery.get("token")) as http:
        # The id makes a repetition harmless.
        accepted(job, http.request("POST", "", data=content, headers=extra, idempotent=True))
    return []


WEBHOOK = Channel(lambda job: str(job.delivery.get("url")), _show, _send)
