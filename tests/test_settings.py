"""Settings: what they become, and what is said of wrong ones."""

from collections.abc import Mapping
from datetime import time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.__main__ import main
from bot.domain.rule import WindowRule
from bot.endpoint import ThreadLink
from bot.errors import ConfigError
from bot.settings import DEFAULT_ADDRESSES, SETTING_NAMES, Settings, load

TOKENS = {"SLACK_BOT_TOKEN": "xoxb-1-canary", "SLACK_APP_TOKEN": "xapp-1-canary"}
SERVICES = ("prometheus", "grafana", "loki", "llm", "alertmanager")
EXAMPLE = Path(__file__).parents[1] / ".env.example"


@pytest.fixture(autouse=True)
def _empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def with_tokens(**more: str) -> Settings:
    return load((), {**TOKENS, **more})


def complaints(environ: Mapping[str, str], *files: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(files, environ)
    return list(caught.value.complaints)


def complaint(**more: str) -> str:
    (only,) = complaints({**TOKENS, **more})
    return only


def test_two_tokens_are_enough_and_the_rest_has_the_defaults_of_the_design() -> None:
    """With the two tokens alone, everything else is as the settings table says."""
    made = with_tokens()
    assert not made.http_mode
    assert made.slack_api_url == "https://slack.com/api/"
    assert (made.ops_channel, made.ops_admins) == ("#ops-shared", ())
    assert made.mongodb_url.get_secret_value() == "mongodb://127.0.0.1:27017/butler"
    assert (made.endpoints, made.grafana_user, made.grafana_password) == ("host", "admin", None)
    assert (made.llm_model, made.llm_api_key, made.extra_checks) == ("qwen", None, ())
    assert made.maintenance_window == WindowRule(5, time(2), time(6), ZoneInfo("UTC"))
    assert made.announce_before == (
        ("24h", timedelta(days=1)),
        ("1h", timedelta(hours=1)),
        ("15m", timedelta(minutes=15)),
    )
    assert (made.ending_soon, made.health_interval) == (timedelta(minutes=30), timedelta(minutes=1))
    assert (made.escalate_after, made.update_every) == (timedelta(minutes=10), timedelta(minutes=30))
    assert (made.alert_webhook_token, made.phone_bridge) == (None, None)
    assert (made.runbook_url, made.coordination_thread) == (None, None)
    assert (made.host, made.port, made.log_format, made.log_level) == ("127.0.0.1", 8080, "json", "info")


def test_the_example_lists_each_setting_once_in_order_and_shows_the_defaults(tmp_path: Path) -> None:
    """`.env.example` loads once the tokens are filled in, and its commented lines are the defaults."""
    lines = EXAMPLE.read_text().splitlines()
    shown = [line.lstrip("#") for line in lines if line.lstrip("#").partition("=")[0] in SETTING_NAMES]
    assert [line.partition("=")[0] for line in shown] == list(SETTING_NAMES)
    as_it_is, uncommented = tmp_path / "as_it_is", tmp_path / "uncommented"
    as_it_is.write_text("\n".join(lines))
    uncommented.write_text("\n".join(shown))
    tokens = {name: TOKENS[name] for name in TOKENS}
    assert load([as_it_is], tokens) == load([uncommented], tokens) == with_tokens()


@pytest.mark.parametrize("column", ["host", "docker"])
def test_endpoints_chooses_the_column_of_the_guide(column: str) -> None:
    """ENDPOINTS gives MongoDB and the five services their addresses."""
    made = with_tokens(ENDPOINTS=column.upper())
    expected = DEFAULT_ADDRESSES[column]
    assert made.mongodb_url.get_secret_value() == expected["mongodb_url"]
    for service in SERVICES:
        assert getattr(made, f"{service}_url").url == expected[f"{service}_url"]


def test_an_empty_address_switches_a_service_off_and_other_empty_settings_count_as_unset() -> None:
    """`LOKI_URL=` means no Loki; `PORT=` means the default."""
    made = with_tokens(LOKI_URL="", PORT="", MONGODB_URL=" ", GRAFANA_PASSWORD="")
    assert made.loki_url is None
    assert made.prometheus_url is not None
    assert (made.port, made.mongodb_database, made.grafana_password) == (8080, "butler", None)


def test_all_complaints_come_at_once_in_order_and_without_any_value_of_a_secret() -> None:
    """Every wrong setting is named with its remedy; secrets are not repeated, not even wrong ones."""
    wrong = {
        "SLACK_BOT_TOKEN": "xapp-canary1",
        "SLACK_APP_TOKEN": "xoxb-canary2",
        "SLACK_API_URL": "ftp://canary3@x",
        "OPS_CHANNEL": "#Ops Shared",
        "OPS_ADMINS": "U012AB3CD, ann",
        "MONGODB_URL": "mongodb://admin:canary4@x@host/butler",
        "ENDPOINTS": "kubernetes",
        "PROMETHEUS_URL": "http://user:canary5@:9090",
        "LLM_API_KEY": "canary6 canary6",
        "EXTRA_CHECKS": "mcp=canary7",
        "MAINTENANCE_WINDOW": "Sat 02:00",
        "ANNOUNCE_BEFORE": "1h,60m",
        "ENDING_SOON": "0m",
        "HEALTH_INTERVAL": "a minute",
        "ALERT_WEBHOOK_TOKEN": "canary8\ncanary8",
        "RUNBOOK_URL": "https://me:canary9@wiki/runbook",
        "COORDINATION_THREAD": "https://x.slack.com/archives/C0OPS",
        "HOST": "local host",
        "PORT": "70000",
        "LOG_FORMAT": "xml",
        "LOG_LEVEL": "loud",
    }
    told = complaints(wrong)
    assert [text.split()[0] for text in told] == list(wrong)
    assert "canary" not in " ".join(told)
    assert all(";" in text and text.endswith(".") for text in told)


def test_exactly_one_way_to_slack_is_asked_for() -> None:
    """The app token means Socket Mode, the signing secret HTTP mode; both or neither is a complaint."""
    bot = {"SLACK_BOT_TOKEN": "xoxb-1"}
    assert load((), {**bot, "SLACK_SIGNING_SECRET": "abc123"}).http_mode
    assert "is set, and so is SLACK_APP_TOKEN" in complaint(SLACK_SIGNING_SECRET="abc123")
    assert "is missing, and so is SLACK_APP_TOKEN" in complaints(bot)[0]
    assert complaints({"SLACK_APP_TOKEN": "xapp-1"})[0].startswith("SLACK_BOT_TOKEN is missing; set it")


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("Sat 02:00-06:00 UTC", WindowRule(5, time(2), time(6), ZoneInfo("UTC"))),
        ("saturday 2:00 – 6:30", WindowRule(5, time(2), time(6, 30), ZoneInfo("UTC"))),
        ("SUN 23:30-01:00 Europe/Paris", WindowRule(6, time(23, 30), time(1), ZoneInfo("Europe/Paris"))),
        ("Thurs 22:00-24:00 utc", WindowRule(3, time(22), time(0), ZoneInfo("UTC"))),
    ],
)
def test_the_weekly_window_is_read(text: str, rule: WindowRule) -> None:
    """Any weekday, short or long, in any case; any IANA zone or none; it may cross midnight."""
    assert with_tokens(MAINTENANCE_WINDOW=text).maintenance_window == rule


