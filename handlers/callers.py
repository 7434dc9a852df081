"""Who acts and where, read from what Slack sends."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.commands.words import typed as as_typed
from handlers.call import Call, Voice
from handlers.desks import Places
from handlers.gate import Gate

Body = Mapping[str, Any]

# Characters of a command that are worth to be given back: fewer are typed again in less time than copied.
LOSS = 60


@dataclass(frozen=True)
class Entry:
    """Where people come from, and who of them is let in."""

    places: Places
    gate: Gate


class Callers:
    """Makes calls of Slack's payloads. KeyError for what lacks something that Slack always sends."""

    def __init__(self, voice: Voice, places: Places) -> None:
        self._voice = voice
        self._places = places

    def typed(self, body: Body) -> Call:
        """The call of a slash command."""
        channel = str(body["channel_id"])
        self._places.heard_of(channel, str(body.get("channel_name", "")))
        command, words = str(body["command"]), as_typed(str(body.get("text") or ""))
        return Call(
            voice=self._voice,
            who=str(body["user_id"]),
            channel=channel,
            is_inside=channel == self._places.ops_channel,
            trigger_id=str(body.get("trigger_id", "")),
            response_url=str(body.get("response_url", "")),
            spoken_words=words,
            command=command,
            team=str(body.get("team_id") or ""),
            written=(f"{command} {words}",) if len(words) >= LOSS else (),
        )

    def pressed(self, body: Body) -> Call:
        """The call of a button, a form or a shortcut."""
        container: Body = body.get("container") or {}
        view: Body = body.get("view") or {}
        form_channel = str(view.get("private_metadata") or "").partition(" ")[0]
        channel = str((body.get("channel") or {}).get("id") or container.get("channel_id") or form_channel)
        message: Body = body.get("message") or {}
        return Call(
            voice=self._voice,
            who=str(body["user"]["id"]),
            channel=channel,
            is_inside=channel == self._places.ops_channel,
            thread_ts=message.get("thread_ts"),
            trigger_id=str(body.get("trigger_id", "")),
            response_url=str(body.get("response_url", "")),
            team=str(body["user"].get("team_id") or ""),
            written=_texts(view) if body.get("type") == "view_submission" else (),
            is_home=view.get("type") == "home",
        )

    def mentioned(self, event: Body) -> Call:
        """The call of a mention: `event` is Slack's app_mention."""
        channel = str(event["channel"])
        return Call(
            voice=self._voice,
            who=str(event["user"]),
            channel=channel,
            is_inside=channel == self._places.ops_channel,
            thread_ts=event.get("thread_ts"),
            team=team_of(event),
            is_app=bool(event.get("bot_id")),
        )


def _texts(view: Body) -> tuple[str, ...]:
    """What was written into a form, from top to bottom."""
    values: Body = (view.get("state") or {}).get("values") or {}
    inputs = [one for block in values.values() for one in block.values()]
    texts = [str(one.get("value") or "").strip() for one in inputs if one.get("type") == "plain_text_input"]
    return tuple(text for text in texts if text)


def team_of(event: Body) -> str:
    """The workspace of an event's author, as far as Slack says it."""
    return str(event.get("user_team") or event.get("source_team") or event.get("team") or "")
