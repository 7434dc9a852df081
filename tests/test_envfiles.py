"""Where settings come from: files, the environment, and `${NAME}` across them."""

from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pymongo.uri_parser import parse_uri

from bot.errors import ConfigError
from bot.settings import load

TOKENS = {"SLACK_BOT_TOKEN": "xoxb-1-canary", "SLACK_APP_TOKEN": "xapp-1-canary"}
GUIDE_URL = "mongodb://${MONGO_USER}:${MONGO_PASSWORD}@127.0.0.1:27017/butler?authSource=admin"


@pytest.fixture(autouse=True)
def _empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def complaints(environ: dict[str, str], *files: Path) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        load(files, environ)
    return caught.value.complaints


def test_the_environment_wins_over_later_files_and_these_over_earlier_ones(tmp_path: Path) -> None:
    """Of the same name, the process environment counts first, then the last file."""
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_text("LLM_MODEL=first\nGRAFANA_USER=first\nPHONE_BRIDGE=first\n")
    second.write_text("export LLM_MODEL=second\nexport GRAFANA_USER=second\n")
    made = load([first, second], {**TOKENS, "LLM_MODEL": "environment"})
    assert (made.llm_model, made.grafana_user, made.phone_bridge) == ("environment", "second", "first")


def test_dot_env_is_read_only_if_no_file_is_named(tmp_path: Path) -> None:
    """`.env` of the current directory is the default; a named file replaces it."""
    (tmp_path / ".env").write_text("LLM_MODEL=from-dot-env")
    (tmp_path / "other").write_text("")
    assert load((), TOKENS).llm_model == "from-dot-env"
    assert load([tmp_path / "other"], TOKENS).llm_model == "qwen"


@pytest.mark.parametrize("order", [("infra", "env"), ("env", "infra")])
def test_variables_are_filled_in_across_files_in_any_order(tmp_path: Path, order: tuple[str, ...]) -> None:
    """The guide's `.env.infra` defines user and password, `.env` uses them; unknown and odd lines are passed over."""
    (tmp_path / "infra").write_text(
        "set -a\nexport MONGO_USER=admin\nMONGO_PASSWORD='p@ss/w:rd%$${HOME}'\nOTHER=${NOWHERE}\n# MONGODB_URL broken\n"
    )
    (tmp_path / "env").write_text(f"MONGODB_URL={GUIDE_URL}\nGRAFANA_PASSWORD=${{MONGO_PASSWORD}}\n")
    made = load([tmp_path / name for name in order], TOKENS)
    parsed = parse_uri(made.mongodb_url.get_secret_value())
    assert (parsed["username"], parsed["password"]) == ("admin", "p@ss/w:rd%$${HOME}")
    assert made.mongodb_database == "butler"
    assert made.grafana_password is not None
    assert made.grafana_password.get_secret_value() == "p@ss/w:rd%$${HOME}"


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1))
@example("@:/%?#[] +é")
@settings(deadline=None, max_examples=60)
def test_any_password_survives_its_way_into_the_mongodb_url(password: str) -> None:
    """Whatever characters MONGO_PASSWORD has, MongoDB is given exactly that password, and it is known as a secret."""
    made = load((), {**TOKENS, "MONGO_USER": "us@r", "MONGO_PASSWORD": password, "MONGODB_URL": GUIDE_URL})
    parsed = parse_uri(made.mongodb_url.get_secret_value())
    assert (parsed["username"], parsed["password"]) == ("us@r", password)
    assert password in made.secrets()


def test_variables_come_from_the_environment_with_defaults_and_not_into_single_quotes(tmp_path: Path) -> None:
    """`${NAME}` sees the environment, `${NAME:-text}` falls back, and a single-quoted value is literal."""
    (tmp_path / ".env").write_text(
        "SLACK_BOT_TOKEN=${TOKEN}\nLLM_MODEL='a$b${c}'\nGRAFANA_USER=${NOBODY:-viewer}\n"
        "PROMETHEUS_URL=http://${PROM_USER}:${PROM_PASSWORD}@prom:9090\nLOKI_URL=http://${LOKI_HOST}/base/\n"
    )
    environ = {"TOKEN": "xoxb-7", "PROM_USER": "me", "PROM_PASSWORD": "a/b", "LOKI_HOST": "loki:3100"}
    made = load((), {"SLACK_APP_TOKEN": "xapp-1", **environ})
    assert made.slack_bot_token.get_secret_value() == "xoxb-7"
    assert (made.llm_model, made.grafana_user) == ("a$b${c}", "viewer")
    assert made.prometheus_url is not None
    assert made.prometheus_url.with_credentials == "http://me:a%2Fb@prom:9090"
    assert made.loki_url is not None
    assert made.loki_url.with_credentials == made.loki_url.url == "http://loki:3100/base"


def test_quotes_that_docker_leaves_around_a_setting_are_taken_off() -> None:
    """`docker run --env-file .env` hands a line on as it is written; within single quotes all is literal."""
    environ = {"OPS_CHANNEL": "'#ops'", "LOKI_URL": '"http://${LOKI_HOST}"', "LOKI_HOST": "loki", "LLM_MODEL": "it's'"}
    made = load((), {**TOKENS, **environ, "GRAFANA_PASSWORD": "'a b'", "PHONE_BRIDGE": "'http://${X}'"})
    assert (made.ops_channel, made.llm_model, made.phone_bridge) == ("#ops", "it's'", "http://${X}")
    assert made.grafana_password is not None
    assert made.grafana_password.get_secret_value() == "a b"
    assert made.loki_url is not None
    assert made.loki_url.url == "http://loki"


def test_undefined_and_circular_variables_are_named(tmp_path: Path) -> None:
    """A `${NAME}` that leads nowhere is the one complaint about its setting."""
    (tmp_path / ".env").write_text("SLACK_APP_TOKEN=${NOWHERE}\nLLM_MODEL=${A}\nA=${B}\nB=${A}\n")
    told = complaints({"SLACK_BOT_TOKEN": "xoxb-1"})
    assert len(told) == 2
    assert told[0].startswith("SLACK_APP_TOKEN uses ${NOWHERE}, which is not defined; define NOWHERE in")
    assert told[1].startswith("B uses ${A}, which needs B itself")


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    """A missing file, a folder, a file of another encoding and a broken line of ours are each a complaint."""
    (tmp_path / "latin").write_bytes("LLM_MODEL=é".encode("latin-1"))
    (tmp_path / "broken").write_text("\n\nLLM_API_KEY='never closed\nexport PATH\nPORT 80\n")
    told = complaints(TOKENS, tmp_path / "none", tmp_path, tmp_path / "latin", tmp_path / "broken")
    assert [text.partition(";")[0].replace(str(tmp_path), "…") for text in told] == [
        "The file …/none cannot be read (No such file or directory)",
        "The file … cannot be read (Is a directory)",
        "The file …/latin is not UTF-8 text",
        "Line 3 of …/broken names LLM_API_KEY but cannot be read",
        "Line 5 of …/broken names PORT but cannot be read",
    ]
