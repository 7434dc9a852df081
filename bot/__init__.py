"""Ops Bot: the operations guide of a small group, alive in its Slack channel."""

VERSION = "0.1.0"
