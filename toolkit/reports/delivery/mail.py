"""Mail over SMTP: a text part, HTML with its pictures inside, and files if asked for.

The same period has the same ``Message-ID``, by which many mail systems know a repetition. What a
server may have taken is never sent again by itself: two mails are worse than a said failure.
"""

from __future__ import annotations

import hashlib
import mimetypes
import smtplib
import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from toolkit.errors import DeliveryError, SettingsError
from toolkit.reports.delivery.channel import Channel, Job
from toolkit.reports.delivery.mail_content import mail_content
from toolkit.settings import Secret

_PORTS = {"starttls": 587, "implicit": 465, "none": 25}
_FIRST_WAIT = 0.5


class _Passing(Exception):
    """A failure that another try may not meet, and before which the server took nothing."""


def message(job: Job) -> EmailMessage:
    """The whole mail. Raises :class:`SettingsError` for an attachment that was not made."""
    delivery, parcel = job.delivery, job.parcel
    content = mail_content(parcel, job.link)
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = parcel.subject
    mail["From"] = delivery.get("from")
    mail["To"] = ", ".join(delivery.get("to"))
    mail["Date"] = format_datetime(datetime.fromtimestamp(int(job.now()), UTC))
    mail["Message-ID"] = message_id(job)
    # So that nobody's absence note answers (RFC 3834).
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(content.text, cte="quoted-printable")
    mail.add_alternative(content.html, subtype="html", cte="quoted-printable")
    html = mail.get_body(("html",))
    assert isinstance(html, EmailMessage)
    for picture in content.pictures:
        html.add_related(
            picture.png,
            "image",
            "png",
            cid=f"<{picture.cid}>",
            disposition="inline",
            filename=f"{picture.cid.partition('@')[0]}.png",
        )
    for name in _attached(job):
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        main, _, sub = kind.partition("/")
        mail.add_attachment(parcel.files[name].read_bytes(), main, sub, filename=name)
    return mail


def message_id(job: Job) -> str:
    """The same for the same period and destination; another one when it is sent again."""
    text = f"{job.parcel.key}/{job.delivery.name}" + (f"/{job.now()}" if job.again else "")
    domain = parseaddr(job.delivery.get("from"))[1].rpartition("@")[2]
    return f"<falco-report.{hashlib.sha256(text.encode()).hexdigest()[:32]}@{domain}>"


def _attached(job: Job) -> list[str]:
    names = []
    for kind in job.delivery.get("attach", ()):
        found = [name for name in job.parcel.files if name.endswith(f".{kind}")]
        if not found:
            setting = f"deliver.{job.delivery.name}.attach"
            raise SettingsError(
                f"{setting} names {kind}, and this report has no such file",
                setting=setting,
                hint=f"add --format {kind}, or attach one of {', '.join(job.parcel.files)}",
            )
        names += found
    return names


def _send(job: Job) -> Sequence[str]:
    login = _login(job)
    mail = message(job)
    last = job.retries
    for attempt in range(last + 1):
        try:
            return _attempt(job, mail, login)
        except _Passing as passing:
            if attempt == last:
                raise DeliveryError(str(passing)) from None
            job.sleep(_FIRST_WAIT * 2**attempt)
    raise AssertionError("the last attempt returns or raises")


def _login(job: Job) -> tuple[str, str] | None:
    user, password = job.delivery.get("user"), job.delivery.get("password")
    setting = f"deliver.{job.delivery.name}"
    if (user is None) != (password is None):
        missing = "user" if user is None else "password"
        raise SettingsError(f"{setting}.{missing} is not set", setting=f"{setting}.{missing}")
    if user is None:
        return None
    if _tls(job) == "none":
        raise SettingsError(
            f"{setting}: a password travels over TLS only",
            setting=f"{setting}.tls",
            hint='set tls = "starttls" or tls = "implicit"',
        )
    secret: Secret = password
    return str(user), secret.reveal()


