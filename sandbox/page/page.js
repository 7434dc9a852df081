/** The page of the sandbox workspace: puts the columns together and renders them again whenever something changes. */
import { h, render } from "./dom.js";
import { focusFirstField, modalNode } from "./modal.js";
import { channelPane, closeThread, homePane, openMenu, threadPane } from "./panes.js";
import { keepEnds, notePlace } from "./scrolling.js";
import { sidebar } from "./sidebar.js";
import { app, here, HOME, start } from "./store.js";
import { toastList } from "./toasts.js";

const root = document.getElementById("app");
const modals = document.getElementById("modals");
const toasts = document.getElementById("toasts");

function draw() {
  render(
    root,
    app.state
      ? layout()
      : h(
          "p",
          { class: "waiting" },
          app.online ? "Opening the workspace…" : "The sandbox does not answer yet. Trying again…",
        ),
  );
  render(modals, modalNode());
  render(toasts, app.state?.modals?.length ? [] : toastList());
  keepEnds();
  focusFirstField();
  notePlace();
}

function layout() {
  const channel = here();
  const thread = channel && app.thread;
  const classes = ["layout", thread && "with-thread", app.menuOpen && "menu-open"].filter(Boolean).join(" ");
  return h(
    "div",
    { class: classes, onkeydown: escape },
    sidebar(),
    app.menuOpen && h("div", { class: "shade", onclick: () => openMenu(false) }),
    app.channel === HOME ? homePane() : channelPane(channel),
    thread && threadPane(channel, thread),
  );
}

function escape(event) {
  if (event.key !== "Escape") return;
  if (app.menuOpen) openMenu(false);
  else if (event.target.closest(".thread")) closeThread();
}

document.addEventListener("visibilitychange", notePlace);
document.addEventListener("load", keepEnds, true); // a picture that arrives late makes its list longer
addEventListener("resize", keepEnds);
start(draw);
