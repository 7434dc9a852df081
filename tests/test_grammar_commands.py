"""What each command's words mean, and which word is pointed at when they mean nothing."""

from collections.abc import Callable

import pytest

from bot.commands import checklist, health, incident, incident_steps, ops, role
from bot.commands.grammar import Help
from bot.commands.people import Who
from bot.domain.health import SERVICES
from bot.errors import NotFoundError, WordError

OPEN = ("INC-20261123-7KQ4", "INC-20261123-AB0C", "INC-20261122-D15K")


def refusal(act: Callable[[], object]) -> WordError:
    with pytest.raises(WordError) as caught:
        act()
    error = caught.value
    assert 0 <= error.start <= error.end <= len(error.text)
    assert error.remedy
    return error


# /health


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("json", health.Look(json=True)),
        ("Prometheus LOKI", health.Look(("prometheus", "loki"))),
        ("prometheus, loki", health.Look(("prometheus", "loki"))),
        ("prometheus,loki,prometheus json", health.Look(("prometheus", "loki"), json=True)),
        ("mongodb?", health.Look(("mongodb",))),
    ],
)
def test_services_are_named_in_any_order(text: str, wanted: health.Look) -> None:
    """Case and commas make no difference, and a service counts once."""
    assert health.parse(text, SERVICES) == wanted


def test_an_error_in_a_list_points_at_its_word() -> None:
    """Also where only commas are between the words."""
    error = refusal(lambda: health.parse("loki,grfana,llm", SERVICES))
    assert error.text[error.start : error.end] == "grfana"


# /checklist


ONE_TO_THREE = "done 1,2,3|done 1 2 3|done 1, 2, 3|done #1 2,3,|DONE 1,1,2 3|done 1-3|done #1–#3|done 1,2..3"


@pytest.mark.parametrize("text", ONE_TO_THREE.split("|"))
def test_items_are_ticked_by_their_numbers(text: str) -> None:
    """Commas, spaces and both, from one to another; each once."""
    assert checklist.parse(text) == checklist.Done((1, 2, 3))


@pytest.mark.parametrize(
    ("text", "pointed"),
    [
        ("done", ""),
        ("done ,", ","),
        ("done three", "three"),
        ("done 0", "0"),
        ("undo 1,-2", "-2"),
        ("done 1 2.5", "2.5"),
        ("done 1,3-2", "3-2"),
        ("done 0-2", "0-2"),
        ("done 5-100", "5-100"),
        ("done " + "9" * 5000, "9" * 5000),
        ("done ٣", "٣"),
        ("start saturday", "saturday"),
        ("note", ""),
        ("note \u200b", "\u200b"),
    ],
)
def test_what_a_checklist_cannot_read_is_pointed_at(text: str, pointed: str) -> None:
    """An item is a number from 1; a window is an ID or a date; a note has text."""
    error = refusal(lambda: checklist.parse(text))
    assert error.text[error.start : error.end] == pointed


def test_items_are_assigned_waived_and_closed() -> None:
    """To people and roles, by a rule or a time; several at once; the reason as it was typed."""
    assert checklist.parse("assign 2,3 <@U1> by Start–30m") == checklist.Assign((2, 3), "U1", rule="start-30m")
    assert checklist.parse("assign 2 3 @on-call") == checklist.Assign((2, 3), "on-call", is_role=True)
    said = checklist.parse("assign 2 <@U1> by sat 14:00")
    assert isinstance(said, checklist.Assign)
    assert said.when is not None
    assert (said.rule, said.when.text) == ("", "sat 14:00")
    assert checklist.parse("waive 2, 3 no 4 it's off") == checklist.Waive((2, 3), "no 4 it's off")
    assert checklist.parse("waive 2 3 replicas do") == checklist.Waive((2,), "3 replicas do")
    assert checklist.parse("lesson  it's  odd") == checklist.Lesson("it's  odd")
    assert checklist.parse("close") == checklist.Close()
    assert checklist.parse("template") == checklist.Template()
    assert checklist.parse("template show 0") == checklist.Template(show=True, version=0)


def test_a_checklist_is_started_for_a_window_or_the_next_one() -> None:
    """The window is named by its ID, the end of it or its date."""
    assert checklist.parse("start") == checklist.Start()
    assert checklist.parse("show 0200") == checklist.Show("0200")
    assert checklist.parse("start mw-20261128-0200") == checklist.Start("MW-20261128-0200")
    assert checklist.parse("start 2026-11-28") == checklist.Start("MW-20261128-")


def test_a_note_is_kept_as_it_was_typed() -> None:
    """Spaces, lines and quotes inside it stay."""
    assert checklist.parse("note  it's  'odd'\nvery ") == checklist.Note("it's  'odd'\nvery")
    assert checklist.parse('note "a  b"') == checklist.Note("a  b")


