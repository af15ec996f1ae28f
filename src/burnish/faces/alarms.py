"""Tell people and programs of an alarm: a webhook, or an e-mail."""

from __future__ import annotations

import json
import os
import smtplib
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from email.message import EmailMessage
from typing import Any
from urllib.parse import unquote, urlsplit

from burnish.errors import UserError
from burnish.monitoring.look import Look

SMTP_VARIABLE = "BURNISH_SMTP"
_SECONDS = 20


def send_alarms(name: str, looks: Sequence[Look], *, webhook: str, mail: str) -> None:
    """Send alarms.

    Args:
        name: The run's name.
        looks: Those that raise an alarm.
        webhook: An http(s) address that gets JSON by POST; "" for none.
        mail: An e-mail address; "" for none. The server comes from the environment (`smtp://user:password@host:port`,
            or `smtps://`).

    Raises:
        UserError: An alarm could not be sent.
    """
    text = _text(name, looks)
    if webhook:
        _post(webhook, {"run": name, "text": text, "alarms": [look.as_dict() for look in looks]})
    if mail:
        _mail(mail, f"burnish: {name} has changed", text)


def send_proposal(name: str, proposal: Mapping[str, Any], promoted: int, *, webhook: str, mail: str) -> None:
    """Send what a retraining came to.

    Args:
        name: The specialist's name.
        proposal: The proposal as JSON-able values.
        promoted: The number of the version that was promoted; 0: none was.
        webhook: As for `send_alarms`.
        mail: As for `send_alarms`.

    Raises:
        UserError: It could not be sent.
    """
    gates = "\n".join(f"- {gate['name']}: {gate['text']}" for gate in proposal["gates"])
    told = {
        True: f"version {promoted} is the champion" if promoted else f"it is proposed: {proposal['promote']}",
        False: "it is not proposed",
    }[bool(proposal["passed"])]
    text = f"{name} was retrained, and {told}.\n{gates}"
    if webhook:
        _post(webhook, {"run": name, "text": text, "proposal": dict(proposal), "promoted": promoted})
    if mail:
        _mail(mail, f"burnish: {name} was retrained", text)


def _text(name: str, looks: Sequence[Look]) -> str:
    first = looks[0]
    changed = "\n".join(f"- {test.name}: {test.text or test.measure} (p {test.p:.2g})" for test in first.alarms)
    return f"What is asked of {name} differs from what it learned from:\n{changed}\nburnish monitor shows more."


def _post(address: str, body: dict[str, Any]) -> None:
    if urlsplit(address).scheme not in {"http", "https"}:
        raise UserError(f"{address!r} is no web address", where="--webhook", fix="Write https://…")
    request = urllib.request.Request(
        address, json.dumps(body).encode(), headers={"content-type": "application/json"}, method="POST"
    )
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS):
            return
    except (OSError, urllib.error.URLError) as error:
        raise UserError(f"the alarm could not be sent: {error}", where="--webhook", fix="Check the address.") from None


def _mail(to: str, subject: str, text: str) -> None:
    server = urlsplit(os.environ.get(SMTP_VARIABLE, ""))
    if server.scheme not in {"smtp", "smtps"} or not server.hostname:
        raise UserError(
            "no mail server is known",
            where=SMTP_VARIABLE,
            fix="Set it to smtp://USER:PASSWORD@HOST:PORT (or smtps://).",
        )
    message = EmailMessage()
    message["Subject"], message["To"] = subject, to
    message["From"] = (
        f"burnish@{server.hostname}" if "@" not in unquote(server.username or "") else unquote(server.username or "")
    )
    message.set_content(text)
    kind = smtplib.SMTP_SSL if server.scheme == "smtps" else smtplib.SMTP
    try:
        with kind(server.hostname, server.port or 0, timeout=_SECONDS) as connection:
            if server.username and server.password:
                if server.scheme == "smtp":
                    connection.starttls()
                connection.login(unquote(server.username), unquote(server.password))
            connection.send_message(message)
    except (OSError, smtplib.SMTPException) as error:
        raise UserError(
            f"the e-mail could not be sent: {error}", where=SMTP_VARIABLE, fix="Check the server."
        ) from None
