"""A message for Microsoft Teams: an Adaptive Card for a workflow that waits for a webhook.

Texts from the report stand in ``TextRun`` elements, which know no Markdown; a ``TextBlock`` would
make links of ``[a](b)``. A message may have 28 KB, of which Teams counts a card as a text inside of
JSON, with every quote escaped (MicrosoftDocs/msteams-docs issue 11274: 24,453 bytes were 28,897).
What does not fit is left to the report.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from toolkit.reports.delivery.channel import Channel, Job, chat_address, post_to_chat

MOST_BYTES = 28 * 1024
_RESERVE = 1024
_LONGEST = 4000


def message(job: Job) -> dict[str, Any]:
    """The message as JSON, short enough for Teams."""
    sentences = list(job.parcel.sentences)
    room = MOST_BYTES - _RESERVE - size(_card(job, [], len(sentences)))
    shown = 0
    for sentence in sentences:
        # A comma parts it from the one before.
        room -= size(_text(sentence)) + 1
        if room < 0:
            break
        shown += 1
    return _card(job, sentences[:shown], len(sentences) - shown)


def size(part: object) -> int:
    """Bytes that Teams counts for a part of a message, at most: JSON inside of JSON, in ASCII."""
    return len(json.dumps(json.dumps(part, separators=(",", ":"))))


def _card(job: Job, sentences: Sequence[str], left: int) -> dict[str, Any]:
    document = job.parcel.document
    body = [
        _text(document.title, size="large", weight="bolder"),
        _text(document.subtitle, isSubtle=True),
    ]
    if warnings := job.parcel.warnings:
        text = "Not every number is whole: " + "; ".join(warnings)
        body.append(_text(text, color="warning", weight="bolder"))
    body += [_text(sentence) for sentence in sentences]
    if left:
        body.append(_text(f"{left} more in the report.", isSubtle=True))
    card: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "fallbackText": job.parcel.subject,
        "msteams": {"width": "Full"},
        "body": body,
    }
    if job.link:
        card["actions"] = [{"type": "Action.OpenUrl", "title": "Open the report", "url": job.link}]
    attachment = {
        "contentType": "application/vnd.microsoft.card.adaptive",
        "contentUrl": None,
        "content": card,
    }
    return {"type": "message", "attachments": [attachment]}


def _text(text: str, **style: Any) -> dict[str, Any]:
    cut = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": cut, **style}]}


def _show(job: Job) -> str:
    return json.dumps(message(job), indent=2, ensure_ascii=False)


def _send(job: Job) -> list[str]:
    post_to_chat(job, message(job))
    return []


TEAMS = Channel(chat_address, _show, _send)
