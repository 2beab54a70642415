"""One destination after the other: who has it already, who failed, and what is never shown."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import Answer, ScriptedServer
from tests.reports.delivery.support import Waits
from toolkit.errors import DeliveryError
from toolkit.reports.delivery.deliver import CHANNELS, Outcome, deliver, owe, preview
from toolkit.reports.delivery.ledger import Ledger
from toolkit.reports.delivery.parcel import Parcel
from toolkit.settings import DELIVER_KINDS, Delivery, Secret

KEY = "week/2026-W46/UTC"


def slack(url: str, name: str = "chat") -> Delivery:
    return Delivery(name, "slack", {"url": Secret(f"{url}/services/T0/B0/s3cret")})


def folder(path: Path, name: str = "share") -> Delivery:
    return Delivery(name, "folder", {"path": path})


def run(
    chosen: Sequence[Delivery], parcel: Parcel, top: Path, *, again: bool = False
) -> list[Outcome]:
    """A run of its own, with the ledger that the last one left."""
    return list(deliver(chosen, parcel, Ledger(top), again=again, sleep=Waits()))


def test_every_kind_of_destination_has_its_channel() -> None:
    assert set(CHANNELS) == set(DELIVER_KINDS)


def test_a_second_run_sends_nothing_unless_it_is_asked_to(
    parcel: Parcel, tmp_path: Path, scripted_server: ScriptedServer
) -> None:
    chosen = [slack(scripted_server.url)]
    states = [run(chosen, parcel, tmp_path)[0].state for _ in range(2)]
    assert states == ["delivered", "already"]
    assert len(scripted_server.asked) == 1
    assert run(chosen, parcel, tmp_path, again=True)[0].state == "delivered"
    assert len(scripted_server.asked) == 2


def test_one_that_fails_stops_no_other_and_is_tried_again_next_time(
    parcel: Parcel, tmp_path: Path, scripted_server: ScriptedServer
) -> None:
    scripted_server.answer = lambda _: Answer(500, b"down")
    chosen = [slack(scripted_server.url), folder(tmp_path / "share")]
    outcomes = run(chosen, parcel, tmp_path)
    assert [(one.name, one.state) for one in outcomes] == [
        ("chat", "failed"),
        ("share", "delivered"),
    ]
    assert outcomes[0].text == "chat answered 500: down"
    assert Ledger(tmp_path).owed(KEY, "chat")
    assert not Ledger(tmp_path).owed(KEY, "share")
    scripted_server.answer = lambda _: Answer(200)
    assert [one.state for one in run(chosen, parcel, tmp_path)] == ["delivered", "already"]


def test_a_defect_in_one_stops_no_other(
    parcel: Parcel, tmp_path: Path, scripted_server: ScriptedServer
) -> None:
    """A file that is gone meanwhile, which no channel foresees."""
    gone = replace(parcel, files={"report.html": tmp_path / "gone"})
    keys = {"access_key": Secret("a"), "secret_key": Secret("b")}
    bucket = Delivery("bucket", "s3", {"bucket": "b", "endpoint": scripted_server.url, **keys})
    outcomes = run([bucket, slack(scripted_server.url)], gone, tmp_path)
    assert [one.state for one in outcomes] == ["failed", "delivered"]
    assert "No such file" in outcomes[0].text


def test_another_period_is_another_matter(
    parcel: Parcel, tmp_path: Path, scripted_server: ScriptedServer
) -> None:
    later = replace(parcel, data=replace(parcel.data, period=parcel.data.previous))
    for one in (parcel, later):
        assert run([slack(scripted_server.url)], one, tmp_path)[0].state == "delivered"


def test_the_files_lie_in_the_folder_whole(parcel: Parcel, tmp_path: Path) -> None:
    (outcome,) = run([folder(tmp_path / "share")], parcel, tmp_path)
    made = tmp_path / "share" / "2026-W46"
    assert outcome.text == str(made)
    assert {path.name: path.read_bytes() for path in made.iterdir()} == {
        name: path.read_bytes() for name, path in parcel.files.items()
    }
    (made / "report.md").write_text("old")
    run([folder(tmp_path / "share")], parcel, tmp_path, again=True)
    assert (made / "report.md").read_bytes() == parcel.files["report.md"].read_bytes()
    assert [path.name for path in (tmp_path / "share").iterdir()] == ["2026-W46"]


def test_a_folder_that_cannot_be_written_is_said(parcel: Parcel, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (outcome,) = run([folder(tmp_path / "file")], parcel, tmp_path)
    assert (outcome.state, outcome.failed) == ("failed", True)
    assert "cannot be written" in outcome.text


def test_no_secret_comes_to_light(
    parcel: Parcel, tmp_path: Path, scripted_server: ScriptedServer
) -> None:
    """Not from a redirect, whose error names the address, nor from a server that repeats it."""
    chosen = [slack(scripted_server.url)]
    for answer in (
        Answer(302, headers={"Location": "/login?from=/services/T0/B0/s3cret"}),
        Answer(404, f"no {scripted_server.url}/services/T0/B0/s3cret".encode()),
        Answer(hang_up=True),
    ):
        scripted_server.answer = lambda _, answer=answer: answer  # type: ignore[misc]
        (outcome,) = run(chosen, parcel, tmp_path)
        assert outcome.state == "failed"
        assert "s3cret" not in f"{outcome}"
    assert "s3cret" not in (tmp_path / "deliveries.json").read_text()
    assert "s3cret" not in "".join(preview(chosen, parcel))


def test_a_certificate_nobody_vouches_for_has_a_hint_that_can_be_typed(
    parcel: Parcel, tmp_path: Path, certificate: tuple[Path, Path]
) -> None:
    import ssl

    server = ScriptedServer()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    server.wrap(context)
    try:
        to = slack(server.url.replace("http:", "https:"))
        (outcome,) = run([to], parcel, tmp_path)
        assert (
            outcome.hint == "ca = FILE below [deliver.chat] names a certificate authority to trust"
        )
        trusting = replace(to, values={**to.values, "ca": certificate[0]})
        assert run([trusting], parcel, tmp_path)[0].state == "delivered"
    finally:
        server.close()


def test_what_was_incomplete_and_is_whole_now_says_so(
    parcel: Parcel, tmp_path: Path, scripted_server: ScriptedServer
) -> None:
    part = replace(parcel, data=replace(parcel.data, incomplete=["cut"]))
    run([slack(scripted_server.url)], part, tmp_path)
    (outcome,) = run([slack(scripted_server.url)], parcel, tmp_path)
    assert "it is whole now: --again sends it" in outcome.text


def test_a_run_that_is_killed_leaves_what_it_owes(parcel: Parcel, tmp_path: Path) -> None:
    chosen = [folder(tmp_path / "a", "a"), folder(tmp_path / "b", "b")]
    owe(chosen, KEY, Ledger(tmp_path))
    next(iter(deliver(chosen, parcel, Ledger(tmp_path))))  # and killed here
    left = Ledger(tmp_path)
    assert [left.owed(KEY, name) for name in ("a", "b", "c")] == [False, True, False]
    owe(chosen, KEY, left)
    assert left.delivered(KEY, "a")


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"version": 2, "deliveries": {}}', '{"version": 1, "deliveries": 3}']
)
def test_a_damaged_ledger_stops_before_anything_is_sent_twice(tmp_path: Path, text: str) -> None:
    (tmp_path / "deliveries.json").write_text(text)
    with pytest.raises(DeliveryError, match="does not say what was delivered"):
        Ledger(tmp_path)


def test_the_ledger_can_be_read_by_a_person(parcel: Parcel, tmp_path: Path) -> None:
    run([folder(tmp_path / "share")], parcel, tmp_path)
    entry = json.loads((tmp_path / "deliveries.json").read_text())["deliveries"][KEY]["share"]
    assert (entry["state"], entry["complete"]) == ("delivered", True)
    assert entry["text"].endswith("share/2026-W46")
