"""`python -m bot --check-config`, `--version`, `--help` and `doctor` with wrong settings: what a shell is told."""

from pathlib import Path

import pytest

from bot import VERSION
from bot.__main__ import main
from bot.settings import SETTING_NAMES, load
from bot.settings_shown import shown

SECRETS = {
    "SLACK_BOT_TOKEN": "xoxb-canary",
    "SLACK_APP_TOKEN": "xapp-canary",
    "MONGODB_URL": "mongodb://bot:canary-db@a:27017,b:27018/ops?authSource=admin&appName=canary-option",
    "GRAFANA_URL": "http://ann:canary-url@grafana:3000/sub?token=canary-query",
    "SLACK_API_URL": "http://u:canary-api@127.0.0.1:9/api",
    "GRAFANA_PASSWORD": "canary-grafana",
    "LLM_API_KEY": "canary-llm",
    "EXTRA_CHECKS": "mcp=http://u:canary-mcp@127.0.0.1:8004/metrics?key=canary-key",
    "ALERT_WEBHOOK_TOKEN": "canary-webhook",
    "PHONE_BRIDGE": "+49 30 123, code canary-code",
}


@pytest.fixture(autouse=True)
def _bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings but those that a test gives."""
    monkeypatch.chdir(tmp_path)
    for name in SETTING_NAMES:
        monkeypatch.delenv(name, raising=False)


def file_of(folder: Path, **settings: str) -> str:
    path = folder / "settings"
    path.write_text("".join(f"{name}='{value}'\n" for name, value in settings.items()))
    return str(path)


def test_settings_that_can_be_used_are_told_without_a_secret(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Each once, in order, with its value or that it is set; where they were read from; exit status 0."""
    path = file_of(tmp_path, **SECRETS, LOKI_URL="", ANNOUNCE_BEFORE="2h,10m", MAINTENANCE_WINDOW="Sun 1:00-2:00")
    assert main(["--check-config", "--env-file", path]) == 0
    out, err = capfd.readouterr()
    first, *lines = out.splitlines()
    assert (first, err) == (f"The settings can be used. They were read from: {path}, the environment.", "")
    assert [line.split()[0] for line in lines] == list(SETTING_NAMES)
    told = {line.split(maxsplit=1)[0]: line.split(maxsplit=1)[1] for line in lines}
    assert "canary" not in out
    assert told["SLACK_BOT_TOKEN"] == told["ALERT_WEBHOOK_TOKEN"] == told["PHONE_BRIDGE"] == "set, not shown"
    assert told["MONGODB_URL"] == "mongodb://a:27017,b:27018/ops"
    assert told["GRAFANA_URL"] == "http://grafana:3000/sub?…"
    assert told["EXTRA_CHECKS"] == "mcp=http://127.0.0.1:8004/metrics?…"
    assert told["SLACK_API_URL"] == "http://127.0.0.1:9/api/"
    assert (told["LOKI_URL"], told["RUNBOOK_URL"]) == ("switched off", "not set  (default)")
    assert (told["ANNOUNCE_BEFORE"], told["MAINTENANCE_WINDOW"]) == ("2h, 10m", "Sun 01:00-02:00 UTC")
    assert (told["PORT"], told["ENDING_SOON"]) == ("8080  (default)", "30 min  (default)")


def test_only_what_is_the_default_is_marked_so(tmp_path: Path) -> None:
    """With the two tokens alone everything else is; the addresses follow ENDPOINTS."""
    tokens = {name: SECRETS[name] for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN")}
    thread = "https://x.slack.com/archives/C0OPS/p1700000000123456"
    for more in ({}, {"ENDPOINTS": "docker", "COORDINATION_THREAD": thread}):
        text = shown(load((), {**tokens, **more}), [])
        marked = {line.split()[0] for line in text.splitlines() if line.endswith("(default)")}
        assert {*SETTING_NAMES} - marked == {*tokens, *more}
    assert "COORDINATION_THREAD   C0OPS, message 1700000000.123456" in text
    assert "mongodb://shared-mongo:27017/butler  (default)" in text


def test_wrong_settings_are_all_complained_of(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """`--check-config` says what a start would say, with exit status 2; the doctor says it as its lines."""
    path = file_of(tmp_path, SLACK_BOT_TOKEN="xapp-canary", PORT="http")
    assert main(["--check-config", "--env-file", path]) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert [line.split()[1] for line in err.splitlines()[1:]] == ["SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "PORT"]
    assert "under Basic Information, App-Level Tokens" in err
    assert main(["doctor", "--env-file", path]) == 2
    told, nothing = capfd.readouterr()
    assert nothing == ""
    assert [line.split()[:3] for line in told.splitlines()[:3]] == [
        ["FAIL", "settings", name] for name in ("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "PORT")
    ]
    assert told.endswith("0 OK, 0 WARN, 3 FAIL.\n")
    assert "canary" not in err + told


def test_check_config_stands_alone(capfd: pytest.CaptureFixture[str]) -> None:
    """With a command beside it nobody would know which of the two is meant."""
    with pytest.raises(SystemExit) as caught:
        main(["--check-config", "doctor"])
    assert caught.value.code == 2
    assert "leave doctor out" in capfd.readouterr().err


def test_help_and_version_need_no_settings(capfd: pytest.CaptureFixture[str]) -> None:
    """`--help` lists every command and option with its exit statuses, `--version` the version."""
    for words in (["--help"], ["--version"]):
        with pytest.raises(SystemExit) as caught:
            main(words)
        assert caught.value.code == 0
    out = " ".join(capfd.readouterr().out.split())
    for words_of_help in ("health ask the shared", "doctor is the bot set up well", "manifest write the manifest",
                          "--check-config", "--env-file PATH", "exit 0 all OK, 1 a WARN, 2 a FAIL"):  # fmt: skip
        assert words_of_help in out
    assert out.endswith(f"Ops Bot {VERSION}")
