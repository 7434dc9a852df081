"""What is said of wrong settings: every entry that is wrong, and nothing that is secret."""

from datetime import timedelta

import pytest

from bot import readings
from tests.test_settings import complaint, with_tokens


@pytest.mark.parametrize("option", ["retryWrites=secret1", "authMechanism=secret1", "passwrod=secret1", "tls=secret1"])
def test_an_option_that_the_driver_does_not_take_is_named_without_its_value(option: str) -> None:
    """It would end the start, and `python -m bot health`, with a traceback."""
    said = complaint(MONGODB_URL=f"mongodb://127.0.0.1/butler?w=majority&{option}")
    assert option.partition("=")[0] in said
    assert "secret1" not in said


@pytest.mark.parametrize(
    ("name", "text", "entries"),
    [
        ("OPS_ADMINS", "bob,U012AB3CD,tom", ("'bob'", "'tom'")),
        ("ANNOUNCE_BEFORE", "1x,24h,5", ("'1x'", "'5'")),
        ("MAINTENANCE_WINDOW", "Caturday 99:00-06:77 Mars/X", ("'Caturday'", "'99:00'", "'06:77'", "'Mars/X'")),
        ("MAINTENANCE_WINDOW", "Caturday 06:00-06:00", ("'Caturday'", "ends when it starts")),
        ("EXTRA_CHECKS", "foo=ftp://x,bar=baz,ok=http://127.0.0.1:1/", ("'foo'", "'bar'")),
    ],
)
def test_every_wrong_entry_of_a_list_is_named(name: str, text: str, entries: tuple[str, ...]) -> None:
    """Whoever mends one entry does not come back for the next."""
    said = complaint(**{name: text})
    assert all(entry in said for entry in entries)


@pytest.mark.parametrize(
    ("text", "is_fine"), [("5s", True), ("1h", True), ("4s", False), ("61m", False), ("0s", False)]
)
def test_services_are_asked_every_five_seconds_to_every_hour(text: str, is_fine: bool) -> None:
    """More often harms them, less often is no watching."""
    if is_fine:
        assert readings.interval(text) > timedelta(0)
        return
    with pytest.raises(ValueError, match="is '"):
        readings.interval(text)


@pytest.mark.parametrize(
    ("window", "ending_soon", "is_fine"),
    [
        ("Sat 02:00-06:00 UTC", "4h", False),
        ("Sat 02:00-06:00 UTC", "5h", False),
        ("Sat 02:00-06:00 UTC", "239m", True),
        ("Sat 23:30-00:30 UTC", "59m", True),
        ("Sat 23:30-00:30 UTC", "1h", False),
        ("Sat 23:00-24:00 UTC", "1h", False),
        ("Sat 02:00-02:20 UTC", None, False),
    ],
)
def test_a_warning_of_the_end_comes_within_the_window(window: str, ending_soon: str | None, *, is_fine: bool) -> None:
    """One before the start would vanish without a word; the value that nobody set is looked at too."""
    given = {"MAINTENANCE_WINDOW": window} | ({"ENDING_SOON": ending_soon} if ending_soon else {})
    if is_fine:
        assert with_tokens(**given).ending_soon < with_tokens(**given).maintenance_window.length
        return
    said = complaint(**given)
    assert said.startswith("ENDING_SOON is ")
    assert "MAINTENANCE_WINDOW lasts" in said
    assert "write a shorter time" in said


def test_a_wrong_window_alone_is_complained_of() -> None:
    """How long it lasts is not known, so nothing is said of the warning of its end."""
    assert complaint(MAINTENANCE_WINDOW="Sat 02:00", ENDING_SOON="5h").startswith("MAINTENANCE_WINDOW ")


def test_a_certificate_that_is_not_there_is_a_complaint() -> None:
    """The driver opens the file that an option names; what it says of it is no traceback here."""
    said = complaint(MONGODB_URL="mongodb://127.0.0.1/butler?tls=true&tlsCAFile=/none/ca.pem")
    assert "MONGODB_URL has options that the driver does not take (tlsCAFile)" in said
    assert "/none/ca.pem" not in said


def test_a_query_is_asked_with_and_not_shown() -> None:
    """A service may take its key there: it is in no link on a card."""
    made = with_tokens(GRAFANA_URL="http://me:pw@grafana:3000/base/?auth_token=x9&org=1")
    assert made.grafana_url is not None
    assert made.grafana_url.url == "http://grafana:3000/base"
    assert made.grafana_url.with_credentials == "http://me:pw@grafana:3000/base?auth_token=x9&org=1"