@pytest.mark.parametrize(
    "text",
    [
        "Sa 02:00-06:00",
        "Sat 02:00-02:00",
        "Sat 02:00-25:00",
        "Sat 2-6",
        "Sat 02:00-06:00 Mars/Base",
        "daily 02:00-03:00",
        "Sat 02:00-06:00 Europe",
        "Sat 02:00-06:00 ../etc",
        "Sat 02:00-06:00 UTC+2",
        "Sat 24:00-00:00",
    ],
)
def test_a_weekly_window_that_cannot_be_is_refused(text: str) -> None:
    """No minutes, no such time, no such day and no such zone are complaints."""
    assert complaint(MAINTENANCE_WINDOW=text).startswith("MAINTENANCE_WINDOW ")


def test_rungs_keep_their_names_and_are_sorted_by_length() -> None:
    """ANNOUNCE_BEFORE keeps each entry as written, the longest first."""
    assert with_tokens(ANNOUNCE_BEFORE="90s, 1d,120m").announce_before == (
        ("1d", timedelta(days=1)),
        ("120m", timedelta(hours=2)),
        ("90s", timedelta(seconds=90)),
    )


@pytest.mark.parametrize("text", ["15", "m", "-5m", "1.5h", "1w", "999999999d", "15 m", "١m", "24h,1d"])
def test_durations_that_cannot_be_are_refused(text: str) -> None:
    """A duration is one number and one unit, longer than nothing and at most a year."""
    assert complaint(ANNOUNCE_BEFORE=text).startswith("ANNOUNCE_BEFORE ")


@pytest.mark.parametrize(
    ("text", "channel"), [("ops-shared", "#ops-shared"), ("#büro_1", "#büro_1"), ("C0OPSSHARED", "C0OPSSHARED")]
)
def test_a_channel_is_a_name_or_an_id(text: str, channel: str) -> None:
    """A name gets its #, an id stays."""
    assert with_tokens(OPS_CHANNEL=text).ops_channel == channel


