"""The house's plan: which module may import which, read from the source, and that importing starts nothing."""

import ast
import gc
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OURS = ("bot", "handlers", "sandbox")

BACK = ("bot.domain", "bot.services", "bot.slack", "bot.store", "bot.settings")  # what is put together
BUILDERS = ("bot.metrics", "bot.endpoint", "bot.probes", "bot.alarms", "bot.windows", "bot.calendar_file")
# Layer by layer: what it may import, itself apart. Everything may import bot.errors. The longest name that fits counts.
ARROWS: dict[str, tuple[str, ...]] = {
    "bot.errors": (),
    "bot.commands": (),
    "bot.domain": (),
    "bot.store": ("bot.domain",),
    "bot.services": ("bot.domain",),
    "bot.slack": ("bot.domain",),
    "handlers": ("bot.commands", "bot.domain", "bot.slack.views"),
    "sandbox": (),
    "bot": ("bot.commands", "bot.domain"),  # the frame: settings, logs, metrics, web, jobs, …
    "bot.probes": ("bot.domain", "bot.services", "bot.store", "bot.settings", "bot.endpoint"),
    "bot.watching": ("bot.domain", "bot.slack", "bot.store", "bot.settings", "bot.metrics"),
    "bot.alarms": BACK,
    "bot.outside": (*BACK, *BUILDERS),
    "bot.doctor": ("bot.commands", *BACK, "bot.metrics", "bot.redaction", "bot.probes"),
    "bot.core": ("bot.domain", "bot.settings", "bot.logs", "bot.redaction", "bot.alarms", "bot.outside"),
    "bot.owners": ("bot.domain", "bot.jobs", "handlers.desks"),
    "bot.app": ("bot", "handlers"),
    "bot.__main__": ("bot.app", "bot.probes", "bot.doctor", "bot"),
}
REMEDY = {
    "bot.errors": "Errors stand alone; pass what they need in as values.",
    "bot.commands": "Parsing is pure: return a frozen dataclass, and let the handler act on it.",
    "bot.domain": "Rules know nothing of the outside: declare a Protocol beside the user; bot/app.py passes it in.",
    "bot.store": "Stores turn domain objects into documents; what they need from elsewhere comes in as an argument.",
    "bot.services": "Clients speak domain; what they need from elsewhere comes in as an argument.",
    "bot.slack": "This layer turns domain into Slack; what it needs from elsewhere comes in as an argument.",
    "handlers": "Handlers parse, ask a desk of the domain and show a view; bot/app.py gives them their desks.",
    "sandbox": "The sandbox must not trust what it tests: it only starts `python -m bot`.",
    "bot": "Only bot/app.py puts layers together; take what you need as an argument, or move this to bot/app.py.",
    "bot.probes": "bot/probes.py turns settings into probes, and nothing else.",
    "bot.watching": "bot/watching.py builds what watches the services, and nothing else.",
    "bot.alarms": "bot/alarms.py builds the desks for alerts, silences and escalations, and nothing else.",
    "bot.outside": "bot/outside.py builds the ways to the outside; what takes handlers is put together in bot/app.py.",
    "bot.doctor": "bot/doctor.py puts the doctor's checks together, and nothing else.",
    "bot.core": "bot/core.py builds the desks that nearly every other needs, and nothing else.",
    "bot.owners": "bot/owners.py hands desks to the timetable, and nothing else.",
    "bot.app": "bot/app.py is run by the bot, not by the sandbox.",
    "bot.__main__": "Let bot/app.py do it.",
}

# Libraries that stay behind one door: who may import them.
DOORS: dict[str, tuple[str, ...]] = {
    "httpx": ("bot.services.http",),
    "apscheduler": ("bot.scheduler",),
    "pymongo": ("bot.store", "bot.services.mongodb", "bot.endpoint", "sandbox.mongo", "sandbox.mongo_set"),
    "bson": ("bot.store",),
    "dotenv": ("bot.envfiles",),
    "slack_bolt": ("bot.app", "bot.slack", "handlers"),
    "prometheus_client": ("bot.metrics",),
}


