"""The private answers about emergencies: one is declared, or another one that is under way may be the same."""

from datetime import timedelta

from slack_sdk.models.blocks import ButtonElement, PlainTextObject

from bot.domain.emergency import Declared, about
from bot.domain.window import Window
from bot.slack.mrkdwn import Mrkdwn, both, link, mrkdwn, person, plain
from bot.slack.views.incident import DUPLICATE_BUTTON
from bot.slack.views.parts import Message, actions, brief, said, section, titled
from bot.slack.views.window import button

ANNOUNCE = "emergency_announce"


def declaring(title: str) -> Message:
    """While an emergency is being declared."""
    return said(mrkdwn("Declaring the emergency “{}”…", titled(title)))


def declared(done: Declared, length: timedelta, url: str) -> Message:
    """The answer to whoever declared an emergency; with ways out where another one may be the same."""
    thread = link(url, "its thread") if url else Mrkdwn("its thread")
    opened = mrkdwn("{} is open for the emergency: write in {}.", done.opened.incident.id, thread)
    if done.window is not None:
        opened = mrkdwn("{} {}", opened, announced(done.window))
    elif done.same is None:
        away = "MongoDB does not answer, so no window is announced; say the same again when it is back."
        opened = mrkdwn("{} {}", opened, away)
    return said(opened) if done.same is None else _asked(done, done.same, length, opened)


def announced(window: Window) -> Mrkdwn:
    """That it has a window."""
    text = mrkdwn("The window {} lasts until {}; it is announced now.", window.id, both(window.end))
    if window.exemption:
        text = mrkdwn("{} There is a freeze in its time: it is held all the same, and its announcement says so.", text)
    return text


def _asked(done: Declared, same: Window, length: timedelta, opened: Mrkdwn) -> Message:
    """Names the one that is under way already, and asks whether it is the same."""
    other = mrkdwn("{} ({} “{}”) by {}", same.id, same.incident_id, brief(about(same), 80), person(same.by))
    incident_id = done.opened.incident.id
    buttons: list[ButtonElement] = [
        ButtonElement(
            text=PlainTextObject(text=f"Duplicate of {plain(same.incident_id[-4:])}"),
            action_id=f"{DUPLICATE_BUTTON}_0",
            value=f"{incident_id} {same.incident_id}",
        )
    ]
    if done.window is None:
        then = Mrkdwn("A second window was not announced.")
        value = f"{incident_id} {int(length.total_seconds())}"
        buttons.append(button("Announce it too", ANNOUNCE, value))
    else:  # both were declared in one moment
        then = mrkdwn("If it is, end the second window as well: `/maintenance end {}`.", done.window.id)
    question = "{}\nAnother emergency is under way that may be the same: {}. {} Is it the same?"
    text = mrkdwn(question, opened, other, then)
    return Message(text, (section(text), actions(buttons)))
