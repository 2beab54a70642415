"""Where a syntax error was found, and words that are near to one another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from toolkit.logql.tokens import Token


@dataclass(frozen=True, slots=True)
class Place:
    """Where a syntax error was found: the tokens before it, and the one at fault."""

    text: str
    before: list[Token]
    at: Token

    def kind(self, back: int) -> str:
        """The kind of the token so many back, "" where there is none."""
        return self.before[-back].kind if len(self.before) >= back else ""

    def written(self, token: Token) -> str:
        return self.text[token.start : token.end]

    def word(self, back: int) -> str:
        """That token as it is written."""
        return self.written(self.before[-back]) if len(self.before) >= back else ""

    def is_next(self) -> bool:
        """Whether nothing stands between the token at fault and the one before it."""
        return bool(self.before) and self.before[-1].end == self.at.start

    def open(self) -> Token | None:
        """The innermost bracket that is still open."""
        stack: list[Token] = []
        for token in self.before:
            if token.kind in ("(", "{"):
                stack.append(token)
            elif token.kind in (")", "}") and stack:
                stack.pop()
        return stack[-1] if stack else None

    def call(self) -> Token | None:
        """The word before the innermost open parenthesis, a grouping apart."""
        bracket = self.open()
        if bracket is None or bracket.kind != "(":
            return None
        index = self.before.index(bracket) - 1
        if index >= 0 and self.before[index].kind == ")":
            while index >= 0 and self.before[index].kind not in ("by", "without"):
                index -= 1
            index -= 1
        return self.before[index] if index >= 0 else None


def did_you_mean(word: str, words: Iterable[str]) -> str | None:
    # Imported late: most queries are right.
    from difflib import get_close_matches

    close = get_close_matches(word.lower(), sorted(words), n=1, cutoff=0.7)
    return f"did you mean `{close[0]}`?" if close else None