@dataclass(frozen=True)
class Import:
    """`module` imports `target` (a module, or a name in one) in `line` of `path`."""

    module: str
    target: str
    path: str
    line: int
    at_top: bool

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.module} imports {self.target}"


def sources() -> dict[str, Path]:
    """Every module of ours with its file."""
    found = {}
    for path in (path for package in OURS for path in sorted((ROOT / package).rglob("*.py"))):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


SOURCES = sources()


def statements(node: ast.AST) -> Iterator[ast.AST]:
    """All statements in it, however deep; not the expressions, of which there are ten times as many."""
    for part in ("body", "orelse", "finalbody", "handlers", "cases"):
        inner = getattr(node, part, ())
        for one in inner if isinstance(inner, list) else ():
            yield one
            yield from statements(one)


def imports() -> Iterator[Import]:
    """All imports of all modules, those inside functions and of names that are modules included."""
    for module, path in SOURCES.items():
        tree = ast.parse(path.read_text())
        top = set(map(id, tree.body))
        for node in statements(tree):
            targets: list[str] = []
            if isinstance(node, ast.Import):
                targets = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                package = module if path.name == "__init__.py" else module.rpartition(".")[0]
                base = ".".join([*package.split(".")[: len(package.split(".")) - node.level + 1]]) if node.level else ""
                start = ".".join(part for part in (base, node.module or "") if part)
                targets = [f"{start}.{alias.name}" for alias in node.names]
            for target in targets:
                known = target if target in SOURCES or not is_ours(target) else target.rpartition(".")[0]
                yield Import(module, known, str(path.relative_to(ROOT)), getattr(node, "lineno", 0), id(node) in top)


def is_ours(name: str) -> bool:
    return name.partition(".")[0] in OURS


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def layer(module: str) -> str:
    """The layer a module belongs to; modules directly in bot/ are the frame, `bot`."""
    fitting = [name for name in ARROWS if name != "bot" and within(module, name)]
    return max(fitting, key=len, default="bot" if within(module, "bot") else module)


def may_import(module: str, target: str) -> bool:
    if layer(module) == layer(target) or (target == "bot.errors" and not within(module, "sandbox")):
        return True
    for allowed in ARROWS[layer(module)]:
        if allowed == "bot" and layer(module) == "bot.app":
            return within(target, "bot") or within(target, "handlers")
        if allowed == "bot" and layer(target) == "bot":
            return True
        if allowed != "bot" and within(target, allowed):
            return True
    return False


@cache
def all_imports() -> tuple[Import, ...]:
    """Read once, and by a worker that has these tests only."""
    gc.disable()  # trees are no garbage while they are walked: it takes a quarter of the time here too
    try:
        return tuple(imports())
    finally:
        gc.enable()


def test_imports_follow_the_arrows() -> None:
    """Each layer imports only what the plan allows."""
    wrong = [found for found in all_imports() if is_ours(found.target) and not may_import(found.module, found.target)]
    assert not wrong, "\n" + "\n".join(f"{found}. {REMEDY[layer(found.module)]}" for found in wrong)


def test_the_plan_tells_right_arrows_from_wrong_ones() -> None:
    """The check itself finds what it should."""
    for module, target, allowed in (
        ("handlers.health", "bot.slack.views.health", True),
        ("handlers.health", "bot.slack.mrkdwn", False),
        ("handlers.health", "bot.logs", False),
        ("bot.slack.board", "bot.domain.incident", True),
        ("bot.slack.board", "bot.store.incident", False),
        ("bot.domain.health", "bot.errors", True),
        ("bot.domain.health", "bot.settings", False),
        ("bot.commands.health", "bot.domain.health", False),
        ("bot.settings", "bot.domain.rule", True),
        ("bot.jobs", "bot.store.mongo", False),
        ("bot.web", "bot.app", False),
        ("bot.app", "handlers.desks", True),
        ("sandbox.slack", "bot.errors", False),
        ("bot.app", "sandbox.slack", False),
    ):
        assert may_import(module, target) is allowed, f"{module} imports {target}"


