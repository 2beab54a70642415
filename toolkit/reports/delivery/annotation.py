"""A Grafana annotation over the period, so that dashboards show which report speaks of it.

Found again by its tags, and changed in place: there is never a second one. The calls are those of
Grafana's annotations API, the same from 7.5 to 13. Grafana shows an annotation's text as HTML.
"""

from __future__ import annotations

import html
import json
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from toolkit.errors import DeliveryError, SettingsError
from toolkit.http import HttpClient
from toolkit.reports.delivery.channel import Channel, Job, accepted
from toolkit.reports.delivery.text import clipped

_MILLISECOND = 10**6
_TEXT = 2000
_TAG = 100
"""Grafana's column for a tag holds this many characters (grafana/grafana ``tag`` table)."""


def annotation(job: Job) -> dict[str, Any]:
    """What Grafana is sent. Its times are milliseconds since the epoch."""
    period = job.parcel.data.period
    text = html.escape(clipped(job.parcel.subject, _TEXT))
    if job.link:
        text += f'\n<a href="{html.escape(job.link)}">Open the report</a>'
    made: dict[str, Any] = {
        "time": period.start // _MILLISECOND,
        # The last millisecond of the period: the next one's annotation begins after it.
        "timeEnd": period.end // _MILLISECOND - 1,
        "tags": [*identity(job), *job.delivery.get("tags", ())],
        "text": text,
    }
    if uid := job.delivery.get("dashboard_uid"):
        made["dashboardUID"] = uid
    return made


def identity(job: Job) -> list[str]:
    """The tags by which the annotation is found again."""
    period = job.parcel.data.period
    own = f"falco-report:{job.delivery.name}:{period.kind}:{period.name}:{period.timezone}"
    return ["falco-report", own[:_TAG]]


def _send(job: Job) -> list[str]:
    wanted = annotation(job)
    with HttpClient(_connection(job), name="Grafana", sleep=job.sleep) as http:
        for found in _found(job, http):
            same = all(found.get(key) == wanted[key] for key in ("time", "timeEnd", "text"))
            if not same or sorted(found.get("tags") or []) != sorted(wanted["tags"]):
                path = f"/api/annotations/{int(found['id'])}"
                # The same change twice is one change.
                accepted(job, http.request("PUT", path, json=wanted, idempotent=True))
            return []
        accepted(job, http.request("POST", "/api/annotations", json=wanted))
    return []


def _found(job: Job, http: HttpClient) -> list[dict[str, Any]]:
    query = [("type", "annotation"), ("limit", "10"), *(("tags", tag) for tag in identity(job))]
    answer = accepted(job, http.get(f"/api/annotations?{urlencode(query)}"))
    try:
        found = json.loads(answer.body)
        return [one for one in found if set(identity(job)) <= set(one["tags"])]
    except (ValueError, TypeError, KeyError):
        raise DeliveryError(
            "Grafana answered with something that is no list of annotations",
            hint="is this Grafana's address, and is a login page in front of it?",
        ) from None


def _connection(job: Job) -> Any:
    if job.grafana.url is None:
        raise SettingsError(
            f"deliver.{job.delivery.name} needs the address of Grafana",
            setting="grafana.url",
            hint="set GRAFANA_URL, and GRAFANA_TOKEN of a service account with the role Editor",
        )
    return replace(job.grafana, timeout=min(job.grafana.timeout, 30.0))


def _show(job: Job) -> str:
    return json.dumps(annotation(job), indent=2, ensure_ascii=False)


GRAFANA = Channel(lambda job: f"{job.grafana.url or 'a Grafana without address'}", _show, _send)
