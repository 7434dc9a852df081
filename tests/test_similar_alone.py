"""Which titles are about the same thing, so that whoever opens the second is asked about the first."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.similar import is_similar

SAME = [
    ("checkout is down", "the checkout is down again"),
    ("checkout is down", "Checkout: DOWN!!"),
    ("checkout is down", "check-out is down"),
    ("checkout is down", "checkout gives 500s since 14:05"),
    ("checkout fails with 500", "checkout returns 503"),
    ("payments are failing", "payment failed"),
    ("payments are down", "paymetns are down"),
    ("DB down", "DB is down"),
    ("API is slow", "the API is at 30s"),
    ("prometheus disk full", "Prometheus is down"),
    ("prometheus disk at 95%", "the disk of Prometheus is full"),
    ("users cannot log in to grafana", "grafana login fails for users"),
    ("Grafana login broken", "cannot log into Grafana"),
    ("prometheus disk almost full", "Prometheus is down"),
    ("LLM API times out", "LLM API answers 503"),
    ("web shop not reachable", "webshop unreachable"),
    ("db2 is unreachable", "DB2 doesn't respond"),
    ("支付服务宕机", "支付服务宕机了"),
    ("checkout  is\u3000down", "ｃｈｅｃｋｏｕｔ is down"),
    ("everything is down", "everything's down"),
    ("outage", "an outage"),
    ("🔥🔥", "🔥🔥"),
]
OTHER = [
    ("checkout is down", "search is down"),
    ("the api is down", "the web is down"),
    ("API is down", "CI is down"),
    ("DB down", "CI down"),
    ("disk full on db1", "disk full on db2"),
    ("node 1 is down", "node 2 is down"),
    ("prometheus disk full", "loki disk full"),
    ("mail service is slow", "order service is slow"),
    ("checkout page broken in france", "checkout page broken in germany"),
    ("mongodb disk full", "mongodb backup failed on friday"),
    ("VPN down for Berlin office", "VPN down for Paris office"),
    ("certificate expired for grafana.example.com", "TLS certificate expires tomorrow on loki"),
    ("Promtail lost logs on host-3", "Promtail lost logs on host-4"),
    ("MongoDB disk 95%", "MongoDB out of connections"),
    ("支付服务宕机", "搜索服务宕机"),
    ("it is down", "checkout is down"),
    ("down", "slow"),
    ("🔥🔥", "🧊"),
    ("🔥", "checkout is down"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_same_thing_in_other_words_is_similar(one: str, other: str) -> None:
    """Whatever the symptom, the endings, the case and the small words."""
    assert is_similar(one, other)
    assert is_similar(other, one)


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_another_thing_with_the_same_symptom_is_not(one: str, other: str) -> None:
    """Half of all incidents are "down"; numbers tell things of one kind apart."""
    assert not is_similar(one, other)
    assert not is_similar(other, one)


WORDS = (
    "the",
    "check",
    "out",
    "checkout",
    "payments",
    "payment",
    "db1",
    "db2",
    "is",
    "down",
    "🔥",
    "支付",
    "login",
    "log",
)
titles = st.text(min_size=1, max_size=60) | st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join)


@given(titles, titles)
@example("checkout login", "check out log in")
def test_it_does_not_matter_which_was_first(one: str, other: str) -> None:
    """Both are asked the same."""
    assert is_similar(one, other) == is_similar(other, one)


@given(titles)
def test_a_title_is_similar_to_itself(title: str) -> None:
    """Also in capitals and with a word that says nothing."""
    assert is_similar(title, title)
    assert is_similar(title, f" {title}  ")


@given(
    st.sampled_from(["checkout", "the order service", "db1", "支付服务"]), st.sampled_from(["", " is down", " again"])
)
def test_small_words_and_symptoms_change_nothing(thing: str, said: str) -> None:
    """What is named decides."""
    assert is_similar(thing, f"our {thing.upper()}{said}!")