def test_libraries_stay_behind_their_door() -> None:
    """Each of these is imported in one place, so that it can be replaced, and mastered, there."""
    wrong = [
        f"{found}. Only {' and '.join(doors)} may: use what it offers."
        for library, doors in DOORS.items()
        for found in all_imports()
        if within(found.target, library) and not any(within(found.module, door) for door in doors)
    ]
    assert not wrong, "\n" + "\n".join(wrong)


def test_services_know_of_pymongo_only_its_errors() -> None:
    """The database comes to the probe as an argument."""
    wrong = [
        found
        for found in all_imports()
        if found.module == "bot.services.mongodb"
        and within(found.target, "pymongo")
        and not found.target.startswith(("pymongo.errors", "pymongo.asynchronous"))
    ]
    assert not wrong, (
        f"{wrong}: take the database as an argument; pymongo.errors alone is needed to tell failures apart."
    )


def test_the_domain_imports_the_standard_library_only() -> None:
    """Rules run without any package installed."""
    wrong = [
        found
        for found in all_imports()
        if layer(found.module) in ("bot.domain", "bot.commands", "bot.errors")
        and not is_ours(found.target)
        and found.target.partition(".")[0] not in sys.stdlib_module_names
    ]
    assert not wrong, "\n" + "\n".join(
        f"{found}. Declare a Protocol, and use the package in an outer layer." for found in wrong
    )


def test_no_module_imports_itself_through_others() -> None:
    """There is no circle; a package's `__init__` counts as a module."""
    graph: dict[str, set[str]] = {module: set() for module in SOURCES}
    for found in all_imports():
        if found.target in SOURCES and found.target != found.module:
            graph[found.module].add(found.target)
    done: set[str] = set()

    def walk(module: str, way: tuple[str, ...]) -> None:
        if module in way:
            circle = " → ".join([*way[way.index(module) :], module])
            pytest.fail(f"{circle}: move what both need into a module of its own.")
        if module not in done:
            for target in sorted(graph[module]):
                walk(target, (*way, module))
            done.add(module)

    for module in sorted(graph):
        walk(module, ())


def test_imports_stand_at_the_top() -> None:
    """An import inside a function hides an arrow, or a circle."""
    wrong = [found for found in all_imports() if not found.at_top]
    assert not wrong, "\n" + "\n".join(
        f"{found}, not at the top. Move it there; if that makes a circle, undo it." for found in wrong
    )


STARTS_NOTHING = """
import gc
gc.disable()  # takes a quarter of the time
import asyncio, importlib, os, pathlib, socket, subprocess, sys, threading
opened = []
WATCHED = ("socket.__new__", "socket.connect", "socket.bind", "subprocess.Popen", "os.fork", "os.mkdir")
sys.addaudithook(lambda event, args: opened.append((event, args)) if event in WATCHED else None)
def files():
    return {str(path) for path in pathlib.Path.cwd().rglob("*")}
before, threads = files(), threading.active_count()
import logging
handlers = list(logging.getLogger().handlers)
for module in sys.argv[1:]:
    importlib.import_module(module)
ours = [event for event, args in opened]
assert not ours, f"an import did {ours}"
assert threading.active_count() == threads, threading.enumerate()
assert files() == before, files() - before
assert logging.getLogger().handlers == handlers
assert asyncio.events._get_running_loop() is None
"""


def test_importing_any_module_starts_nothing(tmp_path: Path) -> None:
    """No thread, socket, process, file, event loop or log handler comes from an import alone."""
    modules = [module for module in SOURCES if not module.endswith("__main__")]
    mains = [module for module in SOURCES if module.endswith("__main__")]
    ended = subprocess.run(
        [sys.executable, "-B", "-c", STARTS_NOTHING, *modules, *mains],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, f"{ended.stderr}\nMove it into a function or a start(), called by bot/app.py."
