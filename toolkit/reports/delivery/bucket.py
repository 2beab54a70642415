"""A report's files in a bucket that speaks S3, each under ``PREFIX/PERIOD/name``.

A key holds one object, so the same period twice leaves one. Requests go through the one HTTP
client; ``requests-aws4auth`` signs them (Signature Version 4).
"""

from __future__ import annotations

import os
from urllib.parse import quote

from requests_aws4auth import AWS4Auth

from toolkit.errors import SettingsError
from toolkit.http import HttpClient
from toolkit.reports.delivery.channel import Channel, Job, accepted
from toolkit.settings import Connection, Secret, variable

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".md": "text/markdown; charset=utf-8",
    ".json": "application/json",
    ".csv": "text/csv; charset=utf-8",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".zip": "application/zip",
}
_REGION = "us-east-1"
_AMAZON = {
    "access_key": "AWS_ACCESS_KEY_ID",
    "secret_key": "AWS_SECRET_ACCESS_KEY",
    "session_token": "AWS_SESSION_TOKEN",
}


def key(job: Job, name: str) -> str:
    """The key of one file."""
    return f"{job.delivery.get('prefix', '')}{job.parcel.data.period.name}/{name}"


def address(job: Job) -> str:
    """The bucket's address: below the service's own, as every implementation takes it."""
    region = job.delivery.get("region", _REGION)
    endpoint = job.delivery.get("endpoint") or f"https://s3.{region}.amazonaws.com"
    return f"{endpoint}/{quote(job.delivery.get('bucket'), safe='')}"


def _credential(job: Job, name: str) -> str | None:
    given: Secret | None = job.delivery.get(name)
    return given.reveal() if given is not None else os.environ.get(_AMAZON[name]) or None


def _signer(job: Job) -> AWS4Auth:
    parts = [_credential(job, name) for name in ("access_key", "secret_key")]
    if None in parts:
        missing = "access_key" if parts[0] is None else "secret_key"
        setting = f"deliver.{job.delivery.name}.{missing}"
        raise SettingsError(
            f"{setting} is not set",
            setting=setting,
            hint=f"set {_AMAZON[missing]} or {variable(job.delivery.name, missing)}",
        )
    region = job.delivery.get("region", _REGION)
    return AWS4Auth(*parts, region, "s3", session_token=_credential(job, "session_token"))


def _send(job: Job) -> list[str]:
    connection = Connection(
        url=address(job), ca=job.delivery.get("ca"), timeout=job.timeout, retries=job.retries
    )
    files = sorted(job.parcel.files.items(), key=lambda pair: pair[0] == "report.json")
    with HttpClient(connection, name=job.delivery.name, sleep=job.sleep, sign=_signer(job)) as http:
        # report.json comes last: who waits for it finds the rest there.
        for name, path in files:
            suffix = path.suffix.lower()
            accepted(
                job,
                http.request(
                    "PUT",
                    "/" + quote(key(job, name)),
                    data=path.read_bytes(),
                    headers={"Content-Type": _TYPES.get(suffix, "application/octet-stream")},
                    idempotent=True,
                ),
            )
    return []


def _show(job: Job) -> str:
    return "\n".join(
        f"{key(job, name)}, {path.stat().st_size} bytes" for name, path in job.parcel.files.items()
    )


BUCKET = Channel(address, _show, _send)