def test_extra_checks_have_names_of_their_own() -> None:
    """Each is name=url; names that are built in, words of /health, twice the same or missing are complaints."""
    made = with_tokens(EXTRA_CHECKS="MCP=http://127.0.0.1:8004/metrics, site=https://me:pw-secret@example.org/?a=b,")
    assert [(name, endpoint.url) for name, endpoint in made.extra_checks] == [
        ("mcp", "http://127.0.0.1:8004/metrics"),
        ("site", "https://example.org"),
    ]
    assert "pw-secret" in made.secrets()
    for wrong in ("loki=http://x", "deep=http://x", "a=http://x,a=http://y", "http://x", "a b=http://x", "a=x"):
        assert complaint(EXTRA_CHECKS=wrong).startswith("EXTRA_CHECKS has ")


@pytest.mark.parametrize(
    ("link", "thread"),
    [
        ("https://x.slack.com/archives/C0OPS/p1700000000123456", ThreadLink("C0OPS", "1700000000.123456")),
        (
            "https://x.slack.com/archives/C0OPS/p1700000009000000?thread_ts=1700000000.123456&cid=C0OPS",
            ThreadLink("C0OPS", "1700000000.123456"),
        ),
    ],
)
def test_the_coordination_thread_is_a_permalink(link: str, thread: ThreadLink) -> None:
    """A link to any message of the thread names the thread."""
    assert with_tokens(COORDINATION_THREAD=link).coordination_thread == thread


@pytest.mark.parametrize(
    "url",
    [
        "http://x",
        "mongodb://",
        "mongodb://h:0/x",
        "mongodb://h:99999",
        "mongodb://u:@h/x",
        "mongodb://:p@h/x",
        "mongodb://u:p/w@h/x",
        "mongodb://u:p%w@h",
        "mongodb://h/a.b",
        "mongodb://h/a b",
        "mongodb://$MONGO_USER:x@h/x",
        "mongodb+srv://a,b/x",
        "mongodb+srv://a:27017/x",
        "mongodb://h,,i/x",
    ],
)
def test_a_mongodb_url_that_cannot_be_is_refused(url: str) -> None:
    """Scheme, hosts, credentials and database are looked at, without asking anybody."""
    assert complaint(MONGODB_URL=url).startswith("MONGODB_URL ")


@pytest.mark.parametrize(
    ("url", "database"),
    [
        ("mongodb://a:1,b:2,[::1]:3/ops?replicaSet=rs0", "ops"),
        ("mongodb://h", "butler"),
        ("mongodb://h/?tls=true", "butler"),
        ("mongodb+srv://u:p%40@cluster.example.org/x", "x"),
    ],
)
def test_the_database_is_the_one_that_the_url_names(url: str, database: str) -> None:
    """Without one it is `butler`."""
    assert with_tokens(MONGODB_URL=url).mongodb_database == database


def test_secrets_are_listed_and_do_not_show_in_the_settings_themselves() -> None:
    """`secrets()` has every secret, passwords in URLs included, and printing the settings shows none of them."""
    hidden = {f"canary-{n}" for n in range(6)}
    made = with_tokens(
        GRAFANA_PASSWORD="canary-0",
        LLM_API_KEY="canary-1",
        ALERT_WEBHOOK_TOKEN="canary-2",
        MONGODB_URL="mongodb://u:canary-3@h/x",
        PROMETHEUS_URL="http://u:canary-4@h",
        EXTRA_CHECKS="x=http://u:canary-5@h",
    )
    assert set(made.secrets()) == hidden | set(TOKENS.values())
    assert "canary" not in repr(made) + str(made) + made.model_dump_json()


def test_the_api_address_ends_in_a_slash() -> None:
    """Slack's client appends method names to it."""
    assert with_tokens(SLACK_API_URL="http://127.0.0.1:9/api").slack_api_url == "http://127.0.0.1:9/api/"


@given(st.dictionaries(st.sampled_from(SETTING_NAMES), st.text(st.characters(exclude_characters="\0"), max_size=40)))
@settings(deadline=None, max_examples=150)
def test_any_nonsense_becomes_settings_or_complaints(environ: dict[str, str]) -> None:
    """Whatever the settings say, the answer is settings or sentences, each of which names a setting."""
    told: tuple[str, ...] = ("PORT 8080 is fine",)
    try:
        load((), environ)
    except ConfigError as error:
        told = error.complaints
    assert told
    assert all(text.split()[0] in SETTING_NAMES for text in told)


def test_a_token_on_the_wrong_line_is_not_shown(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Complaints go to logs: what looks like a token is masked in them."""
    for name, text in {**TOKENS, "PORT": "xoxb-1-elsewhere", "ENDPOINTS": "xapp-1-elsewhere"}.items():
        monkeypatch.setenv(name, text)
    assert main([]) == 2
    said = capsys.readouterr().err
    assert "PORT" in said
    assert "elsewhere" not in said
