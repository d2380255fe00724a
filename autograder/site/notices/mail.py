"""Mail: notices to those who want them, by the SMTP server that mail.yaml names; off without that file.

    host: smtp.example.org        # mail.yaml, beside course.yaml
    sender: Deep Learning <course@example.org>
    address: https://course.example.org
    user: course                  # and its password in the environment: SMTP_PASSWORD

A message is sent until the server takes it; one that the server refuses for good is not tried again. While
mail is off, messages that wait are dropped: nobody gets the news of a term on the day it is switched on.
"""

from __future__ import annotations

import logging
import os
import smtplib
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Row, select

from autograder.errors import AutograderError
from autograder.site.database import Database
from autograder.site.notices.notices import wants_mail
from autograder.site.outbox import LEASE, Message, claim, mark_failed, mark_sent
from autograder.site.tables import course, notification, person
from autograder.site.writer import Writer
from autograder.yaml_source import read_yaml

__all__ = ["FILE", "MailSender", "MailSettings", "mail_address", "mail_settings"]

FILE = "mail.yaml"
PASSWORD = "SMTP_PASSWORD"  # the environment variable
TIMEOUT = 20.0  # seconds
# Seconds of a round; what is left waits for its lease to end, or another server would send it, too.
SENDING = LEASE / 3000
MOST_TRIES = 60  # with an hour between the later ones: more than two days
LONGEST_ADDRESS = 254  # characters that a server takes
log = logging.getLogger(__name__)


class MailSettings(BaseModel):
    """The content of mail.yaml."""

    model_config = ConfigDict(extra="forbid")

    host: str = Field(description="The SMTP server.")
    port: int = Field(default=587, ge=1, le=65535, description="Its port.")
    security: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="How the connection is encrypted; none only on the same machine."
    )
    sender: str = Field(description="Who mail comes from: an address, or a name with an address.")
    address: str = Field(description="The site's address for people, such as https://course.example.org.")
    user: str = Field(default="", description=f"Who signs in there; the password is in {PASSWORD}.")


def mail_settings(folder: Path) -> MailSettings | None:
    """The settings of a course directory; None without mail.yaml. Raises UsageError for a wrong one."""
    path = folder / FILE
    return read_yaml(path, MailSettings) if path.is_file() else None


@dataclass(frozen=True)
class Letter:
    """A message on its way, with what becomes of it."""

    message: Message
    content: EmailMessage | None  # None for what nobody wants any more


class MailSender:
    """Sends the queued notices of a course; a periodic task calls `send_due`."""

    def __init__(self, database: Database, writer: Writer, folder: Path, course_id: str) -> None:
        self._database, self._writer, self._folder, self._course = database, writer, folder, course_id
        self._problem = ""

    def warning(self) -> str:
        """Why mail is not sent, for staff; empty where all is well and where mail is off."""
        return self._problem

    def send_due(self, now: int) -> int:
        """Send what is due; returns how many messages the server took."""
        try:
            settings = mail_settings(self._folder)
        except AutograderError as problem:
            message = problem.message.replace(f"{self._folder}/", "")
            self._problem = f"Mail is not sent: {message} {problem.next_step}"
            return 0
        messages = self._write(lambda connection: claim(connection, now, mail=True))
        if settings is None:
            self._problem = ""
            for message in messages:
                self._write(lambda connection, message=message: mark_sent(connection, message, now))
            return 0
        if not messages:
            return 0
        letters = [Letter(message, self._content(message, settings)) for message in messages]
        sent, began = 0, time.monotonic()
        try:
            with _connected(settings) as server:
                for letter in letters:
                    sent += self._send(server, letter, now)
                    letters = letters[1:]
                    if time.monotonic() - began > SENDING:
                        break
            self._problem = ""
        except (OSError, smtplib.SMTPException) as problem:
            self._problem = (
                f"The mail server {settings.host} does not take mail: {_shown(problem)}. "
                "Check mail.yaml; it is tried again."
            )
            log.warning("%s", self._problem)
            for letter in letters:
                self._failed(letter.message, now, _shown(problem))
        return sent

    def _send(self, server: smtplib.SMTP, letter: Letter, now: int) -> int:
        if letter.content is not None:
            try:
                server.send_message(letter.content)
            except smtplib.SMTPRecipientsRefused as problem:
                code, words = next(iter(problem.recipients.values()))
                if code < 500:
                    self._failed(letter.message, now, f"{code} {words!r}")
                    return 0
                log.warning("The mail server refused a recipient: %s", code)
            except smtplib.SMTPDataError as problem:
                if problem.smtp_code < 500:
                    self._failed(letter.message, now, _shown(problem))
                    return 0
                log.warning("The mail server refused a message: %s", problem.smtp_code)
        self._write(lambda connection: mark_sent(connection, letter.message, now))
        return int(letter.content is not None)

    def _failed(self, message: Message, now: int, problem: str) -> None:
        if message.tries + 1 >= MOST_TRIES:
            self._write(lambda connection: mark_sent(connection, message, now))
        else:
            self._write(lambda connection: mark_failed(connection, message, now, problem))

    def _content(self, message: Message, settings: MailSettings) -> EmailMessage | None:
        """The mail of a notice; None where its person has no address, or does not want it."""
        with self._database.reading() as connection:
            row = connection.execute(
                select(notification, person.c.name, person.c.email, course.c.title)
                .join(person, person.c.id == notification.c.person)
                .join(course, course.c.id == notification.c.course)
                .where(notification.c.once == str(message.payload.get("notice", "")))
            ).one_or_none()
            to = None if row is None else mail_address(row.name, row.email or "")
            if row is None or to is None:
                return None
            if not wants_mail(connection, self._course, row.person, row.kind):
                return None
        return _letter(row, to, message.id, settings)

    def _write(self, work: Any) -> Any:
        return self._writer.submit(work, in_background=True).result()


