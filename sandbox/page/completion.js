/** What the composer offers while one types: slash commands, people, channels. Pure: text in, choices out. */
import { app, handle, people } from "./store.js";

/**
 * `{start, typed, items: [{insert, title, usage, detail}]}` for the text before the caret, or null where nothing is to be
 * completed.
 */
export function completionsFor(text, caret, inThread) {
  const before = text.slice(0, caret);
  const word = (pattern) => pattern.exec(before)?.[1];
  const found =
    (!inThread && offer(word(/^(\/\S*)$/), commandItems)) ||
    offer(word(/(?:^|[\s(])(@[^@\n]{0,30})$/), peopleItems) ||
    offer(word(/(?:^|\s)(#\S*)$/), channelItems);
  return found ? { start: before.length - found.typed.length, ...found } : null;
}

function offer(typed, itemsFor) {
  if (typed === undefined) return null;
  const items = itemsFor(typed.toLowerCase());
  return items.length ? { typed, items } : null;
}

function commandItems(typed) {
  return (app.state?.commands ?? [])
    .filter((one) => one.command.startsWith(typed))
    .map((one) => ({ insert: `${one.command} `, title: one.command, usage: one.usage_hint, detail: one.description }));
}

function peopleItems(typed) {
  const starts = (name) => name?.toLowerCase().startsWith(typed.slice(1));
  return people()
    .filter((one) => starts(handle(one)) || starts(one.real_name))
    .sort((one, other) => Number(other.is_bot) - Number(one.is_bot))
    .map((one) => ({
      insert: `@${handle(one)} `,
      title: `@${handle(one)}`,
      detail: one.is_bot ? "app" : one.real_name,
    }));
}

function channelItems(typed) {
  return (app.state?.channels ?? [])
    .filter((one) => !one.id.startsWith("D") && `#${one.name}`.startsWith(typed))
    .map((one) => ({ insert: `#${one.name} `, title: `#${one.name}`, detail: "" }));
}

/** Whether what is typed is already one of the choices in full, so that Enter sends instead of completing. */
export function isComplete(found) {
  return found.items.some((item) => item.insert.trim().toLowerCase() === found.typed.toLowerCase());
}

/** The command whose words are being typed, for its usage hint. */
export function commandOf(text) {
  const name = /^(\/\S+)\s/.exec(text)?.[1];
  return (app.state?.commands ?? []).find((one) => one.command === name) ?? null;
}
