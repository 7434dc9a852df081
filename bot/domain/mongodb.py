"""Why MongoDB cannot be used, in a phrase each, and the sentence that mends it."""

REFUSED = "connection refused"
NO_NAME = "its name does not resolve"
BAD_CERTIFICATE = "its certificate is not valid"
NO_TLS = "no secure connection (TLS failed)"
CLOSES = "it closes the connection at once, as a server does that wants TLS"
NO_MONGODB = "what answers there is no MongoDB"
TOO_OLD = "it answers, but is too old for the bot"
OTHER_SET = "it answers, but is not in the replica set that the settings name"
NO_PRIMARY = "its replica set has no primary"
WRONG_LOGIN = "it answers, but the bot's user or password is wrong"
NO_LOGIN = "it answers, but wants a user and password, and the settings have none"
NO_RIGHT = "it answers, but the bot's user may not read its database"

_REMEDIES = {
    REFUSED: "Start MongoDB, or correct host and port in MONGODB_URL.",
    NO_NAME: (
        "Correct the host in MONGODB_URL; a replica set is asked under the names that it has for its members, which "
        "must resolve here too, unless MONGODB_URL says directConnection=true."
    ),
    BAD_CERTIFICATE: "Give its authority as tlsCAFile in MONGODB_URL, and the host as the certificate names it.",
    NO_TLS: "Take tls=true out of MONGODB_URL, or have the server speak TLS.",
    CLOSES: "Write tls=true into MONGODB_URL if the server wants TLS; if not, its log says why.",
    NO_MONGODB: "Correct host and port in MONGODB_URL.",
    TOO_OLD: "Update MongoDB to 4.4 or newer.",
    OTHER_SET: "Correct replicaSet in MONGODB_URL (rs.status() tells the name), or leave it out for a single server.",
    NO_PRIMARY: "Start enough members of the replica set for them to choose a primary.",
    WRONG_LOGIN: "Mend user and password in MONGODB_URL, or authSource there: the database that the user was made in.",
    NO_LOGIN: "Write into MONGODB_URL the user and password of somebody who has readWrite on {database}.",
    NO_RIGHT: "Give the bot's user readWrite on {database}.",
}


def remedy(cause: str, database: str) -> str:
    """What mends it."""
    if cause.startswith("no answer"):
        return "See whether the server hangs or is overloaded, and whether a firewall lies in between."
    return _REMEDIES.get(cause, "Start MongoDB, or correct MONGODB_URL.").format(database=database)
