/** Which end of a list one reads: new messages are followed there and nowhere else, and count as read once seen. */
import { app, repaint } from "./store.js";

const NEAR_END = 60; // px from the end that still count as reading the newest

const following = new WeakSet(); // lists whose end is in view, to be kept there while they grow

function isAtEnd(list) {
  return list.scrollHeight - list.scrollTop - list.clientHeight < NEAR_END;
}

export function toEnd(list) {
  list.scrollTop = list.scrollHeight;
  following.add(list);
}

export function keepEnds() {
  for (const list of document.querySelectorAll("[data-scroll]")) if (following.has(list)) toEnd(list);
}

export function scrolled(event) {
  if (isAtEnd(event.currentTarget)) following.add(event.currentTarget);
  else following.delete(event.currentTarget);
  notePlace();
}

/** The message that one has just sent is to be seen. */
export function follow(place) {
  const list = document.querySelector(`[data-scroll=${place}]`);
  if (list) toEnd(list);
}

export function newestOf(channel) {
  return channel.messages.at(-1)?.ts ?? "0";
}

/** Notes how far one has read: the open channel when its end is on the screen, any channel when it is first seen. */
export function notePlace() {
  const list = document.querySelector("[data-scroll=channel]");
  let moved = false;
  for (const channel of app.state?.channels ?? []) {
    const key = `${app.me}/${channel.id}`;
    const reading = channel.id === app.channel && list && isAtEnd(list) && !document.hidden;
    if (!reading && app.read.has(key)) continue;
    moved ||= app.read.get(key) !== newestOf(channel) && app.read.has(key);
    app.read.set(key, newestOf(channel));
  }
  if (moved) repaint();
}
