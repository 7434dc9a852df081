"""What is said of wrong settings: every entry that is wrong, and nothing that is secret."""

from datetime import timedelta

import pytest

from bot import readings
from tests.test_settings import complaint


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
