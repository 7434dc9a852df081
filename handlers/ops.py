"""/ops: help, roles, the audit trail, who am I, the runbook's log, alerts, silences, the doctor."""

from bot.commands import ops as words
from bot.commands import silence as silence_words
from bot.commands.grammar import Help
from bot.commands.role import ClearRole, Rotate, SetBackup, SetRole
from bot.domain.role import Role
from bot.errors import away_means
from bot.slack.views import doctor as doctor_view
from bot.slack.views import ops as view
from handlers import alert, export, role, silence
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
            await role.show(desks, call)
        case SetRole() | SetBackup() | ClearRole() | Rotate():
            await role.assign(desks, call, said)
        case words.Audit():
            with away_means("so the audit trail cannot be shown; the bot's log has it too"):
                entries = await desks.audit.newest(said.count)
                chain = await call.slowly(desks.audit.verified(), view.verifying())
            await call.answer(view.audit(entries, chain))
        case words.WhoAmI():
            await _who_am_i(desks, call)
        case words.Runbook():
            await export.log(desks, call, said.month)
        case words.Alerts():
            await alert.show_list(desks, call)
        case words.Doctor():
            diagnosis = await call.slowly(desks.doctor.examine(), doctor_view.looking())
            await call.answer(doctor_view.told(diagnosis))
        case silence_words.ListSilences() | silence_words.MakeSilence() | silence_words.ExpireSilence():
            await silence.take(desks, call, said)


async def _who_am_i(desks: Desks, call: Call) -> None:
    with away_means("so your roles are not known here"):
        holders = await desks.roles.holders()
    his_roles = [holder.role for holder in holders if call.who in holder.people]
    leads = any(holder.role is Role.TECH_LEAD and call.who in holder.owners for holder in holders)
    await call.answer(view.whoami(call.who, his_roles, may_assign=leads or desks.roles.is_admin(call.who)))
