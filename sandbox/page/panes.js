/** The panes beside the left column: an open channel, a thread, the Home tab of the app. */
import { blocksNode } from "./blocks.js";
import { composer, prefill } from "./composer.js";
import { h } from "./dom.js";
import { edit } from "./editing.js";
import { messageList } from "./messages.js";
import { follow, newestOf, scrolled, toEnd } from "./scrolling.js";
import { app, changed, go, labelOf, repliesOf } from "./store.js";

const TRY = ["/health", "/incident open sev2 checkout is down", "/checklist start"];
const HINT_KEY = "sandbox-hint-dismissed";

function top(title, detail) {
  const toggle = {
    type: "button",
    class: "plain only-narrow",
    "aria-label": "Channels and services",
    "aria-expanded": String(app.menuOpen),
    "aria-controls": "sidebar",
    onclick: () => openMenu(!app.menuOpen),
  };
  return h(
    "header",
    { class: "top" },
    h("button", toggle, "☰"),
    h("h1", null, title),
    detail && h("small", null, detail),
  );
}

export function openMenu(open) {
  app.menuOpen = open;
  changed();
}

export function channelPane(channel) {
  const { messages } = channel;
  const list = {
    class: "messages",
    role: "log",
    "aria-label": `Messages in ${labelOf(channel)}`,
    "data-scroll": "channel",
    key: `${app.me}/${channel.id}`,
    mount: toEnd,
    onscroll: scrolled,
  };
  return h(
    "main",
    { class: "pane" },
    top(labelOf(channel), `as ${app.state.people.find((one) => one.id === app.me)?.real_name ?? app.me}`),
    h("h2", { class: "unseen" }, "Messages"),
    h("div", list, messages.length ? null : beginning(channel), h("ol", null, messageList(messages, "channel"))),
    newerPill(channel),
    messages.some((message) => message.bot) ? null : tryHint(channel),
    canWrite(channel)
      ? composer({
          channel,
          label: `Message ${labelOf(channel)}`,
          onsent: () => follow("channel"),
          onup: () => editLast(messages, "channel"),
        })
      : h("p", { class: "outside" }, whyNot(channel)),
  );
}

function canWrite(channel) {
  return channel.is_member && !channel.is_read_only;
}

function whyNot(channel) {
  return channel.is_read_only
    ? "Sending messages to this app has been turned off."
    : `You are not in ${labelOf(channel)}: you can look, but not write.`;
}

function beginning(channel) {
  return h(
    "div",
    { class: "empty" },
    h("h2", null, labelOf(channel)),
    h("p", null, "This is the very beginning of the channel."),
  );
}

function editLast(messages, place) {
  const own = messages.filter((message) => message.user === app.me && !message.deleted && !message.ephemeral).at(-1);
  if (own) edit(own, place);
  return Boolean(own);
}

function tryHint(channel) {
  if (!canWrite(channel) || sessionStorage.getItem(HINT_KEY)) return null;
  const away = () => {
    sessionStorage.setItem(HINT_KEY, "yes");
    changed();
  };
  return h(
    "div",
    { class: "try" },
    h("span", null, "Try:"),
    TRY.map((words) =>
      h(
        "button",
        { type: "button", class: "chip-button", key: words, onclick: () => prefill(channel.id, words) },
        words,
      ),
    ),
    h("button", { type: "button", class: "plain", "aria-label": "Dismiss the hint", onclick: away }, "✕"),
  );
}

function newerPill(channel) {
  const read = app.read.get(`${app.me}/${channel.id}`);
  if (read === undefined || Number(newestOf(channel)) <= Number(read)) return null;
  return h("button", { type: "button", class: "newer", onclick: () => follow("channel") }, "New messages ↓");
}

export function homePane() {
  const { home } = app.state;
  const id = home?.id ?? home?.view_id;
  const context = {
    kind: "home",
    key: `home/${app.me}`,
    dom: "home",
    container: { type: "view", view_id: id },
    blocks: home?.blocks ?? [],
  };
  return h(
    "main",
    { class: "pane" },
    top("Ops Bot", "Home"),
    h("h2", { class: "unseen" }, "Home tab"),
    h(
      "div",
      { class: "home", tabindex: "-1" },
      home ? blocksNode(context) : h("p", { class: "empty" }, "The app has not drawn its Home tab yet."),
    ),
  );
}

export function closeThread() {
  const { channel, thread } = app;
  go({ thread: null });
  setTimeout(() => {
    const row = [...document.querySelectorAll("[data-scroll=channel] [data-message]")].find(
      (node) => node.dataset.message === `${channel}/${thread}`,
    );
    (row?.querySelector(".replies") ?? row)?.focus();
  }, 50);
}

export function threadPane(channel, thread) {
  const rootMessage = channel.messages.find((message) => message.ts === thread);
  const messages = [rootMessage, ...repliesOf(channel.id, thread)].filter(Boolean);
  const list = {
    class: "messages",
    role: "log",
    "aria-label": "Thread",
    "data-scroll": "thread",
    key: `${channel.id}/${thread}`,
    mount: toEnd,
    onscroll: scrolled,
  };
  return h(
    "section",
    { class: "thread", "aria-label": "Thread" },
    h(
      "header",
      { class: "top" },
      h("h2", null, "Thread"),
      h("small", null, labelOf(channel)),
      h("button", { type: "button", class: "plain", "aria-label": "Close thread", onclick: closeThread }, "✕"),
    ),
    h(
      "div",
      list,
      messages.length
        ? h("ol", null, messageList(messages, "thread"))
        : h("p", { class: "empty" }, "This thread is not here."),
    ),
    canWrite(channel) &&
      composer({
        channel,
        thread,
        label: "Reply…",
        onsent: () => follow("thread"),
        onup: () => editLast(messages, "thread"),
      }),
  );
}
