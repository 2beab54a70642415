"""Mail, over a real SMTP server: its parts, TLS, signing in, refusals and tries."""

from __future__ import annotations

import email
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from email.message import EmailMessage
from email.policy import default
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session

from tests.conftest import ScriptedServer
from tests.reports.delivery import support
from tests.reports.delivery.support import CLEAN, HOSTILE, Waits, job
from toolkit.errors import DeliveryError, SettingsError
from toolkit.reports.content import Column, Section, Table
from toolkit.reports.delivery.mail import EMAIL, message
from toolkit.reports.delivery.parcel import Parcel
from toolkit.settings import Secret

PNG = b"\x89PNG\r\n\x1a\n"


class Inbox:
    """Keeps mails; answers recipients and data from a script, 250 when it is at its end."""

    def __init__(self) -> None:
        self.mails: list[tuple[list[str], EmailMessage]] = []
        self.rcpt: list[str] = []
        self.data: list[str] = []
        self.tried = 0

    async def handle_RCPT(
        self, server: Any, session: Session, envelope: Envelope, address: str, options: Any
    ) -> str:
        if self.rcpt and (answer := self.rcpt.pop(0)) != "250":
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:
        self.tried += 1
        if self.data:
            return self.data.pop(0)
        content = envelope.content
        assert isinstance(content, bytes)
        made = email.message_from_bytes(content, policy=default)
        assert isinstance(made, EmailMessage)
        self.mails.append((envelope.rcpt_tos, made))
        return "250 taken"


