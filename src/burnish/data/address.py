"""Addresses of data: what they are made of, and secrets that come from the environment and are told to nobody."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, quote, unquote

from burnish.errors import UserError

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_QUERY = re.compile(r"[?&]query=")
_PARAMETER = re.compile(r"[?&](?:ssl)?password=([^&]*)")
DATABASES = frozenset({"sqlite", "postgresql", "postgres"})
HUB = "hub"


def is_address(source: object) -> bool:
    """Whether a source is an address and no path."""
    return isinstance(source, str) and _ADDRESS.match(source) is not None


def scheme(address: str) -> str:
    """What stands before `://`, in lower case."""
    return address.partition("://")[0].lower()


def refuse_password(address: str) -> None:
    """Refuse an address that holds a password: it would be written into the run folder.

    Raises:
        UserError: Without the password in it.
    """
    before_query = address[: found.start()] if (found := _QUERY.search(address)) else address
    secrets = [_userinfo(address).partition(":")[2], *_PARAMETER.findall(before_query)]
    for secret in secrets:
        if not secret or _VARIABLE.fullmatch(secret):
            continue
        raise UserError(
            "the address holds a password, which would be written into the run folder",
            where=address.replace(secret, "…"),
            fix="Write ${NAME} in its place and set that environment variable"
            + (", or set PGPASSWORD." if scheme(address).startswith("postgres") else "."),
        )


def resolved(address: str) -> str:
    """An address with `${NAME}` replaced by what the environment says.

    Raises:
        UserError: A variable is not set.
    """
    user = _userinfo(address)

    def value(found: re.Match[str], *, quoted: bool) -> str:
        if found[1] not in os.environ:
            raise UserError(
                f"the environment variable {found[1]} is not set", where=address, fix=f"Set it: export {found[1]}=…"
            )
        return quote(os.environ[found[1]], safe="") if quoted else os.environ[found[1]]

    begin = address.index("://") + 3
    inner = _VARIABLE.sub(lambda found: value(found, quoted=True), user)
    rest = _VARIABLE.sub(lambda found: value(found, quoted=False), address[begin + len(user) :])
    return address[:begin] + inner + rest


def without_secrets(text: str, address: str) -> str:
    """A message with the values of an address's variables written as `${NAME}` again."""
    for name in _VARIABLE.findall(address):
        secret = os.environ.get(name, "")
        for form in {secret, quote(secret, safe=""), unquote(secret)} - {""}:
            text = text.replace(form, f"${{{name}}}")
    return text


def database_parts(address: str) -> tuple[str, str, dict[str, str]]:
    """An address of a database in parts.

    Returns:
        The address without what is meant for burnish; the SQL that stands behind `query=`, as it is written; and all
        other parameters.
    """
    found = _QUERY.search(address)
    query = address[found.end() :] if found else ""
    base, _, parameters = (address[: found.start()] if found else address).partition("?")
    return base, query.strip(), dict(parse_qsl(parameters, keep_blank_values=True))


def parameters_of(address: str) -> Mapping[str, str]:
    """The parameters behind `?`."""
    return dict(parse_qsl(address.partition("?")[2], keep_blank_values=True))


def _userinfo(address: str) -> str:
    authority = re.split(r"[/?#]", address.partition("://")[2], maxsplit=1)[0]
    return authority.rpartition("@")[0]
