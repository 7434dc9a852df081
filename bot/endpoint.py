"""Addresses that settings name: HTTP services with their credentials kept apart, MongoDB, a thread of Slack.

The complaints never repeat the address: it may hold a password.
"""

import re
from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qs, quote, unquote, urlsplit

from pydantic import SecretStr
from pymongo.errors import PyMongoError
from pymongo.uri_parser import parse_uri

DEFAULT_DATABASE = "butler"
_DATABASE = re.compile(r"[^/\\. \"$*<>:|?]{1,63}")  # https://www.mongodb.com/docs/manual/reference/limits/
_SECRET = re.compile(r"token|secret|passw|credential|signature|key$|^(sig|auth)$", re.IGNORECASE)  # names in a query
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:(\d{1,5}))?")
_PERMALINK = re.compile(r"/archives/([CGD][A-Z0-9]+)/p(\d{10,11})(\d{6})")


@dataclass(frozen=True)
class Endpoint:
    """An HTTP service. `url` has neither credentials, query nor a trailing slash, so it may be shown."""

    url: str
    user: str = ""
    password: SecretStr = field(default_factory=lambda: SecretStr(""))
    query: SecretStr = field(default_factory=lambda: SecretStr(""))  # some services take a key there

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not be shown: the password, else the user (some services take a token there); keys in the query."""
        return (self.password.get_secret_value() or self.user, *_query_secrets(self.query.get_secret_value()))

    @property
    def with_credentials(self) -> str:
        """The address with query, and user and password in it, percent-encoded: a secret."""
        query = self.query.get_secret_value()
        scheme, rest = f"{self.url}?{query}".rstrip("?").split("://", 1)
        if not self.user:
            return f"{scheme}://{rest}"
        return f"{scheme}://{quote(self.user, safe='')}:{quote(self.password.get_secret_value(), safe='')}@{rest}"


@dataclass(frozen=True)
class ThreadLink:
    """A thread of Slack: the channel's id and the `ts` of its first message."""

    channel: str
    ts: str


def http_endpoint(text: str) -> Endpoint:
    """`http(s)://[user:password@]host[:port][/path]`. Raises ValueError with problem and remedy."""
    parts = _split(text)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("is not an http(s) address; write it like http://127.0.0.1:9090")
    userinfo, _, host = parts.netloc.rpartition("@")
    if not _HOST.fullmatch(host) or not _port_fits(parts):
        raise ValueError("has a host or port that cannot be; write it like http://127.0.0.1:9090")
    user, _, password = userinfo.partition(":")
    url = f"{parts.scheme}://{host}{parts.path.rstrip('/')}"
    return Endpoint(url, unquote(user), SecretStr(unquote(password)), SecretStr(parts.query))


def public_url(text: str) -> str:
    """An address that people are shown, as it was written: without credentials. Raises ValueError."""
    if http_endpoint(text).user:
        raise ValueError("has a user name in it, and people are shown this address; leave the credentials out")
    return text


def mongodb_complaint(text: str) -> str:
    """What is wrong with a MongoDB connection string, in words that repeat nothing of it; empty if it is fine.

    https://www.mongodb.com/docs/manual/reference/connection-string/
    """
    scheme, _, rest = text.partition("://")
    if scheme not in ("mongodb", "mongodb+srv"):
        return "does not start with mongodb://; write it like mongodb://127.0.0.1:27017/butler"
    if re.search(r"\s", text):
        return "has a space in it; write a space of the password as %20"
    userinfo, at, place = rest.partition("?")[0].rpartition("@")
    hosts, _, database = place.partition("/")
    if database and not _DATABASE.fullmatch(unquote(database)):
        return "names a database that MongoDB does not allow; write it like …:27017/butler"
    return (
        (_userinfo_complaint(userinfo) if at else "")
        or _hosts_complaint(hosts, one=scheme == "mongodb+srv")
        or _options_complaint(rest.partition("?")[2])
    )


