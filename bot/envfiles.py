"""Where settings come from: the process environment over `.env` files, with `${NAME}` filled in across all of them.

- The environment wins over files, a later file over an earlier one; `${NAME}` sees what wins, wherever it was defined.
- A value in single quotes is literal. `${NAME:-text}` gives `text` where NAME is not defined.
- `${NAME}` before the `@` of a URL is percent-encoded, so a password is kept in the file as it is (`p@ss/word`).
- A value of the environment is taken as it is, unless it is a URL: containers hand `.env` files on unexpanded. Docker
  leaves quotes around values as well; those of a setting are taken off.
"""

import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from dotenv.parser import parse_stream
from dotenv.variables import Variable, parse_variables

_SINGLE_QUOTED = re.compile(r"\s*(?:export\s+)?[^=\s]+\s*=\s*'")
_QUOTED = re.compile(r"""(['"])(.*)\1""", re.DOTALL)
_USERINFO_OPEN = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*$")  # what stands before a user name or password


@dataclass(frozen=True)
class _Value:
    text: str
    literal: bool


@dataclass
class Gathered:
    """The raw values of all sources; `resolve` fills them in and collects what cannot be."""

    values: dict[str, _Value] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)
    unresolved: set[str] = field(default_factory=set)

    def resolve(self, names: Iterable[str]) -> dict[str, str]:
        """The values of `names` that are defined, with `${…}` filled in; other variables are not looked at."""
        return {name: self._filled(name, ()) for name in names if name in self.values}

    def _filled(self, name: str, on_the_way: tuple[str, ...]) -> str:
        value = self.values[name]
        if value.literal:
            return value.text
        done = ""
        for atom in parse_variables(value.text):
            if not isinstance(atom, Variable):
                done += atom.resolve({})
                continue
            part = self._part(atom, (*on_the_way, name))
            done += quote(part, safe="") if _stands_in_userinfo(value.text, atom, done) else part
        return done

    def _part(self, atom: Variable, on_the_way: tuple[str, ...]) -> str:
        asking = on_the_way[-1]
        if atom.name in on_the_way:
            self._complain(
                on_the_way, f"{asking} uses ${{{atom.name}}}, which needs {asking} itself; write its value out."
            )
        elif atom.name in self.values:
            return self._filled(atom.name, on_the_way)
        elif atom.default is None:
            self._complain(
                on_the_way,
                f"{asking} uses ${{{atom.name}}}, which is not defined; define {atom.name} in the environment or in"
                f" a file given with --env-file, or put the value in single quotes if the text is meant.",
            )
        return atom.default or ""

    def _complain(self, on_the_way: tuple[str, ...], sentence: str) -> None:
        self.unresolved.update(on_the_way)
        if sentence not in self.complaints:
            self.complaints.append(sentence)


def _stands_in_userinfo(template: str, atom: Variable, before: str) -> bool:
    """Whether `${NAME}` is part of a URL's `user:password@`: between `://` and an `@`, with no path in between."""
    written = "${" + atom.name + ("" if atom.default is None else f":-{atom.default}") + "}"
    after = template.partition(written)[2]
    return bool(_USERINFO_OPEN.match(before)) and "@" in re.sub(r"\$\{[^}]*\}", "", after).split("/")[0]


def gather(files: Sequence[Path], environ: Mapping[str, str], known: Iterable[str]) -> Gathered:
    """Reads all sources. Without `files`, `.env` in the current directory is read if it is there."""
    found = Gathered()
    known = frozenset(known)
    for path in files or [p for p in (Path(".env"),) if p.is_file()]:
        text = _text(path, found.complaints)
        found.values.update(_values(path, text, known, found.complaints))
    for name, text in environ.items():
        quoted = _QUOTED.fullmatch(text) if name in known else None
        value = quoted[2] if quoted else text
        is_literal = name not in known or "://" not in value or (quoted is not None and quoted[1] == "'")
        found.values[name] = _Value(value, is_literal)
    return found


def _text(path: Path, complaints: list[str]) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        why = error.strerror or type(error).__name__
        complaints.append(f"The file {path} cannot be read ({why}); mend that, or name another one with --env-file.")
    except UnicodeDecodeError:
        complaints.append(f"The file {path} is not UTF-8 text; save it as UTF-8.")
    return ""


def _values(path: Path, text: str, known: frozenset[str], complaints: list[str]) -> Iterator[tuple[str, _Value]]:
    for binding in parse_stream(io.StringIO(text)):
        raw = binding.original.string
        if binding.key and binding.value is not None:
            yield binding.key, _Value(binding.value, literal=bool(_SINGLE_QUOTED.match(raw)))
            continue
        # A line of someone else's that only a shell understands is none of our business; one of ours is.
        words = re.findall(r"\w+", raw.partition("=")[0])
        if binding.error and (name := next((w for w in words if w in known), "")):
            line = binding.original.line + raw[: len(raw) - len(raw.lstrip())].count("\n")
            complaints.append(
                f"Line {line} of {path} names {name} but cannot be read; write {name}=value, quotes closed."
            )
