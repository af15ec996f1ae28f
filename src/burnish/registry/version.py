"""What the registry knows: versions of a specialist, and the changes of which one is at work."""

from __future__ import annotations

import getpass
import json
import socket
import time
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, TypeAlias

CHAMPION, CHALLENGER = "champion", "challenger"
Action: TypeAlias = Literal["promoted", "forced", "refused", "rolled-back", "challenging", "withdrawn"]


@dataclass(frozen=True, kw_only=True)
class Version:
    """A specialist that was registered.

    Attributes:
        name: The specialist's name in the registry.
        number: 1 for the first one of that name.
        digest: The beginning of the digest of its manifest, as servers tell it.
        run: The run folder that it comes from, where that was when it was registered.
        run_id: MLflow's run, which holds its files, metrics and recipe.
        created: Seconds since 1970.
        aliases: What it is at work as: `champion`, `challenger`.
        share: As challenger, the share of requests that it answers; 0: none, it answers in the shadow.
    """

    name: str
    number: int
    digest: str
    run: str
    run_id: str
    created: float
    aliases: tuple[str, ...] = ()
    share: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """Everything as JSON-able values."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Change:
    """A change of which version is at work, or one that was refused.

    Attributes:
        action: What was done.
        version: The number of the version that it was about.
        before: The champion's number before; 0 where there was none.
        who: Who did it.
        why: Why, in sentences.
        when: Seconds since 1970.
    """

    action: Action
    version: int
    before: int
    who: str
    why: str
    when: float = field(default_factory=time.time)

    def as_json(self) -> str:
        """The change as a line of JSON."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def of_json(cls, text: str) -> Change:
        """What `as_json` wrote."""
        return cls(**json.loads(text))


def who_is_here() -> str:
    """The user and the machine, for the account of changes."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # a container's user may have no name
        user = "unknown"
    return f"{user}@{socket.gethostname()}"
