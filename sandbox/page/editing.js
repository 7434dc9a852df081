/** Changing one's own messages: edited in place, deleted after a question. */
import { h } from "./dom.js";
import { confirmed } from "./menus.js";
import { unescape } from "./mrkdwn.js";
import { act, app, changed, channelNamed, personNamed } from "./store.js";

/** A message's text as one would have typed it: names instead of ids, nothing escaped. */
export function typedForm(text) {
  return unescape(
    text
      .replace(/<@([UW]\w+)(?:\|[^>]*)?>/g, (whole, id) => `@${personNamed(id) ?? id}`)
      .replace(/<#(\w+)(?:\|([^>]*))?>/g, (whole, id, name) => `#${channelNamed(id) ?? name ?? id}`)
      .replace(/<(https?:[^|>]+|mailto:[^|>]+)(?:\|([^>]*))?>/g, (whole, url) => url),
  );
}

/** Starts editing one's own message. */
export function edit(message, place) {
  app.editing = { channel: message.channel, ts: message.ts, place, text: typedForm(message.text ?? "") };
  changed();
}

export function editor(message) {
  const { channel, ts, text } = app.editing;
  const stop = () => {
    app.editing = null;
    changed();
  };
  const save = () => {
    stop();
    if (text.trim()) act({ act: "edits", channel, ts, text });
    else remove(message);
  };
  const onkeydown = (event) => {
    if (event.key === "Escape") stop();
    else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) save();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const oninput = (event) => {
    app.editing.text = event.target.value;
    changed();
  };
  const mount = (node) => {
    node.focus();
    node.setSelectionRange(node.value.length, node.value.length);
  };
  return h(
    "div",
    { class: "editor", key: "editor" },
    h("textarea", {
      class: "field",
      "aria-label": "Edit message",
      rows: Math.min(8, text.split("\n").length),
      value: text,
      oninput,
      onkeydown,
      mount,
    }),
    h("button", { type: "button", class: "button", onclick: stop }, "Cancel"),
    h("button", { type: "button", class: "button primary", onclick: save }, "Save"),
  );
}

export async function remove({ channel, ts }) {
  const plain = (text) => ({ type: "plain_text", text });
  const question = {
    title: plain("Delete message"),
    text: plain("Are you sure? This cannot be undone."),
    confirm: plain("Delete"),
    style: "danger",
  };
  if (await confirmed(question)) act({ act: "deletes", channel, ts });
}
