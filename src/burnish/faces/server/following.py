"""A server follows the registry: it takes the version that is the champion now, without dropping a request."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from burnish.errors import UserError
from burnish.exporting.parity import Parity
from burnish.faces.client import Client
from burnish.faces.server.guard import PROBE_HEADER
from burnish.faces.server.served import Served, open_served
from burnish.faces.server.service import Service
from burnish.registry.registry import Registry
from burnish.registry.version import CHALLENGER, CHAMPION, Version


@dataclass(kw_only=True)
class Following:
    """What is followed.

    Attributes:
        registry: Where it is said which versions are at work.
        name: The specialist's name there.
        engine: What computes.
        seconds: How long from one look to the next.
        refused: Digests of versions that could not be taken, with what was wrong: they are not tried again.
    """

    registry: Registry
    name: str
    engine: str = "auto"
    seconds: float = 5.0
    refused: dict[str, str] = field(default_factory=dict)

    def open(self, version: Version) -> Served:
        """A version, ready to answer.

        Raises:
            UserError: It cannot be fetched, it is damaged, or is another one than was registered.
        """
        served = replace(open_served(self.registry.files(version), self.engine), name=self.name)
        if served.version != version.digest:
            raise UserError(
                f"version {version.number} is not what was registered: its digest is {served.version}, "
                f"not {version.digest}",
                where=str(served.specialist.folder),
                fix="Register it again with `burnish promote`.",
            )
        return served


async def live_parity(address: str, service: Service, served: Served) -> Parity:
    """Ask the server that listens there a version's probes, as any client would, and compare with what is expected.

    Raises:
        UserError: A probe was refused.
    """
    with service.trial(served) as secret:
        return await asyncio.to_thread(_ask_probes, address, secret, service.probes_as_sent(served), served)


def _ask_probes(address: str, secret: str, probes: Sequence[dict[str, object]], served: Served) -> Parity:
    with Client(address, headers={PROBE_HEADER: secret}) as client:
        return served.parity([client.predict(row) for row in probes])


async def follow(service: Service, following: Following, address: str, tell: Callable[[str], None]) -> None:
    """Look again and again which versions are at work, and take them; what cannot be taken leaves all as it is."""
    away = False
    while True:
        await asyncio.sleep(following.seconds)
        try:
            at_work = await asyncio.to_thread(following.registry.at_work, following.name)
        except UserError as error:
            if not away:
                tell(f"{error.what}; the version stays as it is")
            away = True
            continue
        away = False
        await _take_champion(service, following, at_work.get(CHAMPION), address, tell)
        await _take_challenger(service, following, at_work.get(CHALLENGER), address, tell)


async def _take_champion(
    service: Service, following: Following, version: Version | None, address: str, tell: Callable[[str], None]
) -> None:
    if version is None or version.digest == service.served.version:
        return
    if (served := await _proven(service, following, version, address, tell)) is not None:
        service.take(served)
        tell(f"version {version.number} ({version.digest}) answers from now on")


async def _take_challenger(
    service: Service, following: Following, version: Version | None, address: str, tell: Callable[[str], None]
) -> None:
    beside = service.beside
    if version is None or version.digest == service.served.version:
        if beside.challenger is not None:
            beside.challenger = None
            tell("no challenger answers any more")
        return
    if beside.challenger is None or beside.challenger.version != version.digest:
        if (served := await _proven(service, following, version, address, tell)) is None:
            return
        beside.challenger, beside.share = served, version.share
        told = f"{version.share:.1%} of the requests" if version.share else "in the shadow"
        tell(f"version {version.number} ({version.digest}) answers {told} from now on")
    beside.share = version.share


async def _proven(
    service: Service, following: Following, version: Version, address: str, tell: Callable[[str], None]
) -> Served | None:
    """A version that has shown, through this server, that it answers as it was evaluated; else None."""
    if version.digest in following.refused:
        return None
    challenger = service.beside.challenger
    if challenger is not None and challenger.version == version.digest:
        return challenger
    try:
        served = await asyncio.to_thread(following.open, version)
        _require_same_questions(service.served, served)
        parity = await live_parity(address, service, served)
        reason = "" if parity.passed else f"{parity.different_answers} of {parity.rows} probes are answered differently"
    except Exception as error:  # noqa: BLE001 - whatever is wrong with it, the present version goes on answering
        reason = str(error) or type(error).__name__
    if not reason:
        return served
    following.refused[version.digest] = reason
    tell(f"version {version.number} ({version.digest}) is not taken, all stays as it is: {reason}")
    return None


def _require_same_questions(present: Served, served: Served) -> None:
    """Refuse a version that reads other inputs: clients would have to ask otherwise.

    Raises:
        UserError: It does another task.
    """
    if served.specialist.task.name != present.specialist.task.name:
        raise UserError(
            f"it does {served.specialist.task.name}, and this server does {present.specialist.task.name}",
            where=served.name,
            fix="Serve it by another server.",
        )
