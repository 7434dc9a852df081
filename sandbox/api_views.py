"""views.* and apps.connections.open. https://docs.slack.dev/reference/methods/views.open"""

from collections.abc import Callable

from sandbox.manifest import Manifest
from sandbox.records import Json, SlackError
from sandbox.screens import Screens
from sandbox.web_api import Method
from sandbox.wire import view_json
from sandbox.workspace import View, Workspace


class Views:
    """Modals and Home tabs, as the app sees them. `link` makes the address of a fresh websocket."""

    def __init__(self, workspace: Workspace, screens: Screens, manifest: Manifest, link: Callable[[], str]) -> None:
        self._workspace = workspace
        self._screens = screens
        self._manifest = manifest
        self._link = link

    def methods(self) -> dict[str, Method]:
        """By name."""
        return {
            "views.open": Method(lambda args: self._said(self._screens.open(args.get("trigger_id"), args.get("view")))),
            "views.push": Method(lambda args: self._said(self._screens.push(args.get("trigger_id"), args.get("view")))),
            "views.update": Method(lambda args: self._said(self._screens.update(args))),
            "views.publish": Method(self.publish),
            "apps.connections.open": Method(lambda _args: {"url": self._link()}, app_token=True),
        }

    def publish(self, args: Json) -> Json:
        """views.publish."""
        if not self._manifest.has_home:
            raise SlackError("not_enabled", "the manifest does not switch the Home tab on")
        if not args.get("user_id"):
            raise SlackError("invalid_arguments", messages=("missing required field: user_id",))
        return self._said(self._screens.publish(args["user_id"], args.get("view"), args.get("hash")))

    def _said(self, view: View) -> Json:
        return {"view": view_json(self._workspace, view)}
