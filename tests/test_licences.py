"""What the bot runs with: locked with hashes, few, and under licences that the table lists."""

import re

from tests.licences import ROOT, TABLE, licence, packages, table

# What may be used, changed and run as a service without giving away anything of one's own.
PERMISSIVE = re.compile(
    r"(MIT(-CMU)?|BSD.*|0BSD|Apache.*|PSF.*|Python Software Foundation License|ISC|MPL-2\.0|Zlib|CC0-1\.0)"
)


def test_the_table_of_licences_is_the_packages_own() -> None:
    """`make licences` would write what is there; each package of the lock is in it."""
    assert TABLE.read_text("utf-8") == table(), "run make licences"


def test_each_licence_is_a_permissive_one() -> None:
    """One that is not is a question for people, and would be asked here."""
    for package in packages("requirements-full.txt"):
        parts = re.split(r" AND | OR |, ", licence(package))
        assert all(PERMISSIVE.fullmatch(part) for part in parts), (package, parts)


def test_each_package_is_locked_by_hashes_and_they_are_few() -> None:
    """Whatever is installed is what was locked, to the byte; a new dependency's dependencies show here."""
    for lock, most in (("requirements.txt", 35), ("requirements-full.txt", 48)):
        text = (ROOT / lock).read_text("utf-8")
        for entry in re.split(r"\n(?=\S)", text.strip()):
            assert re.match(r"[a-z0-9_.-]+==\S+", entry), entry[:60]
            assert "--hash=sha256:" in entry, entry[:60]
        assert len(packages(lock)) <= most
    assert set(packages("requirements.txt")) <= set(packages("requirements-full.txt"))
