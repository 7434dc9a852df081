"""What is said of wrong settings: every entry that is wrong, and nothing that is secret."""

import pytest

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
