/** Messages as one sees them: who, when, blocks or text, reactions, replies, and what one can do with them. */
import { attachmentNode, blocksNode, filesNode } from "./blocks.js";
import { dayOf, stamp } from "./dates.js";
import { h, kept } from "./dom.js";
import { edit, editor, remove, typedForm } from "./editing.js";
import { emoji } from "./emoji.js";
import { reactButtons, reactions } from "./reactions.js";
import { toggleMenu } from "./menus.js";
import { mrkdwn } from "./mrkdwn.js";
import { act, app, channelNamed, dismiss, go, people } from "./store.js";

const CLOSE_TOGETHER = 300; // seconds: one heading for what one person writes in a row
const QUIET = new Set([
  "channel_join",
  "channel_leave",
  "channel_topic",
  "channel_purpose",
  "channel_name",
  "pinned_item",
]);

/** The messages of a channel or thread with a divider for each day. `place` is `channel` or `thread`. */
export function messageList(messages, place) {
  const shown = messages.filter((message) => isShown(message, place));
  return shown.flatMap((message, index) => {
    const before = shown[index - 1];
    const day = dayOf(message.ts);
    const divider = place === "channel" && (!before || dayOf(before.ts) !== day);
    return [
      divider && h("li", { class: "day", key: `day-${message.ts.split(".")[0]}` }, h("span", null, day)),
      messageNode(message, place, divider ? undefined : before),
    ];
  });
}

function isShown(message, place) {
  if (message.ephemeral && app.dismissed.has(`${message.channel}/${message.ts}`)) return false;
  return !message.deleted || message.reply_count > 0 || place === "thread";
}

function messageNode(message, place, before) {
  const follows = before !== undefined && belongsTo(before, message);
  const key = `${message.ephemeral ? "e" : "m"}${message.ts}`;
  // Most messages of a long channel are as they were; dates such as "today" are looked at again each minute.
  const token = [app.me, app.version, follows, Math.floor(Date.now() / 60_000), JSON.stringify(message)].join("|");
  return kept("li", key, token, () => rowOf(message, place, follows, key));
}

function rowOf(message, place, follows, key) {
  const classes = [
    "message",
    message.ephemeral && "ephemeral",
    follows && "follows",
    message.pinned && "pinned",
    QUIET.has(message.subtype) && "quiet",
  ];
  return h(
    "li",
    {
      key,
      class: classes.filter(Boolean).join(" "),
      tabindex: "0",
      "data-message": `${message.channel}/${message.ts}`,
      onkeydown: walk,
    },
    follows ? h("span", { class: "gutter" }, stamp(message.ts)) : avatar(message),
    h("div", { class: "message-body" }, message.deleted ? goneBody(message, place) : bodyOf(message, place, follows)),
    !message.deleted && !message.ephemeral && toolbar(message, place),
  );
}

/** Whether a message goes on under the heading of the one before it; a card of a bot has its own. */
function belongsTo(before, message) {
  const oneAuthor = before.user === message.user && before.name === message.name;
  const isCard = message.bot && message.blocks?.length > 0;
  const plain = ![before, message].some((one) => one.subtype || one.deleted) && before.ephemeral === message.ephemeral;
  return oneAuthor && !isCard && plain && !before.reply_count && message.ts - before.ts < CLOSE_TOGETHER;
}

/** Arrow keys go from message to message. */
function walk(event) {
  if (event.target !== event.currentTarget) return;
  const side = { ArrowUp: "previousElementSibling", ArrowDown: "nextElementSibling" }[event.key];
  let next = side && event.currentTarget[side];
  while (next && !next.hasAttribute("tabindex")) next = next[side];
  if (!next) return;
  next.focus();
  event.preventDefault();
}

function avatar(message) {
  const hue = [...(message.user ?? "")].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % 6;
  const initial = (nameOf(message) || "?").trim().charAt(0).toUpperCase();
  return h(
    "span",
    { class: message.bot ? "avatar avatar-bot" : `avatar hue-${hue}`, "aria-hidden": "true" },
    message.bot ? "⌁" : initial,
  );
}

function nameOf(message) {
  const known = people().find((one) => one.id === message.user);
  return message.name || known?.real_name || known?.name || message.user || "Somebody";
}

