"""A message for an incoming webhook of Mattermost: an attachment, as it takes no blocks.

A post may have 16,383 characters (mattermost/mattermost ``model.PostMessageMaxRunesV2``); an
attachment is folded in the client beyond a few lines, so one holds the first screen and no more.
"""

from __future__ import annotations

import json
from typing import Any

from toolkit.reports.delivery.channel import Channel, Job, chat_address, post_to_chat
from toolkit.reports.delivery.text import clipped, escaped_markdown

_TEXT = 7000
_TITLE = 250
_RED, _GREEN = "#c4162a", "#37872d"


def message(job: Job) -> dict[str, Any]:
    """The message as JSON."""
    parcel = job.parcel
    lines = []
    if parcel.warnings:
        lines.append(
            "**Not every number is whole:** " + "; ".join(map(escaped_markdown, parcel.warnings))
        )
    lines += [f"- {escaped_markdown(sentence)}" for sentence in parcel.sentences]
    attachment: dict[str, Any] = {
        "fallback": clipped(parcel.subject, _TITLE),
        "color": _RED if parcel.document.sections[0].tone == "bad" else _GREEN,
        "title": clipped(escaped_markdown(parcel.document.title), _TITLE),
        "text": _whole_lines(lines),
        "footer": clipped(escaped_markdown(parcel.document.subtitle), _TITLE),
    }
    if job.link:
        attachment["title_link"] = job.link
    made: dict[str, Any] = {"attachments": [attachment]}
    if channel := job.delivery.get("channel"):
        made["channel"] = channel
    return made


def _whole_lines(lines: list[str]) -> str:
    """As many lines as fit, never a part of one: half an escape would be none."""
    text = ""
    for index, line in enumerate(lines):
        if len(text) + len(line) > _TEXT:
            return f"{text}\n- {len(lines) - index} more in the report"
        text += f"\n{line}" if text else line
    return text


def _show(job: Job) -> str:
    return json.dumps(message(job), indent=2, ensure_ascii=False)


def _send(job: Job) -> list[str]:
    post_to_chat(job, message(job))
    return []


MATTERMOST = Channel(chat_address, _show, _send)