def _options_complaint(options: str) -> str:
    """By the driver's own rules, which say no only when a client is made; its words repeat the value."""
    wrong = [one.partition("=")[0] for one in re.split("[&;]", options) if one and not _is_option(one)]
    names = ", ".join(name if re.fullmatch(r"[A-Za-z]{1,40}", name) else "one without a name" for name in wrong)
    remedy = "mend them, or the files that they name, or leave them out"
    return f"has options that the driver does not take ({names}); {remedy}" if wrong else ""


def _is_option(option: str) -> bool:
    try:
        parse_uri(f"mongodb://user:password@host/?{option}", validate=True, warn=False)
    except (PyMongoError, ValueError, TypeError, OSError):  # a file that it names cannot be read
        return False
    return True


def _hosts_complaint(hosts: str, *, one: bool) -> str:
    names = hosts.split(",")
    if not all((match := _HOST.fullmatch(name)) and int(match[3] or 1) in range(1, 65536) for name in names):
        return "has no usable host; write host or host:port after the @ (several with commas)"
    if one and (len(names) > 1 or ":" in hosts):
        return "is mongodb+srv and has several hosts or a port; name one host without a port"
    return ""


def _userinfo_complaint(userinfo: str) -> str:
    user, colon, password = userinfo.partition(":")
    if not user or (colon and not password):
        return "has an empty user name or password before the @; give both or leave the @ out"
    if re.fullmatch(r"\$\w+", user):
        return "has $NAME where only ${NAME} is filled in; add the braces"
    if re.search(r"[:/@?#\[\]]|%(?![0-9A-Fa-f]{2})", user + password):
        return (
            "has a reserved character (one of : / @ % ? # [ ]) in its user name or password; percent-encode it"
            " (@ is %40), or keep the password in a variable of its own and write ${MONGO_PASSWORD} (encoded for you)"
        )
    return ""


def mongodb_place(url: str) -> str:
    """A connection string without user, password and options, with the database that it means: to be shown."""
    scheme, _, rest = url.partition("://")
    hosts = rest.partition("?")[0].rpartition("@")[2].partition("/")[0]
    return f"{scheme}://{hosts}/{mongodb_database(url)}"


def mongodb_database(url: str) -> str:
    """The database that a connection string names, else `butler`."""
    location = url.partition("://")[2].partition("?")[0]
    return unquote(location.rpartition("@")[2].partition("/")[2]) or DEFAULT_DATABASE


def url_secrets(url: str) -> tuple[str, ...]:
    """The password inside a URL, and keys and passwords among its options, as they are written and decoded."""
    userinfo = url.partition("://")[2].partition("?")[0].rpartition("@")[0]
    password = userinfo.partition(":")[2]
    return (*((password, unquote(password)) if password else ()), *_query_secrets(url.partition("?")[2]))


def _query_secrets(query: str) -> tuple[str, ...]:
    """What is secret in it by its name."""
    pairs = [pair.partition("=") for pair in re.split("[&;]", query.rstrip("/"))]
    values = [value for name, _, value in pairs if _SECRET.search(name) and value]
    return tuple(text for value in values for text in (value, unquote(value)))


def thread_link(text: str) -> ThreadLink:
    """A permalink as Slack's "Copy link" gives it, of the thread's first message or of an answer. Raises ValueError.

    https://docs.slack.dev/reference/methods/chat.getPermalink
    """
    parts = _split(text)
    match = _PERMALINK.fullmatch(parts.path.rstrip("/")) if parts else None
    if parts is None or parts.scheme not in ("http", "https") or match is None:
        raise ValueError(
            "is not a link to a message; use Slack's Copy link, which gives https://….slack.com/archives/C…/p…"
        )
    root = parse_qs(parts.query).get("thread_ts", [f"{match[2]}.{match[3]}"])[0]
    if not re.fullmatch(r"\d{10,11}\.\d{6}", root):
        raise ValueError("has a thread_ts that is no time stamp of Slack; copy the link again with Copy link")
    return ThreadLink(match[1], root)


def _split(text: str) -> SplitResult | None:
    if re.search(r"[\s<>\"]", text):
        return None
    try:
        return urlsplit(text)
    except ValueError:
        return None


def _port_fits(parts: SplitResult) -> bool:
    try:
        return parts.port is None or parts.port > 0
    except ValueError:
        return False
