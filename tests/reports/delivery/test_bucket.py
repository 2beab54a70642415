"""A bucket: keys, contents, and signatures that a second implementation takes."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, unquote

import pytest

from tests.conftest import Answer, Asked, ScriptedServer
from tests.reports.delivery.support import DATA, Waits, job
from toolkit.errors import DeliveryError, SettingsError
from toolkit.reports.delivery.bucket import BUCKET
from toolkit.reports.delivery.parcel import Parcel
from toolkit.settings import Secret

KEYS = {"access_key": Secret("AKIDEXAMPLE"), "secret_key": Secret("wJalrXUtnFEMI/K7MDENG")}
REFUSED = b"<Error><Code>SignatureDoesNotMatch</Code></Error>"


class Bucket:
    """Keeps what is put into it, if the signature is right.

    Checks as AWS describes Signature Version 4 for S3 ("Authenticating Requests: Using the
    Authorization Header"), written after that page.
    """

    def __init__(self, secret: str, region: str) -> None:
        self.secret, self.region = secret, region
        self.objects: dict[str, bytes] = {}
        self.types: dict[str, str] = {}

    def __call__(self, asked: Asked) -> Answer:
        if asked.method != "PUT" or asked.headers["authorization"] != self.expected(asked):
            return Answer(403, REFUSED)
        self.objects[unquote(asked.path)] = asked.body
        self.types[unquote(asked.path)] = asked.headers["content-type"]
        return Answer(200, b"")

    def expected(self, asked: Asked) -> str:
        given = asked.headers["authorization"]
        credential = given.split("Credential=")[1].split(",")[0]
        signed = given.split("SignedHeaders=")[1].split(",")[0].split(";")
        assert {"host", "x-amz-date", "x-amz-content-sha256"} <= set(signed)
        moment = asked.headers["x-amz-date"]
        payload = hashlib.sha256(asked.body).hexdigest()
        assert asked.headers["x-amz-content-sha256"] == payload
        canonical = "\n".join(
            [
                asked.method,
                quote(unquote(asked.path), safe="/-_.~"),
                "",
                *(f"{name}:{' '.join(asked.headers[name].split())}" for name in sorted(signed)),
                "",
                ";".join(sorted(signed)),
                payload,
            ]
        )
        scope = f"{moment[:8]}/{self.region}/s3/aws4_request"
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        to_sign = f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{digest}"
        key = f"AWS4{self.secret}".encode()
        for part in scope.split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        signature = hmac.new(key, to_sign.encode(), "sha256").hexdigest()
        return (
            f"AWS4-HMAC-SHA256 Credential={credential.split('/')[0]}/{scope}, "
            f"SignedHeaders={';'.join(signed)}, Signature={signature}"
        ).replace(", ", ", " if ", " in given else ",")


@pytest.fixture
def bucket(scripted_server: ScriptedServer) -> Bucket:
    made = Bucket("wJalrXUtnFEMI/K7MDENG", "eu-central-1")
    scripted_server.answer = made
    return made


def values(server: ScriptedServer, **more: object) -> dict[str, object]:
    place = {"endpoint": server.url, "bucket": "reports", "region": "eu-central-1"}
    return {**place, **KEYS, **more}


def test_every_file_lies_under_the_period(
    parcel: Parcel, scripted_server: ScriptedServer, bucket: Bucket
) -> None:
    made = job(parcel, "s3", values(scripted_server, prefix="falco/prod é+/"))
    BUCKET.send(made)
    top = "/reports/falco/prod é+/2026-W46/"
    assert set(bucket.objects) == {f"{top}report.{kind}" for kind in ("html", "md", "json")}
    assert list(bucket.objects)[-1] == f"{top}report.json"
    for name, path in parcel.files.items():
        assert bucket.objects[top + name] == path.read_bytes()
    assert bucket.types[f"{top}report.html"] == "text/html; charset=utf-8"
    BUCKET.send(made)
    assert len(bucket.objects) == 3


def test_names_below_folders_are_keys(
    tmp_path: Path, scripted_server: ScriptedServer, bucket: Bucket, parcel: Parcel
) -> None:
    (tmp_path / "rules.csv").write_text("a,b\n")
    files = {"tables/rules.csv": tmp_path / "rules.csv"}
    BUCKET.send(job(replace(parcel, files=files), "s3", values(scripted_server)))
    assert list(bucket.objects) == ["/reports/2026-W46/tables/rules.csv"]


def test_a_wrong_key_is_refused_and_said(
    parcel: Parcel, scripted_server: ScriptedServer, bucket: Bucket
) -> None:
    wrong = values(scripted_server, secret_key=Secret("other"))
    with pytest.raises(DeliveryError, match=r"dest answered 403: .*SignatureDoesNotMatch"):
        BUCKET.send(job(parcel, "s3", wrong))
    assert bucket.objects == {}
    assert len(scripted_server.asked) == 1


def test_a_repeated_put_is_signed_anew(
    parcel: Parcel, scripted_server: ScriptedServer, bucket: Bucket
) -> None:
    answers = iter([Answer(503), Answer(hang_up=True)])
    scripted_server.answer = lambda asked: next(answers, None) or bucket(asked)
    waits = Waits()
    BUCKET.send(job(parcel, "s3", values(scripted_server), waits=waits))
    assert len(bucket.objects) == 3
    assert len(scripted_server.asked) == 5
    assert len(waits) == 2


def test_amazons_own_variables_are_read(
    parcel: Parcel,
    scripted_server: ScriptedServer,
    bucket: Bucket,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    place = {"endpoint": scripted_server.url, "bucket": "reports", "region": "eu-central-1"}
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY", raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    with pytest.raises(SettingsError, match=r"deliver\.dest\.secret_key is not set") as caught:
        BUCKET.send(job(parcel, "s3", place))
    assert caught.value.hint == ("set AWS_SECRET_ACCESS_KEY or TOOLKIT_DELIVER_DEST_SECRET_KEY")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "s3ssion")
    BUCKET.send(job(parcel, "s3", place))
    assert len(bucket.objects) == 3
    assert {asked.headers["x-amz-security-token"] for asked in scripted_server.asked} == {"s3ssion"}


def test_without_an_endpoint_it_is_amazons() -> None:
    made = job(Parcel(DATA, None), "s3", {"bucket": "b", "region": "eu-west-1"})  # type: ignore[arg-type]
    assert BUCKET.where(made) == "https://s3.eu-west-1.amazonaws.com/b"
