"""The formats of a report by name. Light to import: the command line reads it for its help."""

from __future__ import annotations

from toolkit.errors import SettingsError

FORMATS = ("html", "md", "json", "pdf", "csv", "parquet", "xlsx")
DEFAULT = "html,md,json"
ALL = "all"


def parse_formats(text: str) -> tuple[str, ...]:
    """The formats of a list such as ``html,pdf``, each once; ``all`` stands for every one.

    Raises :class:`SettingsError`.
    """
    wanted = [part.strip() for part in text.split(",") if part.strip()]
    for name in wanted:
        if name not in (*FORMATS, ALL):
            raise SettingsError(f"--format {text!r} names {name}", setting="format", hint=_HINT)
    if not wanted:
        raise SettingsError(f"--format {text!r} names nothing", setting="format", hint=_HINT)
    return FORMATS if ALL in wanted else tuple(dict.fromkeys(wanted))


_HINT = f"choose from {','.join(FORMATS)} or {ALL}"
