/** Short texts that come and go, such as a command that the app did not answer in time. */
import { h } from "./dom.js";
import { withEmoji } from "./emoji.js";
import { app, forget } from "./store.js";

export function toastList() {
  return app.toasts.map((toast) =>
    h(
      "div",
      { class: toast.alert ? "toast alert" : "toast", role: toast.alert ? "alert" : undefined, key: toast.id },
      h("span", null, withEmoji(toast.text)),
      h("button", { type: "button", class: "plain", "aria-label": "Dismiss", onclick: () => forget(toast) }, "✕"),
    ),
  );
}
