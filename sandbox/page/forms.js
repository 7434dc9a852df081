/**
 * What is filled in and not yet sent: the values of the inputs of messages, modals and the Home tab.
 *
 * As in Slack, what a person has entered in a modal survives an update of it where `block_id` and `action_id` stay; in a
 * message or the Home tab, a new initial value replaces it.
 */
import { act, changed } from "./store.js";

const entered = new Map(); // "container|block|action" → {value, seed, errors}

const INITIAL = {
  plain_text_input: (element) => element.initial_value ?? "",
  email_text_input: (element) => element.initial_value ?? "",
  url_text_input: (element) => element.initial_value ?? "",
  number_input: (element) => element.initial_value ?? "",
  static_select: (element) => element.initial_option?.value ?? null,
  radio_buttons: (element) => element.initial_option?.value ?? null,
  checkboxes: (element) => (element.initial_options ?? []).map((option) => option.value),
  multi_static_select: (element) => (element.initial_options ?? []).map((option) => option.value),
  users_select: (element) => element.initial_user ?? null,
  multi_users_select: (element) => element.initial_users ?? [],
  conversations_select: (element) => element.initial_conversation ?? null,
  channels_select: (element) => element.initial_channel ?? null,
  multi_conversations_select: (element) => element.initial_conversations ?? [],
  multi_channels_select: (element) => element.initial_channels ?? [],
  datepicker: (element) => element.initial_date ?? null,
  timepicker: (element) => element.initial_time ?? null,
  datetimepicker: (element) => element.initial_date_time ?? null,
};

function keyOf(context, block, element) {
  return `${context.key}|${block.block_id}|${element.action_id}`;
}

function initial(element) {
  return INITIAL[element.type]?.(element) ?? null;
}

/** The value that an input shows: what was entered, else its initial value. */
export function valueOf(context, block, element) {
  const entry = entered.get(keyOf(context, block, element));
  const kept = entry && (context.kind === "modal" || entry.seed === JSON.stringify(initial(element)));
  return kept ? entry.value : initial(element);
}

/** Notes what a person entered; an error that the bot gave for this block is settled by it. */
export function enter(context, block, element, value) {
  const seed = JSON.stringify(initial(element));
  entered.set(keyOf(context, block, element), { value, seed, settled: context.errors?.[block.block_id] });
  changed();
}

/** The error below a block, unless its input has been changed since. */
export function errorOf(context, block) {
  const error = context.errors?.[block.block_id];
  const entry = block.element && entered.get(keyOf(context, block, block.element));
  return error && entry?.settled === error ? null : (error ?? null);
}

/** A new answer of the bot shows all its errors again. */
export function unsettle(context) {
  for (const [key, entry] of entered) if (key.startsWith(`${context.key}|`)) entry.settled = undefined;
}

function inputsOf(block) {
  const elements = [block.element, block.accessory, ...(block.type === "actions" ? (block.elements ?? []) : [])];
  return elements.filter((element) => element && INITIAL[element.type]);
}

/** All values of a container as `{block_id: {action_id: value}}`; empty text is null, as in Slack's `state.values`. */
export function valuesOf(context, blocks) {
  const values = {};
  for (const block of blocks ?? []) {
    for (const element of inputsOf(block)) {
      const value = valueOf(context, block, element);
      (values[block.block_id] ??= {})[element.action_id] = value === "" ? null : value;
    }
  }
  return values;
}

/** Tells the bot of a click or a choice at once (`block_actions`), with everything else that is filled in beside it. */
export function click(context, block, element, value) {
  return act(
    {
      act: "clicks",
      container: context.container,
      block_id: block.block_id,
      action_id: element.action_id,
      ...(value !== undefined && { value }),
      values: valuesOf(context, context.blocks),
    },
    { busy: busyKey(context, block, element) },
  );
}

export function busyKey(context, block, element) {
  return keyOf(context, block, element);
}

/** Whether a choice is told at once: anywhere but in an `input` block, and there with `dispatch_action`. */
export function actsAtOnce(block) {
  return block.type !== "input" || Boolean(block.dispatch_action);
}