def _attempt(job: Job, mail: EmailMessage, login: tuple[str, str] | None) -> Sequence[str]:
    place = _where(job)
    handed_over = False
    try:
        smtp = _connect(job)
        try:
            if login is not None:
                smtp.login(*login)
            handed_over = True
            refused = smtp.send_message(mail)
        finally:
            # Whatever the server says to QUIT, the mail is taken or not.
            with suppress(smtplib.SMTPException, OSError):
                smtp.quit()
    except smtplib.SMTPRecipientsRefused as error:
        text = f"{place} takes mail for none of them: {_refusals(error.recipients)}"
        if all(400 <= code < 500 for code, _ in error.recipients.values()):
            raise _Passing(text) from None
        raise DeliveryError(text) from None
    except smtplib.SMTPResponseException as error:
        text = f"{place} answered {error.smtp_code} {_words(error.smtp_error)}"
        if 400 <= error.smtp_code < 500:
            raise _Passing(text) from None
        raise DeliveryError(text) from None
    except smtplib.SMTPNotSupportedError as error:
        raise DeliveryError(f"{place}: {error}; nothing was sent") from None
    except ssl.SSLError as error:
        raise DeliveryError(
            f"{place}: TLS: {getattr(error, 'verify_message', None) or error.reason or error}",
            hint=f"ca = FILE below [deliver.{job.delivery.name}] names an authority to trust, "
            "and tls says how the server speaks it",
        ) from None
    except (smtplib.SMTPServerDisconnected, OSError) as error:
        text = f"{place} cannot be reached: {getattr(error, 'strerror', None) or error}"
        if handed_over:
            raise DeliveryError(
                f"{place} broke off while it took the mail, which may have arrived",
                hint="look whether it did; without --again a later run sends it",
            ) from None
        if isinstance(error, socket.gaierror):
            raise DeliveryError(text) from None
        raise _Passing(text) from None
    return [f"{place} refused {_refusals(refused)}"] if refused else []


def _connect(job: Job) -> smtplib.SMTP:
    """A connection as protected as it is to be, before anybody signs in."""
    host, port, timeout = job.delivery.get("host"), _port(job), job.timeout
    # Asking a name server for one's own name can take long, and a container has none.
    own = socket.gethostname()
    if _tls(job) == "none":
        return smtplib.SMTP(host, port, own, timeout)
    ca = job.delivery.get("ca")
    context = ssl.create_default_context(cafile=str(ca) if ca else None)
    if _tls(job) == "implicit":
        return smtplib.SMTP_SSL(host, port, own, timeout=timeout, context=context)
    smtp = smtplib.SMTP(host, port, own, timeout)
    try:
        smtp.starttls(context=context)
    except BaseException:
        smtp.close()
        raise
    return smtp


def _tls(job: Job) -> str:
    return str(job.delivery.get("tls", "starttls"))


def _port(job: Job) -> int:
    return int(job.delivery.get("port", _PORTS[_tls(job)]))


def _refusals(refused: dict[str, tuple[int, bytes]]) -> str:
    return "; ".join(f"{to}: {code} {_words(said)}" for to, (code, said) in refused.items())


def _words(said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return " ".join(text.split())[:300]


def _where(job: Job) -> str:
    return f"{job.delivery.get('host')}:{_port(job)}"


def _address(job: Job) -> str:
    return f"{', '.join(job.delivery.get('to'))} over {_where(job)} ({_tls(job)})"


def _show(job: Job) -> str:
    _login(job)
    mail = message(job)
    lines = [f"{name}: {mail[name]}" for name in ("Subject", "From", "To", "Message-ID")]
    parts = [part for part in mail.walk() if not part.is_multipart()]
    sizes = [
        f"{part.get_content_type()}, {len(part.get_payload(decode=True) or b'')} bytes"
        + (f", {part.get_filename()}" if part.get_filename() else "")
        for part in parts
    ]
    text = mail.get_body(("plain",))
    assert isinstance(text, EmailMessage)
    return "\n".join([*lines, *sizes, "", text.get_content().strip()])


EMAIL = Channel(_address, _show, _send)
