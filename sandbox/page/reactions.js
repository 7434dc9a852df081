/** Reactions: their counts below a message, and the ways to add one. */
import { h } from "./dom.js";
import { character, emoji, REACTIONS } from "./emoji.js";
import { toggleMenu } from "./menus.js";
import { act, app, personNamed } from "./store.js";

const AT_HAND = ["pushpin", "white_check_mark", "eyes"];

function toggle(message, name) {
  const mine = message.reactions?.find((one) => one.name === name)?.users.includes(app.me);
  act({ act: mine ? "unreacts" : "reacts", channel: message.channel, ts: message.ts, name });
}

/** The row of reactions below a message. */
export function reactions(message) {
  if (!message.reactions?.length) return null;
  const one = ({ name, users }) => {
    const who = users.map((id) => (id === app.me ? "you" : (personNamed(id) ?? id))).join(", ");
    return h(
      "button",
      {
        type: "button",
        class: "reaction",
        key: name,
        "aria-pressed": String(users.includes(app.me)),
        "aria-label": `${name.replaceAll("_", " ")}: ${users.length}, ${who}`,
        title: `${who} reacted with :${name}:`,
        onclick: () => toggle(message, name),
      },
      emoji(name),
      h("span", { class: "count" }, users.length),
    );
  };
  return h("div", { class: "reactions" }, message.reactions.map(one));
}

/** The buttons of a message's toolbar that react. */
export function reactButtons(message) {
  const items = () =>
    REACTIONS.map((name) => ({
      label: character(name),
      title: name.replaceAll("_", " "),
      run: () => toggle(message, name),
    }));
  const one = (name) => {
    const words = `React with ${name.replaceAll("_", " ")}`;
    return h(
      "button",
      { type: "button", key: name, title: words, "aria-label": words, onclick: () => toggle(message, name) },
      character(name),
    );
  };
  const more = h(
    "button",
    {
      type: "button",
      title: "Another reaction",
      "aria-label": "Another reaction",
      "aria-haspopup": "menu",
      "aria-expanded": "false",
      onclick: (event) => toggleMenu(event.currentTarget, { label: "Reactions", items, row: true }),
    },
    "☺",
  );
  return [AT_HAND.map(one), more];
}