# /incident


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("open", incident.OpenForm()),
        ("open sev1", incident.OpenForm(1)),
        ("open checkout is down", incident.Open("checkout is down", 3)),
        ("open sev1 checkout is down", incident.Open("checkout is down", 1)),
        ("open SEV-2: checkout is down", incident.Open("checkout is down", 2)),
        ("open sev4 it's slow", incident.Open("it's slow", 4)),
        ("open 1 of 3 nodes is down", incident.Open("1 of 3 nodes is down", 3)),
        ("open s2 bucket is full", incident.Open("s2 bucket is full", 3)),
        ("open checkout sev1", incident.Open("checkout sev1", 3)),
        ("open severe lag", incident.Open("severe lag", 3)),
        ('open sev2 "checkout  is down"', incident.Open("checkout is down", 2)),
        ("open “checkout is down”", incident.Open("checkout is down", 3)),
        ("open 🔥", incident.Open("🔥", 3)),
        ("open help the shop is down", incident.Open("help the shop is down", 3)),
    ],
)
def test_an_incident_is_opened(text: str, wanted: incident.Said) -> None:
    """Only sev1 to sev4 as the first word is a severity; the rest is the title; without a title there is a form."""
    assert incident.parse(text) == wanted


@pytest.mark.parametrize(
    ("text", "pointed", "part"),
    [
        ("open sev5 x", "sev5", "It is `sev1` (worst)"),
        ("open sev0", "sev0", "It is `sev1` (worst)"),
        ("open sev 2 x", "sev", "Did you mean `sev2`?"),
        ('open sev1 "  "', '"  "', "The title is empty"),
        ("open \u200b\u200b", "\u200b\u200b", "The title is empty"),
        ("open sev1 " + "x" * 151, "x" * 151, "151 characters; 150 is the most"),
        ("show restarted", "restarted", "or only its end"),
        ("show 7KQ4 please", "please", "Leave it out"),
        ("note", "", "The note is empty"),
        ("note 7KQ4", "", "The note is empty"),
        ("resolve", "", "What fixed it?"),
        ("resolve INC-20261123-7KQ4 ", "", "What fixed it?"),
    ],
)
def test_what_an_incident_cannot_read_is_pointed_at(text: str, pointed: str, part: str) -> None:
    """The sentence says what is wrong with which word."""
    error = refusal(lambda: incident.parse(text, OPEN))
    assert error.text[error.start : error.end] == pointed
    assert part in str(error)


@pytest.mark.parametrize(
    ("text", "id_", "rest"),
    [
        ("7KQ4 disk is full", "INC-20261123-7KQ4", "disk is full"),
        ("7kq4: disk is full", "INC-20261123-7KQ4", "disk is full"),
        ("INC-20261123-7KQ4 disk is full", "INC-20261123-7KQ4", "disk is full"),
        ("INC-20250101-ZZZZ it was that", "INC-20250101-ZZZZ", "it was that"),
        ("20250101-ZZZZ it was that", "20250101-ZZZZ", "it was that"),
        ("ab0c is  slow", "INC-20261123-AB0C", "is  slow"),
        ('7KQ4 "quoted text"', "INC-20261123-7KQ4", "quoted text"),
        ("disk is full", None, "disk is full"),
        ("fixed by restart", None, "fixed by restart"),
        ("DISK went away", None, "DISK went away"),
        ("500s are gone", None, "500s are gone"),
        ("KQ4 is short", None, "KQ4 is short"),
        ("fixed 7KQ4 too", None, "fixed 7KQ4 too"),
    ],
)
def test_a_text_may_name_its_incident_first(text: str, id_: str | None, rest: str) -> None:
    """Only a whole ID or the end of an open one's is taken; a word of the text never is ("disk" for D15K)."""
    assert incident.parse(f"note {text}", OPEN) == incident.Note(rest, id_)
    assert incident.parse(f"resolve {text}", OPEN) == incident_steps.Resolve(rest, id_)


@pytest.mark.parametrize("text", ["7KQ5 x", "7kq5: x", "1123-7KQ5 x", "*Z9ZZ* x", "INC-7KQ5 x"])
@pytest.mark.parametrize("verb", ["note", "resolve", "reopen"])
def test_an_end_that_no_incident_has_is_not_taken_for_text(verb: str, text: str) -> None:
    """A mistyped ID must not resolve another incident; the error says how a text that begins so is written."""
    with pytest.raises(NotFoundError, match=r"I know no incident .*in quotes"):
        incident.parse(f"{verb} {text}", OPEN)
    with pytest.raises(NotFoundError, match="I know no incident"):
        incident.parse(f"{verb} {text}")


