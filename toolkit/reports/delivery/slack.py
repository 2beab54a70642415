"""A message for an incoming webhook of Slack, in blocks.

All text from the report is ``plain_text``, in which Slack looks for no markup. Limits are Slack's
own: 50 blocks, 150 characters in a header, 3000 in a section (its reference of Block Kit).
"""

from __future__ import annotations

import json
from typing import Any

from toolkit.reports.delivery.channel import Channel, Job, chat_address, post_to_chat
from toolkit.reports.delivery.text import clipped, escaped_slack

_HEADER, _SECTION, _FALLBACK = 150, 3000, 3000
_SENTENCES = 40


def message(job: Job) -> dict[str, Any]:
    """The message as JSON. ``text`` is what a notification shows."""
    parcel = job.parcel
    sentences = list(parcel.sentences)
    left = len(sentences) - _SENTENCES
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": _plain(parcel.document.title, _HEADER)},
        {"type": "context", "elements": [_plain(parcel.document.subtitle, _SECTION)]},
    ]
    if parcel.warnings:
        blocks.append(_section("⚠ Not every number is whole: " + "; ".join(parcel.warnings)))
    blocks += [_section(sentence) for sentence in sentences[:_SENTENCES]]
    if left > 0:
        blocks.append(_section(f"{left} more in the report."))
    if job.link:
        button = {"type": "button", "text": _plain("Open the report", 75), "url": job.link}
        blocks.append({"type": "actions", "elements": [button]})
    return {
        "text": clipped(escaped_slack(parcel.subject), _FALLBACK),
        "mrkdwn": False,
        "unfurl_links": False,
        "blocks": blocks,
    }


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": _plain(text, _SECTION)}


def _plain(text: str, most: int) -> dict[str, Any]:
    return {"type": "plain_text", "text": clipped(text, most), "emoji": False}


def _show(job: Job) -> str:
    return json.dumps(message(job), indent=2, ensure_ascii=False)


def _send(job: Job) -> list[str]:
    post_to_chat(job, message(job))
    return []


SLACK = Channel(chat_address, _show, _send)