def check(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    right = isinstance(data, LoginPassword) and (data.login, data.password) == (b"falco", b"pass")
    return AuthResult(success=right, handled=False)


class OnFreePort(Controller):
    """Looks for itself where it listens; the library asks port 0."""

    def _trigger_server(self) -> None:
        assert self.server is not None
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def smtp(inbox: Inbox, *, tls: ssl.SSLContext | None = None, **more: Any) -> Iterator[int]:
    """The port of a server; ``tls`` from the first byte, ``tls_context`` after STARTTLS."""
    controller = OnFreePort(inbox, hostname="127.0.0.1", port=0, ssl_context=tls, **more)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def context(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(*certificate)
    return made


def values(port: int, **more: Any) -> dict[str, Any]:
    return {
        "host": "127.0.0.1",
        "port": port,
        "tls": "none",
        "from": "Falco <falco@example.org>",
        "to": ("team@example.org", '"Doe, Jane" <jane@example.org>'),
    } | more


class Page(HTMLParser):
    """Tags, attributes and text of the HTML part."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_a_mail_has_text_html_and_its_pictures_inside(parcel: Parcel) -> None:
    inbox = Inbox()
    with smtp(inbox) as port:
        link = "https://r.example.org/{period}/"
        EMAIL.send(job(parcel, "email", values(port, link=link, attach=("json",))))
    ((recipients, mail),) = inbox.mails
    assert recipients == ["team@example.org", "jane@example.org"]
    assert mail["To"] == 'team@example.org, "Doe, Jane" <jane@example.org>'
    assert mail["Subject"] == parcel.subject
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_content_type() == "multipart/mixed"
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    assert "https://r.example.org/2026-W46/" in text.get_content()
    assert CLEAN[:20] in text.get_content()
    page = Page(html.get_content())
    shown = {value.removeprefix("cid:") for name, value in page.attributes if name == "src"}
    pictures = {
        part["Content-ID"].strip("<>"): part.get_content()
        for part in mail.walk()
        if part.get_content_type() == "image/png"
    }
    assert shown == set(pictures)
    assert len(pictures) >= 2
    assert all(body.startswith(PNG) for body in pictures.values())
    (attached,) = mail.iter_attachments()
    assert attached.get_filename() == "report.json"
    assert attached.get_content() == parcel.files["report.json"].read_bytes()


def test_a_name_is_only_text_in_a_mail(parcel: Parcel) -> None:
    mail = message(job(parcel, "email", values(25)))
    html = mail.get_body(("html",))
    assert html is not None
    page = Page(html.get_content())
    assert not page.tags & {"script", "style", "form", "svg", "link"}
    assert not [name for name, _ in page.attributes if name.startswith("on") or name == "href"]
    assert HOSTILE.split("\u202e")[0] in "".join(page.texts)
    assert mail["Bcc"] is None
    assert "Bcc: x@e.org" in str(mail["Subject"])


@pytest.mark.parametrize(("tables", "rows", "shown"), [(1, 40, 12), (12, 40, 6), (60, 40, 0)])
def test_a_mail_is_small_enough_to_be_shown_whole(
    parcel: Parcel, tables: int, rows: int, shown: int
) -> None:
    """Gmail cuts off beyond 102 kB of HTML; what does not fit is counted."""
    table = Table("t", [Column("Rule"), Column("Node")], [["r" * 400, "n" * 200]] * rows, more=5)
    section = Section("s", "?", ["One."], [table] * tables)
    of = replace(parcel, document=replace(parcel.document, sections=[section]))
    html = message(job(of, "email", values(25))).get_body(("html",))
    assert html is not None
    text = html.get_content()
    assert len(text.encode()) < 102_000
    assert text.count("r" * 400) == shown * tables
    assert text.count(f"{rows - shown + 5} more in the whole report.") == tables


def test_an_incomplete_report_says_so_at_the_top(tmp_path: Path) -> None:
    of = support.parcel(tmp_path, support.data(refused=3))
    mail = message(job(of, "email", values(25)))
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    assert "NOT EVERY NUMBER HERE IS WHOLE" in text.get_content()
    assert "Not every number here is whole." in html.get_content()
    assert "(incomplete)" in str(mail["Subject"])


def test_a_template_of_ones_own_makes_the_mail(parcel: Parcel, tmp_path: Path) -> None:
    (tmp_path / "mail.html.jinja").write_text("<p>Ours: {{ document.title }}</p>")
    mail = message(job(replace(parcel, templates=tmp_path), "email", values(25)))
    html = mail.get_body(("html",))
    assert html is not None
    assert html.get_content().strip() == "<p>Ours: Falco, 2026-W46</p>"


def test_a_period_has_one_message_id_until_it_is_sent_again(parcel: Parcel) -> None:
    first = message(job(parcel, "email", values(25)))["Message-ID"]
    assert first.endswith("@example.org>")
    assert message(job(parcel, "email", values(26)))["Message-ID"] == first
    assert message(job(parcel, "email", values(25), again=True))["Message-ID"] != first


@pytest.mark.filterwarnings("ignore:Requiring AUTH")  # the library sees no TLS before STARTTLS
@pytest.mark.parametrize("kind", ["starttls", "implicit"])
def test_a_password_travels_over_tls(
    parcel: Parcel, certificate: tuple[Path, Path], kind: str
) -> None:
    inbox = Inbox()
    protected = context(certificate)
    how: dict[str, Any] = {"auth_required": True, "authenticator": check}
    if kind == "starttls":
        how |= {"tls_context": protected, "require_starttls": True}
    else:
        how |= {"tls": protected, "auth_require_tls": False}
    login = {"user": "falco", "password": Secret("pass"), "tls": kind, "ca": certificate[0]}
    with smtp(inbox, **how) as port:
        EMAIL.send(job(parcel, "email", values(port, **login)))
        assert len(inbox.mails) == 1
        wrong = values(port, **login | {"password": Secret("other")})
        waits = Waits()
        with pytest.raises(DeliveryError, match="answered 535") as caught:
            EMAIL.send(job(parcel, "email", wrong, waits=waits))
        assert "other" not in caught.value.message
        assert waits == []
        with pytest.raises(DeliveryError, match="certificate") as caught:
            EMAIL.send(job(parcel, "email", values(port, **login | {"ca": None})))
        assert "ca = FILE" in (caught.value.hint or "")
    assert len(inbox.mails) == 1


def test_without_starttls_nothing_is_sent_in_the_clear(parcel: Parcel) -> None:
    inbox = Inbox()
    with smtp(inbox) as port, pytest.raises(DeliveryError, match=r"STARTTLS.*nothing was sent"):
        EMAIL.send(job(parcel, "email", values(port, tls="starttls")))
    assert inbox.tried == 0


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"user": "u", "password": Secret("p")}, "travels over TLS only"),
        ({"user": "u"}, r"deliver\.dest\.password is not set"),
        ({"password": Secret("p")}, r"deliver\.dest\.user is not set"),
        ({"attach": ("pdf",)}, "no such file"),
    ],
)
def test_settings_that_cannot_work_are_refused_before_anything_is_sent(
    parcel: Parcel, more: dict[str, Any], words: str
) -> None:
    with pytest.raises(SettingsError, match=words):
        EMAIL.send(job(parcel, "email", values(1, **more)))


def test_a_server_that_is_busy_is_asked_again(parcel: Parcel) -> None:
    inbox = Inbox()
    inbox.data = ["451 try later", "421 too busy"]
    waits = Waits()
    with smtp(inbox) as port:
        EMAIL.send(job(parcel, "email", values(port), waits=waits))
    assert (len(inbox.mails), inbox.tried) == (1, 3)
    assert waits == sorted(waits)
    assert len(waits) == 2


def test_tries_are_bounded_and_a_refusal_is_final(parcel: Parcel) -> None:
    inbox = Inbox()
    with smtp(inbox) as port:
        inbox.data = ["451 try later"] * 9
        with pytest.raises(DeliveryError, match="answered 451 try later"):
            EMAIL.send(job(parcel, "email", values(port, retries=2)))
        assert inbox.tried == 3
        inbox.data = ["554 no"]
        with pytest.raises(DeliveryError, match="answered 554 no"):
            EMAIL.send(job(parcel, "email", values(port)))
        assert inbox.tried == 4


def test_a_refused_recipient_is_named_and_the_others_get_it(parcel: Parcel) -> None:
    inbox = Inbox()
    inbox.rcpt = ["550 unknown here"]
    with smtp(inbox) as port:
        (note,) = EMAIL.send(job(parcel, "email", values(port)))
    assert "team@example.org: 550 unknown here" in note
    assert inbox.mails[0][0] == ["jane@example.org"]
    inbox.rcpt = ["550 unknown here", "550 nor this"]
    with smtp(inbox) as port, pytest.raises(DeliveryError, match=r"none of them.*nor this"):
        EMAIL.send(job(parcel, "email", values(port)))


def test_nobody_there_is_asked_again_and_said(parcel: Parcel) -> None:
    gone = ScriptedServer()
    gone.close()
    waits = Waits()
    port = int(gone.url.rpartition(":")[2])
    with pytest.raises(DeliveryError, match=r"cannot be reached: Connection refused") as caught:
        EMAIL.send(job(parcel, "email", values(port), waits=waits))
    assert len(waits) == 3
    assert caught.value.exit_code == 3


def test_what_a_server_may_have_taken_is_not_sent_again(parcel: Parcel) -> None:
    class Breaking(Inbox):
        async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:
            self.tried += 1
            server.transport.abort()
            return "250 never heard"

    inbox = Breaking()
    with smtp(inbox) as port, pytest.raises(DeliveryError, match="may have arrived"):
        EMAIL.send(job(parcel, "email", values(port)))
    assert inbox.tried == 1


def test_a_dry_run_shows_the_mail_and_asks_nobody(parcel: Parcel) -> None:
    made = job(parcel, "email", values(1, user="u", password=Secret("pass"), tls="starttls"))
    shown = EMAIL.show(made)
    assert f"Subject: {parcel.subject}" in shown
    assert "image/png" in shown
    assert "pass" not in shown
    assert EMAIL.where(made) == (
        'team@example.org, "Doe, Jane" <jane@example.org> over 127.0.0.1:1 (starttls)'
    )