function bodyOf(message, place, follows) {
  const editing =
    app.editing?.ts === message.ts && app.editing.channel === message.channel && app.editing.place === place;
  return [
    message.ephemeral && ephemeralLine(message),
    message.subtype === "thread_broadcast" && broadcastLine(message, place),
    message.pinned && h("div", { class: "note-line" }, emoji("pushpin"), " Pinned"),
    !follows &&
      h(
        "div",
        { class: "message-head" },
        h("strong", null, nameOf(message)),
        message.bot && h("span", { class: "badge" }, "APP"),
        stamp(message.ts),
      ),
    editing ? editor(message) : content(message, place),
    reactions(message),
    place === "channel" && message.reply_count > 0 && repliesButton(message),
  ];
}

function goneBody(message, place) {
  return [
    h("div", { class: "gone" }, "This message was deleted."),
    place === "channel" && message.reply_count > 0 && repliesButton(message),
  ];
}

function content(message, place) {
  const context = contextOf(message, place);
  // The text of a person is shown as it was typed; its blocks say the same once more.
  const hasBlocks = message.bot && message.blocks?.length > 0;
  const edited = message.edited && h("small", { class: "edited" }, "(edited)");
  return [
    hasBlocks
      ? blocksNode(context)
      : message.text && h("div", { class: "text" }, mrkdwn(message.text), edited && " ", edited),
    message.attachments?.map((attachment, index) => attachmentNode(context, attachment, index)),
    message.files?.length > 0 && filesNode(message.files),
    hasBlocks && edited && h("div", null, edited),
  ];
}

function contextOf(message, place) {
  const { channel, ts } = message;
  return {
    kind: "message",
    key: `${app.me}/${channel}/${ts}`,
    dom: `${place}-${channel}-${ts}`,
    container: { type: message.ephemeral ? "ephemeral" : "message", channel, ts },
    blocks: message.blocks ?? [],
  };
}

function ephemeralLine(message) {
  return h(
    "div",
    { class: "note-line" },
    h("span", { "aria-hidden": "true" }, "◉ "),
    "Only visible to you",
    " · ",
    h(
      "button",
      { type: "button", class: "linklike", onclick: () => dismiss(`${message.channel}/${message.ts}`) },
      "Dismiss",
    ),
  );
}

function broadcastLine(message, place) {
  if (place === "thread") return h("div", { class: "note-line" }, `Also sent to #${channelNamed(message.channel)}`);
  const open = () => go({ channel: message.channel, thread: message.thread_ts });
  return h(
    "div",
    { class: "note-line" },
    "replied to ",
    h("button", { type: "button", class: "linklike", onclick: open }, "a thread"),
  );
}

function repliesButton(message) {
  const words = message.reply_count === 1 ? "1 reply" : `${message.reply_count} replies`;
  return h(
    "button",
    {
      type: "button",
      class: "replies",
      "aria-pressed": String(app.thread === message.ts),
      onclick: () => openThread(message),
    },
    `💬 ${words}`,
  );
}

function openThread(message) {
  go({ channel: message.channel, thread: message.thread_ts ?? message.ts });
  setTimeout(() => document.getElementById("write-thread")?.focus(), 50);
}

function toolbar(message, place) {
  return h(
    "div",
    { class: "toolbar", role: "toolbar", "aria-label": "Message actions" },
    reactButtons(message),
    place === "channel" &&
      h(
        "button",
        {
          type: "button",
          title: "Reply in thread",
          "aria-label": "Reply in thread",
          onclick: () => openThread(message),
        },
        "💬",
      ),
    h(
      "button",
      {
        type: "button",
        title: "More actions",
        "aria-label": "More actions",
        "aria-haspopup": "menu",
        "aria-expanded": "false",
        onclick: (event) =>
          toggleMenu(event.currentTarget, { label: "More actions", items: () => moreItems(message, place) }),
      },
      "⋯",
    ),
  );
}

function moreItems(message, place) {
  const { channel, ts } = message;
  const shortcuts = (app.state.shortcuts ?? [])
    .filter((one) => one.type === "message")
    .map((one) => ({
      label: one.name,
      group: "Ops Bot",
      run: () => act({ act: "shortcut", callback_id: one.callback_id, channel, ts }),
    }));
  const own = message.user === app.me && [
    { label: "Edit message", run: () => edit(message, place) },
    { label: "Delete message", danger: true, run: () => remove(message) },
  ];
  const copy = { label: "Copy text", run: () => navigator.clipboard?.writeText(typedForm(message.text ?? "")) };
  return [...(own || []), copy, ...shortcuts];
}
