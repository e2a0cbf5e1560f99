"""Who may do what: one table of role × action × relation, and nothing else decides.

A role gives an action a *reach*: everywhere, in projects the caller is a member of, on what the caller owns there, or nowhere.
Several roles add up. What a caller may not see is answered 404, what they may see but not do 403.

| role      | sees                        | does                                                                 |
| --------- | --------------------------- | -------------------------------------------------------------------- |
| editor    | projects with a principal of theirs | uploads, edits, downloads, streams, publishes, retries, cancels; resumes, deletes and moves their own |
| archivist | every project               | the same everywhere, deletes anything, may act against an asset's rights; nothing that runs the platform |
| admin     | every project               | everything                                                           |

docs/access.md is this table, printed by `python -m acervo.access`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import IntEnum, StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from acervo.problems import Problem

if TYPE_CHECKING:
    from acervo.database import Connection
    from acervo.identity import Caller


class Role(StrEnum):
    EDITOR = "editor"
    ARCHIVIST = "archivist"
    ADMIN = "admin"


class Action(StrEnum):
    VIEW = "view"
    UPLOAD = "upload"
    RESUME = "resume"  # sign, complete or abort an upload that is open
    EDIT = "edit"
    DELETE = "delete"
    MOVE = "move"  # out of a project; into another it is an upload
    DOWNLOAD = "download"
    STREAM = "stream"
    RETRY = "retry"
    CANCEL = "cancel"
    PUBLISH = "publish"  # and withdraw
    OVERRIDE = "override"  # download or clip in spite of the asset's rights; it is in the audit log
    ADMINISTER = "administer"  # a project: its name, quota, members, rules, webhooks
    OPERATE = "operate"  # dead letters, replays, channels, event sources: the platform, no project
    AUDIT = "audit"  # read the audit log


class Relation(IntEnum):
    """What ties a caller to a project or an asset, from loose to close."""

    NONE = 0
    MEMBER = 1
    OWNER = 2


_EVERYWHERE, _MEMBER, _OWN, _NOWHERE = Relation.NONE, Relation.MEMBER, Relation.OWNER, None
_E, _A, _D = Role.EDITOR, Role.ARCHIVIST, Role.ADMIN

_MISSING = ("not-found", "there is no such thing, or you may not see it")

# the least relation that each role needs for an action; None: never
TABLE: Mapping[Action, Mapping[Role, Relation | None]] = MappingProxyType(
    {
        Action.VIEW: {_E: _MEMBER, _A: _EVERYWHERE, _D: _EVERYWHERE},
        Action.UPLOAD: {_E: _MEMBER, _A: _EVERYWHERE, _D: _EVERYWHERE},
        Action.RESUME: {_E: _OWN, _A: _EVERYWHERE, _D: _EVERYWHERE},
        Action.EDIT: {_E: _MEMBER, _A: _EVERYWHERE, _D: _EVERYWHERE},
        Action.DELETE: {_E: _OWN, _A: _EVERYWHERE, _D: _EVERYWHERE},
        Action.MOVE: {_E: _OWN, _A: _EVERYWHERE, _D: _EVERYWHERE},
        Action.DOWNLOAD: {_E: _MEMBER, _A: _EVERYWHERE, _D: _EVERYWHERE},
        Action.STREAM: {_E: _MEMBER, _A: _EVERYWHERE, _D: _EVERYWHERE},
        Action.RETRY: {_E: _MEMBER, _A: _EVERYWHERE, _D: _EVERYWHERE},
        Action.CANCEL: {_E: _MEMBER, _A: _EVERYWHERE, _D: _EVERYWHERE},
        Action.PUBLISH: {_E: _MEMBER, _A: _EVERYWHERE, _D: _EVERYWHERE},
        Action.OVERRIDE: {_E: _NOWHERE, _A: _EVERYWHERE, _D: _EVERYWHERE},
        Action.ADMINISTER: {_E: _NOWHERE, _A: _NOWHERE, _D: _EVERYWHERE},
        Action.OPERATE: {_E: _NOWHERE, _A: _NOWHERE, _D: _EVERYWHERE},
        Action.AUDIT: {_E: _NOWHERE, _A: _NOWHERE, _D: _EVERYWHERE},
    }
)


_ROLES = frozenset(role.value for role in Role)


class Denied(Problem):
    """A caller asked for what they may not; `action`, `asset_id` and `project_id` are for the audit log."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        action: Action,
        *,
        asset_id: str | None = None,
        project_id: str | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(status, code, detail, **extra)
        self.action, self.asset_id, self.project_id = action, asset_id, project_id


