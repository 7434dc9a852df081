"""Dockerfile, compose.yaml and the systemd unit, as far as they can be checked without Docker."""

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.metrics import Metrics
from bot.settings import SETTING_NAMES, load
from bot.web import Readiness, Web

ROOT = Path(__file__).parents[1]
UNIT = ROOT / "docs" / "ops-bot.service"
TOKENS = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1"}
EXPOSURE = 15  # of 100, by systemd's own reckoning; without any hardening it is 96


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions with their arguments, in order."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text("utf-8"), flags=re.MULTILINE).replace("\\\n", " ")
    return [(line.split(maxsplit=1)[0], " ".join(line.split()[1:])) for line in text.splitlines() if line.strip()]


def arguments(instruction: str) -> list[str]:
    return [rest for name, rest in instructions() if name == instruction]


def image_environment() -> dict[str, str]:
    (told,) = arguments("ENV")
    return dict(pair.split("=", 1) for pair in told.split())


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))["services"])


# The image


def test_the_image_is_made_of_pinned_parts_and_is_not_root() -> None:
    """Base and packages come in known versions; what runs is a number that owns nothing."""
    bases = [base.split()[0] for base in arguments("FROM")]
    assert len({*bases}) == 1
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-[a-z]+", bases[0])
    assert "--require-hashes -r requirements-full.txt" in " ".join(arguments("RUN"))
    (user,) = arguments("USER")
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)
    assert [name for name, _ in instructions()].index("USER") > max(
        number for number, (name, _) in enumerate(instructions()) if name in ("RUN", "COPY")
    )
    assert json.loads(arguments("CMD")[0]) == ["python", "-m", "bot"]


def test_the_image_gets_what_the_bot_needs_and_no_settings_or_history() -> None:
    """All that is copied is there, .dockerignore lets nothing else in, and each name set is a setting."""
    copied = [rest.split()[0] for rest in arguments("COPY") if not rest.startswith("--from")]
    assert sorted(copied) == ["bot", "handlers", "requirements-full.txt"]
    assert all((ROOT / name).exists() for name in copied)
    first, *others = [line for line in (ROOT / ".dockerignore").read_text("utf-8").split() if line[0] in "*!"]
    assert first == "*"
    assert {line for line in others if line.startswith("!")} == {f"!{name}" for name in copied}
    ours = {name for name in image_environment() if name not in ("PATH", "PYTHONUNBUFFERED")}
    assert ours <= {*SETTING_NAMES}
    load((), {**TOKENS, **{name: image_environment()[name] for name in ours}})


async def test_the_images_health_check_tells_a_bot_that_lives_from_one_that_does_not() -> None:
    """The command itself, run against the bot's own server: 0 as long as it answers, starting or not."""
    (told,) = arguments("HEALTHCHECK")
    command = [sys.executable, *json.loads(told.partition(" CMD ")[2])[1:]]
    web = Web("127.0.0.1", 0, lambda: Readiness("starting"), Metrics())
    environment = {"PORT": str(await web.start()), "PATH": os.environ["PATH"]}

    async def status() -> int:
        asking = await asyncio.create_subprocess_exec(
            *command, env=environment, stderr=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL
        )
        return await asking.wait()

    assert await status() == 0
    await web.stop()
    assert await status() != 0


def test_the_locks_agree() -> None:
    """What the image installs is what is tested, in the same versions."""

    def pins(name: str) -> set[str]:
        return set(re.findall(r"^[a-z0-9-]+==[^ ]+", (ROOT / name).read_text("utf-8"), re.MULTILINE))

    assert pins("requirements.txt") < pins("requirements-full.txt") < pins("requirements-dev.txt")
    assert {one.partition("==")[0] for one in pins("requirements-full.txt")} >= {"matplotlib", "icalendar"}


# Compose


def test_compose_gives_the_bot_settings_that_it_can_use(services: dict[str, Any]) -> None:
    """Each name is a setting; MONGODB_URL of .env wins, and is the MongoDB beside it otherwise."""
    environment = dict(services["bot"]["environment"])
    assert environment.keys() <= {*SETTING_NAMES}
    name, _, fallback = environment["MONGODB_URL"].strip("${}").partition(":-")
    assert (name, services["bot"]["env_file"]) == ("MONGODB_URL", ".env")
    made = load((), {**TOKENS, **environment, "MONGODB_URL": fallback})
    assert made.mongodb_url.get_secret_value() == "mongodb://mongodb:27017/butler?replicaSet=rs0"
    assert made.prometheus_url is not None
    assert made.prometheus_url.url == "http://shared-prometheus:9090"
    assert services["bot"]["ports"] == [f"127.0.0.1:{made.port}:{made.port}"]
    assert made.host == "0.0.0.0"
    assert int(services["bot"]["stop_grace_period"].removesuffix("s")) > 10


def test_compose_joins_the_shared_network_and_keeps_mongodb_out_of_it(services: dict[str, Any]) -> None:
    """The bot is in both networks; a MongoDB without a password is in its own alone, and publishes no port."""
    networks = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))["networks"]
    assert networks == {"infra": {"name": "infra_infra_app-network", "external": True}}
    assert services["bot"]["networks"] == ["default", "infra"]
    assert services["mongodb"]["networks"] == ["default"]
    assert "ports" not in services["mongodb"]
    assert re.fullmatch(r"mongo:\d+\.\d+\.\d+", services["mongodb"]["image"])
    assert "--replSet rs0" in services["mongodb"]["command"]
    assert services["mongodb"]["volumes"] == ["mongodb:/data/db"]


def test_compose_takes_every_right_from_the_bot(services: dict[str, Any]) -> None:
    """Nothing to write but /tmp, no capability, no way to new ones."""
    bot = services["bot"]
    assert (bot["read_only"], bot["cap_drop"], bot["tmpfs"]) == (True, ["ALL"], ["/tmp"])
    assert bot["security_opt"] == ["no-new-privileges:true"]


# systemd


def systemd_analyze(*words: str) -> str:
    """What systemd-analyze says; it must be content."""
    program = shutil.which("systemd-analyze") or pytest.fail("this test needs the Debian package systemd")
    ended = subprocess.run([program, *words], capture_output=True, text=True, check=False, timeout=30)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout + ended.stderr


def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    """Every line of it; only the path of Python is one of this machine's here."""
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text("utf-8").replace("/opt/ops-bot/.venv/bin/python", sys.executable), "utf-8")
    assert systemd_analyze("verify", "--man=no", "--recursive-errors=no", str(unit)) == ""


def test_systemd_finds_the_unit_well_locked_up() -> None:
    """By its own reckoning of what a service could do to the machine."""
    told = systemd_analyze("security", "--no-pager", "--offline=true", f"--threshold={EXPOSURE}", str(UNIT))
    assert "Overall exposure level for ops-bot.service" in told


def test_the_unit_waits_for_the_drain_and_does_not_repeat_wrong_settings() -> None:
    """More than the bot's ten seconds to stop; exit status 2 is final; the settings' file is not for everybody."""
    text = UNIT.read_text("utf-8")
    assert int(re.findall(r"^TimeoutStopSec=(\d+)$", text, re.MULTILINE)[0]) > 10
    assert "RestartPreventExitStatus=2\n" in text
    assert "LoadCredential=env:/etc/ops-bot/env\n" in text
    assert "-m bot --env-file %d/env\n" in text
