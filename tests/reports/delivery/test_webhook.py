"""A receiver of one's own: report.json, signed, and known again when it comes twice."""

from __future__ import annotations

import base64
import json
import time
from dataclasses import replace

import jsonschema
import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from tests.conftest import Answer, ScriptedServer
from tests.reports.delivery.support import NOW, job
from toolkit.errors import DeliveryError, SettingsError
from toolkit.reports.delivery.parcel import Parcel
from toolkit.reports.delivery.webhook import WEBHOOK
from toolkit.reports.to_json import schema
from toolkit.settings import Secret

KEY = base64.b64encode(bytes(range(32))).decode()


@pytest.mark.parametrize("secret", [KEY, f"whsec_{KEY}"])
def test_the_signature_is_what_standard_webhooks_checks(
    parcel: Parcel, scripted_server: ScriptedServer, secret: str
) -> None:
    """Checked by the specification's own library."""
    values = {"url": f"{scripted_server.url}/in", "secret": Secret(secret)}
    WEBHOOK.send(replace(job(parcel, "webhook", values), now=time.time))
    (asked,) = scripted_server.asked
    report = Webhook(secret).verify(asked.body, dict(asked.headers))
    jsonschema.validate(report, schema())
    assert report["period"]["week"] == "2026-W46"
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(asked.body.replace(b"2026-W46", b"2026-W47"), dict(asked.headers))


def test_without_a_secret_nothing_is_signed_and_a_token_signs_in(
    parcel: Parcel, scripted_server: ScriptedServer
) -> None:
    WEBHOOK.send(job(parcel, "webhook", {"url": scripted_server.url, "token": Secret("t0k")}))
    (asked,) = scripted_server.asked
    assert asked.headers["authorization"] == "Bearer t0k"
    assert "webhook-signature" not in asked.headers
    assert json.loads(asked.body)["version"] == 1


def test_the_id_is_the_same_for_the_same_period_until_it_is_sent_again(
    parcel: Parcel, scripted_server: ScriptedServer
) -> None:
    values = {"url": scripted_server.url}
    scripted_server.answer = lambda asked: Answer(503 if len(scripted_server.asked) == 1 else 200)
    WEBHOOK.send(job(parcel, "webhook", values))
    WEBHOOK.send(job(parcel, "webhook", values))
    WEBHOOK.send(job(parcel, "webhook", values, again=True))
    ids = [asked.headers["webhook-id"] for asked in scripted_server.asked]
    assert ids[0] == ids[1] == ids[2] != ids[3]
    assert ids[3].endswith(str(NOW))


def test_a_refusal_is_said(parcel: Parcel, scripted_server: ScriptedServer) -> None:
    scripted_server.answer = lambda _: Answer(401, b"no such token")
    with pytest.raises(DeliveryError, match="dest answered 401: no such token"):
        WEBHOOK.send(job(parcel, "webhook", {"url": scripted_server.url}))
    assert len(scripted_server.asked) == 1


def test_a_secret_that_is_not_base64_is_refused_before_anything_is_sent(
    parcel: Parcel, scripted_server: ScriptedServer
) -> None:
    values = {"url": scripted_server.url, "secret": Secret("not base64!")}
    with pytest.raises(SettingsError, match=r"deliver\.dest\.secret is not base64"):
        WEBHOOK.send(job(parcel, "webhook", values))
    assert scripted_server.asked == []