@pytest.mark.parametrize(
    "text", ["500S gone", "5xxs rise", "10GB freed", "22nd try", "2nd try", "v2 is out", "11pm again", "202 x"]
)
def test_numbers_with_their_units_are_text(text: str) -> None:
    """What people begin a sentence with is no ID; nor is anything in quotes."""
    assert incident.parse(f"resolve {text}", OPEN) == incident_steps.Resolve(text)
    assert incident.parse('resolve "7KQ5 did it"', OPEN) == incident_steps.Resolve("7KQ5 did it")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "status 9MTZ monitorin",
            "There is no status “monitorin”. Did you mean `monitoring`?",
        ),
        ("status monitorin 9MTZ", "There is no status “monitorin”."),
        ("status FACE monitorin", "There is no status “monitorin”."),
        ("sev 7KQ4 5", "There is no severity “5”."),
        ("sev 5 7KQ4", "There is no severity “5”."),
        ("assign 7KQ4 bob", "“bob” is not a mention."),
        ("assign bob 7KQ4", "“bob” is not a mention."),
    ],
)
def test_a_wrong_value_is_complained_of_on_either_side_of_the_id(text: str, problem: str) -> None:
    """Never the ID, which is right; one of letters alone is known by the incident that it ends."""
    with pytest.raises(WordError) as refused:
        incident.parse(text, ("INC-20261123-FACE",))
    assert str(refused.value).startswith(problem)


def test_an_end_that_fits_two_open_incidents_is_refused() -> None:
    """The text must not land in neither."""
    with pytest.raises(NotFoundError, match="fits 2 incidents"):
        incident.parse("note 7KQ4 x", ("INC-20261123-7KQ4", "INC-20261122-7KQ4"))


def test_an_incident_is_shown_by_any_end_of_its_id() -> None:
    """Look-alike letters are read as the ID has them."""
    assert incident.parse("show") == incident.Show()
    assert incident.parse("show aboc") == incident.Show("AB0C")
    assert incident.parse("show inc-20261123-7kq4") == incident.Show("INC-20261123-7KQ4")


# /ops


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("roles", ops.Roles()),
        ("whoami", ops.WhoAmI()),
        ("audit", ops.Audit(10)),
        ("audit 50", ops.Audit(50)),
        ("help incident", Help("incident")),
        ("? /incident", Help("incident")),
        ("role on-call <@U1>", role.SetRole("on-call", Who("U1"))),
        ("role on call <@U1>, backup <@U2>", role.SetRole("on-call", Who("U1"), Who("U2"))),
        ("role Tech_Lead <@U1> backup <!subteam^S1>", role.SetRole("tech-lead", Who("U1"), Who("S1", is_group=True))),
        ("role dutyofficer <!subteam^S1>", role.SetRole("duty-officer", Who("S1", is_group=True))),
        ("role on-call <@U1> backup none", role.SetRole("on-call", Who("U1"))),
        ("role on call backup <@U2>", role.SetBackup("on-call", Who("U2"))),
        ("role on-call backup None", role.SetBackup("on-call", None)),
        ("role tech lead none", role.ClearRole("tech-lead")),
        ("role tech-lead nobody, backup none", role.ClearRole("tech-lead")),
    ],
)
def test_the_bots_own_words_are_read(text: str, wanted: ops.Said) -> None:
    """Roles may be joined in any way; the backup is a person or a group, or nobody."""
    assert ops.parse(text) == wanted


@pytest.mark.parametrize(
    ("text", "pointed", "part"),
    [
        ("role", "", "`tech-lead`, `on-call`, `duty-officer`"),
        ("role <@U1>", "<@U1>", "Which role?"),
        ("role boss <@U1>", "boss", "There is no role “boss”"),
        ("role techlaed <@U1>", "techlaed", "Did you mean `tech-lead`?"),
        ("role on-call", "", "Who is it?"),
        ("role on-call @ann", "@ann", "pick the name"),
        ("role on-call ann", "ann", "pick the name"),
        ("role on-call <@U1> <@U2>", "<@U2>", "Only `backup @who`"),
        ("role on-call <@U1> backup", "", "Who is the backup?"),
        ("role on-call <@U1> backup @bob", "@bob", "pick the name"),
        ("role on-call <@U1> backup <@U1>", "<@U1>", "The backup is the owner"),
        ("role on-call none backup <@U1>", "<@U1>", "A role without an owner has no backup"),
        ("role on-call none please", "please", "Only `backup @who`"),
        ("role on-call backup", "", "`backup none`"),
        ("role on-call <@U1> backup <@U2> now", "now", "Leave it out"),
        ("audit all", "all", "from 1 to 50"),
        ("audit 51", "51", "from 1 to 50"),
        ("help incident open", "open", "Leave it out"),
    ],
)
def test_what_ops_cannot_read_is_pointed_at(text: str, pointed: str, part: str) -> None:
    """Which word, and what to write instead."""
    error = refusal(lambda: ops.parse(text))
    assert error.text[error.start : error.end] == pointed
    assert part in str(error)
