"""Slack, Mattermost and Teams: what they are sent, how much, and how often."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.conftest import Answer, ScriptedServer
from tests.reports.delivery.support import CLEAN, Waits, hook, job
from toolkit.errors import DeliveryError, SettingsError, SourceUnavailable
from toolkit.reports.content import Section
from toolkit.reports.delivery import mattermost, slack, teams
from toolkit.reports.delivery.channel import Channel
from toolkit.reports.delivery.parcel import Parcel
from toolkit.settings import Secret

CHATS = {"slack": slack.SLACK, "mattermost": mattermost.MATTERMOST, "teams": teams.TEAMS}
CHAT = pytest.mark.parametrize(("kind", "channel"), CHATS.items())
LINK = "https://r.example.org/{period}/"


def strings(value: Any) -> list[str]:
    """Every text in a JSON document."""
    if isinstance(value, dict):
        return [text for one in value.values() for text in strings(one)]
    if isinstance(value, list):
        return [text for one in value for text in strings(one)]
    return [value] if isinstance(value, str) else []


def long(of: Parcel, sentences: int, length: int) -> Parcel:
    section = Section("summary", "?", ["x" * length for _ in range(sentences)])
    said = {"title": "T" * 500, "subtitle": "S" * 5000, "banner": ["b" * length]}
    return replace(of, document=replace(of.document, **said, sections=[section]))


@CHAT
def test_a_message_goes_to_the_secret_address(
    kind: str, channel: Channel, parcel: Parcel, scripted_server: ScriptedServer
) -> None:
    made = job(parcel, kind, {**hook(scripted_server.url), "link": LINK})
    assert channel.send(made) == []
    (asked,) = scripted_server.asked
    assert (asked.method, asked.path) == ("POST", "/services/T0/B0/s3cret")
    assert asked.headers["content-type"] == "application/json"
    sent = json.loads(asked.body)
    assert "https://r.example.org/2026-W46/" in strings(sent)
    assert any("Falco, 2026-W46" in text for text in strings(sent))
    assert "s3cret" not in channel.where(made)
    assert json.loads(channel.show(made)) == sent


def test_slack_reads_all_text_as_plain_text(parcel: Parcel) -> None:
    sent = slack.message(job(parcel, "slack", hook("https://s")))
    assert any(CLEAN in text for block in sent["blocks"] for text in strings(block))
    texts = [block["text"] for block in sent["blocks"] if "text" in block]
    texts += [one for block in sent["blocks"] for one in block.get("elements", [])]
    assert {one["type"] for one in texts} == {"plain_text"}
    assert sent["mrkdwn"] is False
    assert "<" not in sent["text"]


def test_mattermost_reads_no_markup_in_a_name(parcel: Parcel) -> None:
    sent = mattermost.message(job(parcel, "mattermost", hook("https://s")))
    text = sent["attachments"][0]["text"]
    assert "\\<\\!channel\\>" in text
    assert "](http" not in text
    assert "@all" not in text
    assert "://" not in text
    assert "channel" not in sent
    other = job(parcel, "mattermost", {**hook("https://s"), "channel": "town-square"})
    assert mattermost.message(other)["channel"] == "town-square"


def test_teams_reads_all_text_as_runs_without_markdown(parcel: Parcel) -> None:
    sent = teams.message(job(parcel, "teams", hook("https://s")))
    (attachment,) = sent["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    card = attachment["content"]
    assert {block["type"] for block in card["body"]} == {"RichTextBlock"}
    assert any(CLEAN in text for text in strings(card["body"]))


@pytest.mark.parametrize(("sentences", "length"), [(1, 10), (60, 100), (60, 4000), (500, 3500)])
def test_a_long_report_stays_within_the_limits_of_each_chat(
    parcel: Parcel, sentences: int, length: int
) -> None:
    """Limits: Slack's reference of Block Kit, mattermost ``model/post.go``, Teams' webhooks."""
    of = long(parcel, sentences, length)
    made = slack.message(job(of, "slack", {**hook("https://s"), "link": LINK}))
    assert len(made["blocks"]) <= 50
    assert len(made["blocks"][0]["text"]["text"]) <= 150
    sections = [block for block in made["blocks"] if block["type"] == "section"]
    assert all(len(block["text"]["text"]) <= 3000 for block in sections)
    post = mattermost.message(job(of, "mattermost", hook("https://s")))
    assert len(json.dumps(post)) <= 16383
    card = teams.message(job(of, "teams", hook("https://s")))
    assert len(json.dumps(json.dumps(card))) <= 28 * 1024, "the card counts as a text in JSON"
    assert len(json.dumps(card)) > 15_000 or sentences * length < 10_000
    if sentences > 100:
        assert any("more in the report" in text for text in strings(made))
        assert any("more in the report" in text for text in strings(post))
        assert any("more in the report" in text for text in strings(card))


@CHAT
def test_an_incomplete_report_says_so(kind: str, channel: Channel, parcel: Parcel) -> None:
    of = replace(parcel, document=replace(parcel.document, banner=["Loki was cut short"]))
    assert "Loki was cut short" in channel.show(job(of, kind, hook("https://s")))


@CHAT
def test_a_full_chat_is_asked_again_when_it_says(
    kind: str, channel: Channel, parcel: Parcel, scripted_server: ScriptedServer
) -> None:
    answers = [Answer(429, headers={"Retry-After": "7"}), Answer(200, b"ok")]
    scripted_server.answer = lambda _: answers.pop(0)
    waits = Waits()
    channel.send(job(parcel, kind, hook(scripted_server.url), waits=waits))
    assert waits == [7.0]
    assert len(scripted_server.asked) == 2


@CHAT
def test_what_may_have_been_shown_is_not_sent_again(
    kind: str, channel: Channel, parcel: Parcel, scripted_server: ScriptedServer
) -> None:
    scripted_server.answer = lambda _: Answer(502, b"bad gateway")
    with pytest.raises(DeliveryError, match="dest answered 502: bad gateway") as caught:
        channel.send(job(parcel, kind, hook(scripted_server.url)))
    assert caught.value.exit_code == 3
    scripted_server.answer = lambda _: Answer(hang_up=True)
    with pytest.raises(SourceUnavailable):
        channel.send(job(parcel, kind, hook(scripted_server.url)))
    assert len(scripted_server.asked) == 2


def test_tries_are_bounded(parcel: Parcel, scripted_server: ScriptedServer) -> None:
    scripted_server.answer = lambda _: Answer(429)
    with pytest.raises(DeliveryError, match="429"):
        slack.SLACK.send(job(parcel, "slack", {**hook(scripted_server.url), "retries": 2}))
    assert len(scripted_server.asked) == 3


def test_an_address_that_is_none_is_not_shown(parcel: Parcel) -> None:
    with pytest.raises(SettingsError) as caught:
        slack.SLACK.send(job(parcel, "slack", {"url": Secret("hooks.slack.com/s3cret")}))
    assert "s3cret" not in caught.value.message
