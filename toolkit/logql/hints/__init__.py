"""What a wrong query was probably meant to be: one proposal for an error, where one is plain."""

from __future__ import annotations

from typing import Final

from toolkit.errors import Span
from toolkit.logql.hints.messages import by_message
from toolkit.logql.hints.neighbours import by_neighbours
from toolkit.logql.hints.place import Place
from toolkit.logql.hints.rules import RULES
from toolkit.logql.lexer import Lexer
from toolkit.logql.tokens import END, VARIABLE, Token

# A message may repeat texts of the query, of any length.
_LOOKED_AT: Final = 300


def propose(message: str, text: str, span: Span, *, variables: bool = True) -> str | None:
    """A hint for the error that Loki words as ``message``, found at ``span`` of ``text``.

    ``variables`` says whether Grafana's variables may stand in ``text``.
    """
    message = message[:_LOOKED_AT]
    if not message.startswith("parse error ") or ": syntax error: " not in message:
        return by_message(message, text, span)
    lexer = Lexer(text, variables=True)
    before: list[Token] = []
    token = lexer.next()
    while token.start < span.start and token.kind != END:
        before.append(token)
        token = lexer.next()
    # Loki's own tokens begin at the $, and its error may stand at the next one.
    at = before[-1] if before and before[-1].end > span.start else token
    if at.kind == VARIABLE and not variables:
        return f"{text[at.start : at.end]} is a variable of Grafana; Loki takes its value only"
    place = Place(text, before, token)
    return next((hint for rule in (*RULES, by_neighbours) if (hint := rule(place))), None)
