"""What was said of a window's scopes over time, from its acts: the scope itself knows of the last word alone."""

from collections.abc import Iterable
from dataclasses import dataclass

from bot.domain.window import Act, Deed
from bot.domain.window_summary import Earlier, No, Yes


@dataclass(frozen=True)
class Verdicts:
    """Every no, also to a scope that another one replaced; and the approved scopes that were replaced under way."""

    rejections: tuple[No, ...]
    earlier: tuple[Earlier, ...]


def verdicts(acts: Iterable[Act]) -> Verdicts:
    """Reads the acts in their order."""
    rejections, earlier = list[No](), list[Earlier]()
    scope, given, has_begun = "", list[Yes](), False
    for act in acts:
        match act.deed:
            case Deed.BEGAN:
                has_begun = True
            case Deed.APPROVED:
                given += _given(act)
            case Deed.REJECTED:
                rejections.append(No(act.by, act.at, act.text, scope, tuple(given) if has_begun else ()))
                given = []
            case Deed.SCOPED:
                if has_begun and given:
                    earlier.append(Earlier(scope, tuple(given)))
                scope, given = act.text, []
    return Verdicts(tuple(rejections), tuple(earlier))


def _given(act: Act) -> list[Yes]:
    """The yes of each role that an approval was for: its text is `the tech lead and the duty officer`."""
    return [Yes(role.removeprefix("the ").replace(" ", "-"), act.by) for role in act.text.split(" and ")]
