"""Why something read is no Falco event: counted, named with its place, never lost."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """The reasons, by the code that reports count them under."""

    NOT_JSON = "not_json"
    NOT_OBJECT = "not_object"
    TRAILING_TEXT = "trailing_text"
    TEXT_OUTPUT = "text_output"
    NOT_UTF8 = "not_utf8"
    TRUNCATED = "truncated"
    TOO_LONG = "too_long"
    NO_RULE = "no_rule"
    NO_TIME = "no_time"
    BAD_TIME = "bad_time"
    NO_PRIORITY = "no_priority"
    UNKNOWN_PRIORITY = "unknown_priority"
    WRONG_TYPE = "wrong_type"
    EMPTY_FILE = "empty_file"
    BINARY_FILE = "binary_file"
    DAMAGED_FILE = "damaged_file"

    @property
    def sentence(self) -> str:
        """What is wrong, in words that start in lower case."""
        return _SENTENCES[self]

    @property
    def of_file(self) -> bool:
        """Whether it is said of a whole file (line number 0) rather than of a line."""
        return self in (Reason.EMPTY_FILE, Reason.BINARY_FILE)


_SENTENCES = {
    Reason.NOT_JSON: "the line is not JSON",
    Reason.NOT_OBJECT: "the line is JSON but not an object",
    Reason.TRAILING_TEXT: "the line goes on after the event",
    Reason.TEXT_OUTPUT: "the line is Falco's text output; set json_output: true in falco.yaml",
    Reason.NOT_UTF8: "the line is not UTF-8",
    Reason.TRUNCATED: "the last line is truncated",
    Reason.TOO_LONG: "the line is too long to be an event",
    Reason.NO_RULE: "the event names no rule",
    Reason.NO_TIME: "the event has no time",
    Reason.BAD_TIME: "the event's time is not a time between 1678 and 2261 in RFC 3339 form",
    Reason.NO_PRIORITY: "the event has no priority",
    Reason.UNKNOWN_PRIORITY: "the event's priority is not one of Falco's",
    Reason.WRONG_TYPE: "a member of the event has the wrong type",
    Reason.EMPTY_FILE: "the file is empty",
    Reason.BINARY_FILE: "the file is not text",
    Reason.DAMAGED_FILE: "the compressed file is damaged or cut; what stood before that was read",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something that is no event.

    ``text`` is the line, with U+FFFD for bytes that are no UTF-8, ``file`` as the user named it.
    ``line_number`` counts from 1 and is 0 where the whole file is meant. ``str()`` is one clear
    sentence with the place before it.
    """

    reason: Reason
    detail: str
    text: str
    file: str
    line_number: int

    @property
    def message(self) -> str:
        """The sentence without the place."""
        return f"{self.reason.sentence} ({self.detail})" if self.detail else self.reason.sentence

    def __str__(self) -> str:
        if not self.file:
            return self.message
        place = f"{self.file}:{self.line_number}" if self.line_number else self.file
        return f"{place}: {self.message}"
