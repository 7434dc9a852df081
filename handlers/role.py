"""`/ops roles` and `/ops role`: who has which role, and handing them out."""

from bot.commands import role as words
from bot.commands.people import Who
from bot.domain.role import Group, Holder, Role
from bot.domain.rotation import Every, Rotation
from bot.errors import UserError, away_means
from bot.slack.views import role as view
from handlers.call import Call
from handlers.desks import Desks


async def show(desks: Desks, call: Call) -> None:
    """Lists the roles."""
    with away_means("so who has which role is not known here"):
        holders = await desks.roles.holders()
    able = await desks.roles.able(one for holder in holders for one in holder.people)
    await call.answer(view.roles(holders, able.gone, desks.clock()))


async def assign(desks: Desks, call: Call, said: words.HandOut) -> None:
    """Hands a role over or takes it away, after a look at each person or group that was named."""
    call.must_be_inside()
    role, changes = Role(said.role), desks.role_changes
    if isinstance(said, words.ClearRole):
        handed = await changes.assign(call.who, Holder(role))
    elif isinstance(said, words.SetBackup):
        handed = await changes.back_up(call.who, role, *await _party(desks, said.backup))
    else:
        handed = await changes.assign(call.who, await _wanted(desks, role, said))
    await call.answer(view.assigned(handed, desks.clock()))


async def _wanted(desks: Desks, role: Role, said: words.SetRole | words.Rotate) -> Holder:
    backup, backup_group = await _party(desks, said.backup)
    if isinstance(said, words.Rotate):
        begins = words.beginning(said.begins, desks.clock())
        people = [(await _party(desks, one))[0] for one in said.people]
        rotation = Rotation(tuple(people), Every(said.every), begins)
        return Holder(role, backup=backup, backup_group=backup_group, rotation=rotation)
    owner, group = await _party(desks, said.owner)
    return Holder(role, owner, backup, group, backup_group)


async def _party(desks: Desks, named: Who | None) -> tuple[str, Group | None]:
    """A person's id, or a group with its members. Raises UserError for bots, for who left, for no such group."""
    if named is None:
        return "", None
    if named.is_group:
        members = await desks.groups.members(named.id)
        if not members:
            raise UserError("There is nobody in that user group.", "Name a person, or a group with people in it.")
        return "", Group(named.id, members)
    if named.id == desks.places.bot_user:
        raise UserError("The bot cannot have a role.", "Name a person.")
    await desks.places.must_be_a_person(named.id)
    return named.id, None
