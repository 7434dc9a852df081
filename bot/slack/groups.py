"""User groups of the workspace, which Slack has on paid plans only.

https://docs.slack.dev/reference/methods/usergroups.users.list
"""

from bot.errors import UserError
from bot.slack.api import Api, DeclinedError, SlackError

_NO_PLAN = {"plan_upgrade_required", "paid_teams_only", "paid_only", "not_allowed"}
PEOPLE = "Name a person with @."


class Groups:
    """Implements bot.domain.role_changes.Groups."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def members(self, group_id: str) -> tuple[str, ...]:
        """See Groups.members."""
        try:
            answer = await self._api.patiently("usergroups.users.list", usergroup=group_id)
        except DeclinedError as error:
            raise _refusal(error.code) from error
        except SlackError as error:
            raise UserError("Slack does not tell who is in that group just now.", "Try again in a minute.") from error
        return tuple(map(str, answer.get("users") or ()))


def _refusal(code: str) -> UserError:
    if code in _NO_PLAN:
        return UserError("User groups are not available on this plan of Slack.", PEOPLE)
    if code == "missing_scope":
        return UserError("The app may not see user groups: it lacks the scope usergroups:read.", PEOPLE)
    if code in ("no_such_subteam", "subteam_not_found"):
        return UserError("Slack does not know that group.", PEOPLE)
    return UserError(f"Slack does not tell who is in that group ({code}).", PEOPLE)
