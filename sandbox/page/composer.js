/** Where one writes: messages, slash commands with their hints, completion, and what Slack says when it refuses. */
import { commandOf, completionsFor, isComplete } from "./completion.js";
import { h } from "./dom.js";
import { withEmoji } from "./emoji.js";
import { act, app, labelOf, repaint } from "./store.js";

const broadcasts = new Set(); // composers of threads whose next reply goes to the channel too
const offered = new Map(); // composer → {caret, at, closed}

/** The composer of a channel, or of a thread where `thread` is given. `onsent()` runs after a message is on its way. */
export function composer({ channel, thread = null, label, onsent = () => {}, onup = () => false }) {
  const spot = { id: `${app.me}/${channel.id}/${thread ?? ""}`, channel: channel.id, thread, onsent, onup };
  const text = app.drafts.get(spot.id) ?? "";
  const found = choices(spot);
  const listId = `choices-${thread ?? "channel"}`;
  const at = offered.get(spot.id)?.at ?? 0;
  return h(
    "div",
    { class: "composer", key: `composer-${spot.id}` },
    notice(spot),
    found && listOf(spot, found, listId, at),
    !found && !thread && hint(text),
    h(
      "div",
      { class: "composer-box" },
      h("textarea", {
        id: thread ? "write-thread" : "write-channel",
        rows: Math.min(8, text.split("\n").length),
        "aria-label": label,
        placeholder: label,
        autocomplete: "off",
        "aria-autocomplete": "list",
        "aria-controls": found ? listId : undefined,
        "aria-activedescendant": found ? `${listId}-${at}` : undefined,
        value: text,
        oninput: (event) => typed(spot, event.target),
        onclick: (event) => moved(spot, event.target),
        onkeydown: (event) => pressed(spot, event),
        onblur: () => offered.delete(spot.id) && repaint(),
      }),
      h(
        "button",
        { type: "button", class: "send", "aria-label": "Send", disabled: !text.trim(), onclick: () => send(spot) },
        "➤",
      ),
    ),
    thread && broadcastChoice(spot, channel),
  );
}

/** Puts words into a composer, for the hints of an empty channel. */
export function prefill(channel, text) {
  app.drafts.set(`${app.me}/${channel}/`, text);
  repaint();
  queueMicrotask(() => {
    const field = document.getElementById("write-channel");
    field?.focus();
    field?.setSelectionRange(text.length, text.length);
  });
}

function broadcastChoice(spot, channel) {
  const change = (event) => {
    if (event.target.checked) broadcasts.add(spot.id);
    else broadcasts.delete(spot.id);
    repaint();
  };
  const box = h("input", { type: "checkbox", checked: broadcasts.has(spot.id), onchange: change });
  return h("label", { class: "broadcast" }, box, ` Also send to ${labelOf(channel)}`);
}

function notice(spot) {
  const words = app.notices.get(spot.id);
  if (!words) return null;
  const away = () => closeNotice(spot);
  return h(
    "div",
    { class: "notice", role: "alert", key: "notice" },
    h("span", null, h("small", null, "Only visible to you"), h("br"), withEmoji(words)),
    h("button", { type: "button", class: "plain", "aria-label": "Dismiss", onclick: away }, "✕"),
  );
}

function closeNotice(spot) {
  repaint();
  return app.notices.delete(spot.id);
}

function hint(text) {
  const command = commandOf(text);
  if (!command) return null;
  return h(
    "div",
    { class: "usage", key: "usage" },
    h("strong", null, command.command),
    ` ${command.usage_hint ?? ""} `,
    h("small", null, command.description),
  );
}

function listOf(spot, found, listId, at) {
  const one = (item, index) =>
    h(
      "li",
      {
        id: `${listId}-${index}`,
        role: "option",
        "aria-selected": String(index === at),
        key: item.title,
        onpointerdown: (event) => {
          event.preventDefault();
          complete(spot, found, index);
        },
      },
      h("strong", null, item.title),
      item.usage && h("span", { class: "words" }, item.usage),
      h("small", null, item.detail),
    );
  return h(
    "ul",
    { class: "choices", id: listId, role: "listbox", "aria-label": "Suggestions", key: "choices" },
    found.items.map(one),
  );
}

function choices(spot) {
  const place = offered.get(spot.id);
  if (!place || place.closed) return null;
  return completionsFor(app.drafts.get(spot.id) ?? "", place.caret, Boolean(spot.thread));
}

function typed(spot, field) {
  app.drafts.set(spot.id, field.value);
  app.notices.delete(spot.id);
  offered.set(spot.id, { caret: field.selectionStart, at: 0, closed: false });
  repaint();
}

function moved(spot, field) {
  offered.set(spot.id, { caret: field.selectionStart, at: 0, closed: false });
  repaint();
}

function pressed(spot, event) {
  if (event.isComposing) return;
  const found = choices(spot);
  const done = (found && steered(spot, event, found)) || written(spot, event);
  if (!done) return;
  event.preventDefault();
  event.stopPropagation();
}

/** Keys that go to the list of choices while it is open. */
function steered(spot, event, found) {
  const place = offered.get(spot.id);
  const step = { ArrowDown: 1, ArrowUp: found.items.length - 1 }[event.key];
  const picks = event.key === "Enter" && !event.shiftKey && (place.picked || !isComplete(found));
  if (step) offered.set(spot.id, { ...place, at: (place.at + step) % found.items.length, picked: true });
  else if (event.key === "Escape") offered.set(spot.id, { ...place, closed: true });
  else if (picks || (event.key === "Tab" && !event.shiftKey)) complete(spot, found, place.at);
  else return false;
  repaint();
  return true;
}

function written(spot, event) {
  if (event.key === "Enter" && !event.shiftKey) send(spot);
  else if (event.key === "Escape") return closeNotice(spot);
  else return event.key === "ArrowUp" && event.target.value === "" && spot.onup();
  return true;
}

function complete(spot, found, index) {
  const text = app.drafts.get(spot.id) ?? "";
  const { insert } = found.items[index];
  const caret = found.start + insert.length;
  app.drafts.set(spot.id, text.slice(0, found.start) + insert + text.slice(found.start + found.typed.length));
  offered.set(spot.id, { caret, at: 0, closed: false });
  repaint();
  const field = document.getElementById(spot.thread ? "write-thread" : "write-channel");
  queueMicrotask(() => field?.setSelectionRange(caret, caret));
}

async function send(spot) {
  const text = (app.drafts.get(spot.id) ?? "").trimEnd();
  if (!text.trim()) return;
  offered.delete(spot.id);
  app.notices.delete(spot.id);
  const command = text.startsWith("/");
  if (command && spot.thread) {
    // Slack's own words: a command cannot know which thread it was typed in.
    app.notices.set(spot.id, `${text.split(/\s/)[0]} is not supported in threads. Sorry!`);
    repaint();
    return;
  }
  app.drafts.delete(spot.id);
  const what = command
    ? { act: "says", channel: spot.channel, text }
    : { act: "writes", channel: spot.channel, text: text.trim() };
  const inThread = spot.thread && { thread_ts: spot.thread, ...(broadcasts.delete(spot.id) && { broadcast: true }) };
  spot.onsent();
  const answer = await act({ ...what, ...inThread }, { quiet: true });
  if (answer.ok) return;
  app.notices.set(spot.id, answer.error ?? "That could not be sent.");
  if (!app.drafts.get(spot.id)) app.drafts.set(spot.id, text);
  repaint();
}