def may(roles: Iterable[str], action: Action, member: bool, owner: bool = False) -> bool:
    """Whether roles allow an action, given the relation to the project (and ownership of the asset inside it)."""
    relation = (Relation.OWNER if owner else Relation.MEMBER) if member else Relation.NONE
    return action in _granted(frozenset(roles), relation)


@lru_cache(maxsize=1024)
def _granted(roles: frozenset[str], relation: Relation) -> frozenset[Action]:
    """Roles come from tokens, of which there are many; sets of roles are few."""
    known = [Role(role) for role in roles if role in _ROLES]
    return frozenset(
        action for action, needed in TABLE.items() for role in known if (least := needed.get(role)) is not None and relation >= least
    )  # fmt: skip


def actions(roles: Iterable[str], member: bool, owner: bool = False) -> list[str]:
    """Every action that is allowed: what a page shows buttons for."""
    relation = (Relation.OWNER if owner else Relation.MEMBER) if member else Relation.NONE
    granted = _granted(frozenset(roles), relation)
    return [action.value for action in Action if action in granted]


def require(
    caller: Caller,
    action: Action,
    *,
    member: bool,
    owner: bool = False,
    asset_id: str | None = None,
    project_id: str | None = None,
) -> None:
    """Let pass, or raise.

    Raises:
        Denied: 404 when the caller may not even see it, 403 when they may see but not do it.
    """
    if may(caller.roles, action, member, owner):
        return
    if not may(caller.roles, Action.VIEW, member, owner):
        raise Denied(404, *_MISSING, action, asset_id=asset_id, project_id=project_id)
    raise Denied(
        403, "forbidden", f"your roles do not allow this ({action})", action,
        asset_id=asset_id, project_id=project_id,
    )  # fmt: skip


def missing() -> Problem:
    """404 for what does not exist: the same words as for what one may not see, so that nobody learns which ids exist."""
    return Problem(404, *_MISSING)


def require_platform(caller: Caller, action: Action = Action.OPERATE) -> None:
    """For what belongs to no project.

    Raises:
        Denied: 403.
    """
    if not may(caller.roles, action, member=False):
        raise Denied(403, "forbidden", "this is for the platform team", action)


def visible_projects(caller: Caller, connection: Connection) -> frozenset[str] | None:
    """Ids of the projects whose assets the caller may see; None means all of them."""
    if may(caller.roles, Action.VIEW, member=False):
        return None
    if not may(caller.roles, Action.VIEW, member=True):
        return frozenset()
    from acervo.database import query

    rows = query.project_ids_of(connection, principals=caller.principals)
    return frozenset(row["project_id"] for row in rows)


def as_markdown() -> str:
    """The table for docs/access.md: for every action what each role needs."""
    words = {
        None: "no",
        _EVERYWHERE: "everywhere",
        _MEMBER: "in their projects",
        _OWN: "their own, in their projects",
    }
    rows = [
        f"| `{action}` | {' | '.join(words[reach[role]] for role in Role)} |"
        for action, reach in TABLE.items()
    ]
    head = [f"| action | {' | '.join(Role)} |", f"| --- | {' | '.join('---' for _ in Role)} |"]
    return "\n".join([*head, *rows]) + "\n"


if __name__ == "__main__":
    import sys

    sys.stdout.write(as_markdown())
