"""The licences of all packages that the bot runs with, as a table: `make licences` writes it to docs/licences.md."""

import re
import sys
from importlib.metadata import metadata
from pathlib import Path

ROOT = Path(__file__).parents[1]
TABLE = ROOT / "docs" / "licences.md"
LONGEST = 60  # a longer "License" is the whole text of one
HEAD = """# Licences

What the bot runs with, by `requirements.txt`; what `requirements-full.txt` adds (pictures, the calendar) is marked.
Each is free to use, to change and to run as a service. `make licences` writes this table, and a test compares it.

| package | licence | |
| --- | --- | --- |
"""


def packages(lock: str) -> list[str]:
    """The names in a lock, each once, in its order."""
    found = re.findall(r"^([a-z0-9_.-]+)==", (ROOT / lock).read_text("utf-8"), re.M)
    return list(dict.fromkeys(found))


def licence(package: str) -> str:
    """What a package that is installed says of itself. Raises PackageNotFoundError."""
    told = metadata(package)
    for said in (*(told.get_all("License-Expression") or ()), *(told.get_all("License") or ())):
        if said and len(said) <= LONGEST and "\n" not in said:
            return str(said)
    kinds = [one.rpartition("::")[2].strip() for one in told.get_all("Classifier") or () if one.startswith("License")]
    return ", ".join(kinds) or "not said"


def table() -> str:
    """The whole page."""
    always = set(packages("requirements.txt"))
    rows = [
        f"| {package} | {licence(package)} | {'' if package in always else 'full'} |"
        for package in packages("requirements-full.txt")
    ]
    return HEAD + "\n".join(rows) + "\n"


if __name__ == "__main__":
    sys.stdout.write(table())
