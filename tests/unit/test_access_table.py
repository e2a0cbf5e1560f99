"""The table of who may do what, read as sentences."""

from __future__ import annotations

from pathlib import Path

import pytest

from acervo.access import TABLE, Action, Denied, Role, actions, as_markdown, may, require, require_platform
from acervo.identity import Caller

EDITOR = Caller("e", "E", frozenset({"editor"}))
PLATFORM_ACTIONS = (Action.OPERATE, Action.AUDIT, Action.ADMINISTER)
PROJECT_ACTIONS = [action for action in Action if action not in (*PLATFORM_ACTIONS, Action.OVERRIDE)]


def test_every_action_has_an_answer_for_every_role() -> None:
    assert set(TABLE) == set(Action)
    assert all(set(reach) == set(Role) for reach in TABLE.values())


@pytest.mark.parametrize("action", PROJECT_ACTIONS)
def test_editors_do_nothing_outside_their_projects(action: Action) -> None:
    assert not may({"editor"}, action, member=False)
    assert not may({"editor"}, action, member=False, owner=True)  # owners that left the project


def test_editors_delete_move_and_resume_only_their_own() -> None:
    own = {action for action in PROJECT_ACTIONS if not may({"editor"}, action, member=True)}
    assert own == {Action.DELETE, Action.MOVE, Action.RESUME}
    assert all(may({"editor"}, action, member=True, owner=True) for action in PROJECT_ACTIONS)


def test_archivists_work_everywhere_but_do_not_run_the_platform() -> None:
    assert all(may({"archivist"}, action, member=False) for action in PROJECT_ACTIONS)
    assert may({"archivist"}, Action.OVERRIDE, member=False)
    assert not any(may({"archivist"}, action, member=True, owner=True) for action in PLATFORM_ACTIONS)


def test_admins_do_everything() -> None:
    assert actions({"admin"}, member=False) == list(Action)


@pytest.mark.parametrize("roles", [set(), {"Editor"}, {"root"}, {""}, {"editors"}])
def test_unknown_roles_are_no_roles(roles: set[str]) -> None:
    assert actions(roles, member=True, owner=True) == []


def test_roles_add_up() -> None:
    assert may({"editor", "admin"}, Action.OPERATE, member=False)


def test_what_one_may_not_see_is_missing_and_what_one_may_see_is_forbidden() -> None:
    for member, status in ((False, 404), (True, 403)):
        with pytest.raises(Denied) as fault:
            require(EDITOR, Action.DELETE, member=member, asset_id="a", project_id="p")
        assert (fault.value.status, fault.value.action, fault.value.asset_id) == (status, Action.DELETE, "a")
    with pytest.raises(Denied) as refused:
        require_platform(EDITOR)
    assert refused.value.status == 403


def test_the_document_shows_this_very_table() -> None:
    text = (Path(__file__).parents[2] / "docs" / "access.md").read_text()
    assert as_markdown() in text, "run `python -m acervo.access` and put its table into docs/access.md"
    assert all(f"`{action}`" in text for action in Action)