def mail_address(name: str, text: str) -> Address | None:
    """A person's address as a header has it; None for a text that is not one plain address.

    A domain in letters of other languages is written as every server reads it. What an address may be is the
    library's to say: one that it refuses later would hold up everybody's mail.
    """
    local, at, domain = text.partition("@")
    plain = all(letter.isprintable() and letter not in ' ,;:<>()[]"\\' for letter in text)
    if not (local and at and domain and "@" not in domain and plain and len(text) <= LONGEST_ADDRESS):
        return None
    try:
        encoded = domain if domain.isascii() else domain.encode("idna").decode("ascii")
        return Address(_one_line(name), addr_spec=f"{local}@{encoded}")
    except (MessageError, ValueError, IndexError):
        return None


def _letter(row: Row[Any], to: Address, number: int, settings: MailSettings) -> EmailMessage:
    letter, site = EmailMessage(), settings.address.rstrip("/")
    letter["From"] = settings.sender
    letter["To"] = to
    letter["Subject"] = _one_line(f"{row.title}: {row.subject}")
    letter["Date"] = format_datetime(datetime.fromtimestamp(row.at / 1000, UTC))
    domain = parseaddr(settings.sender)[1].rpartition("@")[2] or "localhost"
    letter["Message-ID"] = f"<notice-{number}@{domain}>"  # the same when it is sent a second time
    letter["Auto-Submitted"] = "auto-generated"
    text = f"{row.text}\n\n" if row.text else ""
    choices = f"Choose what you get by mail: {site}/notices#choices"
    letter.set_content(f"{row.subject}\n\n{text}{site}{row.path}\n\n-- \n{choices}\n")
    return letter


@contextmanager
def _connected(settings: MailSettings) -> Iterator[smtplib.SMTP]:
    context = ssl.create_default_context()
    kind = smtplib.SMTP_SSL if settings.security == "tls" else smtplib.SMTP
    extra: dict[str, Any] = {"context": context} if settings.security == "tls" else {}
    with kind(settings.host, settings.port, timeout=TIMEOUT, **extra) as server:
        if settings.security == "starttls":
            server.starttls(context=context)
        if settings.user:
            server.login(settings.user, os.environ.get(PASSWORD, ""))
        yield server


def _one_line(text: str) -> str:
    """A text without line breaks and other signs that no header takes."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def _shown(problem: Exception) -> str:
    return " ".join(str(problem).split())[:200] or type(problem).__name__
