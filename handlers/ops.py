"""/ops: help, roles, the audit trail, who am I, the runbook's log, alerts and silences."""

from bot.commands import ops as words
from bot.commands import silence as silence_words
from bot.commands.grammar import Help
from bot.domain.role import Holder, Role
from bot.errors import UserError
from bot.slack.views import ops as view
from handlers import alert, export, silence
from handlers.call import Call
from handlers.desks import Desks
from handlers.help import show_help


async def run(desks: Desks, call: Call, text: str) -> None:
    """Answers about the bot itself, and hands out roles."""
    said = words.parse(text)
    match said:
        case Help():
            await show_help(call, said.topic)
        case words.Roles():
            await call.answer(view.roles(await desks.roles.holders()))
        case words.SetRole():
            await _assign(desks, call, said)
        case words.Audit():
            await call.answer(view.audit(await desks.audit.newest(said.count)))
        case words.WhoAmI():
            await _who_am_i(desks, call)
        case words.Runbook():
            await export.log(desks, call, said.month)
        case words.Alerts():
            await alert.show_list(desks, call)
        case silence_words.ListSilences() | silence_words.MakeSilence() | silence_words.ExpireSilence():
            await silence.take(desks, call, said)


async def _who_am_i(desks: Desks, call: Call) -> None:
    holders = await desks.roles.holders()
    his_roles = [holder.role for holder in holders if call.who in holder.people]
    leads = any(holder.role is Role.TECH_LEAD and holder.owner == call.who for holder in holders)
    await call.answer(view.whoami(call.who, his_roles, may_assign=leads or desks.roles.is_admin(call.who)))


async def _assign(desks: Desks, call: Call, said: words.SetRole) -> None:
    call.must_be_inside()
    if said.owner.is_group or (said.backup is not None and said.backup.is_group):
        raise UserError("A role goes to a person.", "Name one with @; user groups need a paid plan of Slack.")
    if desks.places.bot_user in (said.owner.id, said.backup.id if said.backup else ""):
        raise UserError("The bot cannot have a role.", "Name a person.")
    for one in (said.owner, said.backup):
        if one is not None:
            await desks.places.must_be_a_person(one.id)
    holder = Holder(Role(said.role), said.owner.id, said.backup.id if said.backup else "")
    await desks.roles.assign(call.who, holder)
    await call.answer(view.assigned(holder))
