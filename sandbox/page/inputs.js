/** The elements that are typed into: text, numbers, addresses, dates and times. */
import { h } from "./dom.js";
import { actsAtOnce, busyKey, click, enter, valueOf } from "./forms.js";
import { confirmed } from "./menus.js";
import { app } from "./store.js";

const TEXT_TYPES = {
  plain_text_input: "text",
  email_text_input: "email",
  url_text_input: "url",
  number_input: "number",
};
const TIME_TYPES = { datepicker: "date", timepicker: "time", datetimepicker: "datetime-local" };
const SETTLED = 900; // ms without a key before a typed date counts: each valid part of it is a change event

const waiting = new Map();

/** An input element, or null for one of another kind. */
export function inputElement(context, block, element, name) {
  if (TEXT_TYPES[element.type]) return textInput(context, block, element, name);
  if (TIME_TYPES[element.type]) return timeInput(context, block, element, name);
  return null;
}

function attributesOf(context, block, element, name) {
  const id = `${context.dom}-${block.block_id}-${element.action_id}`;
  return {
    id,
    class: "field",
    "aria-label": name,
    "aria-describedby": block.type === "input" ? `${id}-notes` : undefined,
    "aria-invalid": context.errors?.[block.block_id] ? "true" : undefined,
    "aria-required": block.type === "input" && !block.optional ? "true" : undefined,
    "aria-busy": app.busy.has(busyKey(context, block, element)) ? "true" : undefined,
    autofocus: element.focus_on_load ? true : undefined,
  };
}

function plainWords(object) {
  return object?.text ?? undefined;
}

function triggers(element, kind) {
  return (element.dispatch_action_config?.trigger_actions_on ?? ["on_enter_pressed"]).includes(kind);
}

function textInput(context, block, element, name) {
  const tell = () => click(context, block, element, valueOf(context, block, element) || null);
  const onkeydown = (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    const sends = element.multiline ? event.ctrlKey || event.metaKey : true;
    if (!sends) return;
    event.preventDefault();
    if (actsAtOnce(block) && triggers(element, "on_enter_pressed")) tell();
    else context.submit?.();
  };
  const oninput = (event) => {
    enter(context, block, element, event.target.value);
    if (actsAtOnce(block) && triggers(element, "on_character_entered")) later(context, block, element, tell);
  };
  const attributes = {
    ...attributesOf(context, block, element, name),
    placeholder: plainWords(element.placeholder),
    maxlength: element.max_length,
    minlength: element.min_length,
    value: valueOf(context, block, element),
    oninput,
    onkeydown,
  };
  if (element.multiline) return h("textarea", { ...attributes, rows: 4 });
  const limits = element.type === "number_input" && {
    min: element.min_value,
    max: element.max_value,
    step: element.is_decimal_allowed ? "any" : 1,
  };
  return h("input", { ...attributes, ...limits, type: TEXT_TYPES[element.type], autocomplete: "off" });
}

function later(context, block, element, run) {
  const key = busyKey(context, block, element);
  clearTimeout(waiting.get(key));
  waiting.set(
    key,
    setTimeout(() => waiting.delete(key) && run(), SETTLED),
  );
}

function now(context, block, element, run) {
  const key = busyKey(context, block, element);
  if (!waiting.has(key)) return;
  clearTimeout(waiting.get(key));
  waiting.delete(key);
  run();
}

/** Slack's `datetimepicker` counts seconds; the browser's field speaks local time. */
function toField(element, value) {
  if (value === null) return "";
  if (element.type !== "datetimepicker") return value;
  const date = new Date(value * 1000);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function fromField(element, value) {
  if (!value) return null;
  return element.type === "datetimepicker" ? Math.floor(new Date(value).getTime() / 1000) : value;
}

function timeInput(context, block, element, name) {
  const tell = async () => {
    const value = valueOf(context, block, element);
    if (!element.confirm || (await confirmed(element.confirm))) click(context, block, element, value);
  };
  const field = h("input", {
    ...attributesOf(context, block, element, name ?? plainWords(element.placeholder)),
    "aria-label": name,
    type: TIME_TYPES[element.type],
    value: toField(element, valueOf(context, block, element)),
    oninput: (event) => {
      enter(context, block, element, fromField(element, event.target.value));
      if (actsAtOnce(block)) later(context, block, element, tell);
    },
    onblur: () => now(context, block, element, tell),
    onkeydown: (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      if (waiting.has(busyKey(context, block, element))) now(context, block, element, tell);
      else context.submit?.();
    },
  });
  const zone = element.type === "timepicker" && element.timezone;
  return h(
    "span",
    { class: "time-field" },
    field,
    zone && h("small", null, zone),
    element.type === "datetimepicker" && h("small", null, "your time"),
  );
}
