/**
 * The elements that are clicked or chosen from: buttons, menus, selects, checkboxes, radio buttons.
 * Source: https://docs.slack.dev/reference/block-kit/block-elements
 */
import { h } from "./dom.js";
import { actsAtOnce, busyKey, click, enter, valueOf } from "./forms.js";
import { inputElement } from "./inputs.js";
import { confirmed, toggleMenu } from "./menus.js";
import { textOf } from "./mrkdwn.js";
import { app, handle, people } from "./store.js";

const KINDS = {
  button,
  overflow,
  checkboxes: ticks,
  radio_buttons: ticks,
  static_select: select,
  multi_static_select: select,
  users_select: select,
  multi_users_select: select,
  conversations_select: select,
  multi_conversations_select: select,
  channels_select: select,
  multi_channels_select: select,
};

/** One element of a block. `name` is what a screen reader calls it where no label stands beside it. */
export function elementNode(context, block, element, name) {
  if (element.type === "image")
    return h("img", { class: "thumb", src: safeImage(element.image_url), alt: element.alt_text ?? "" });
  if (KINDS[element.type]) return KINDS[element.type](context, block, element, name);
  return (
    inputElement(context, block, element, name) ??
    h("span", { class: "unknown" }, `This page does not show ${element.type}.`)
  );
}

export function domId(context, block, element) {
  return `${context.dom}-${block.block_id}-${element.action_id}`;
}

/** Images come from the web or from the sandbox itself. */
export function safeImage(url) {
  return /^(https?:\/\/|\/)/i.test(url ?? "") ? url : undefined;
}

function button(context, block, element) {
  const attributes = {
    class: `button ${element.style ?? ""}`,
    id: domId(context, block, element),
    "aria-label": element.accessibility_label,
    "aria-busy": app.busy.has(busyKey(context, block, element)) ? "true" : undefined,
  };
  const press = async () => {
    if (!element.confirm || (await confirmed(element.confirm))) click(context, block, element);
  };
  if (element.url && /^(https?:\/\/|mailto:)/i.test(element.url)) {
    return h(
      "a",
      { ...attributes, href: element.url, target: "_blank", rel: "noopener noreferrer", onclick: press },
      textOf(element.text),
    );
  }
  return h("button", { ...attributes, type: "button", onclick: press }, textOf(element.text));
}

function overflow(context, block, element) {
  const choose = async (option) => {
    if (element.confirm && !(await confirmed(element.confirm))) return;
    if (option.url && /^https?:\/\//i.test(option.url)) window.open(option.url, "_blank", "noopener");
    click(context, block, element, option.value);
  };
  const items = () => (element.options ?? []).map((option) => ({ ...shown(option), run: () => choose(option) }));
  return h(
    "button",
    {
      type: "button",
      class: "button overflow",
      id: domId(context, block, element),
      "aria-label": "More actions",
      "aria-haspopup": "menu",
      "aria-expanded": "false",
      "aria-busy": app.busy.has(busyKey(context, block, element)) ? "true" : undefined,
      onclick: (event) => toggleMenu(event.currentTarget, { label: "More actions", items }),
    },
    "⋯",
  );
}

function shown(option) {
  return { label: textOf(option.text), hint: option.description ? textOf(option.description) : null };
}

/** Enters a value and tells it at once where it must be; asks first where the element has a `confirm`. */
async function choose(context, block, element, value, tell = actsAtOnce(block)) {
  const before = valueOf(context, block, element);
  enter(context, block, element, value);
  if (!tell) return;
  if (element.confirm && !(await confirmed(element.confirm))) enter(context, block, element, before);
  else click(context, block, element, value);
}

function ticks(context, block, element, name) {
  const single = element.type === "radio_buttons";
  const value = valueOf(context, block, element);
  const isOn = (option) => (single ? value === option.value : value.includes(option.value));
  const change = (option) => (event) => {
    const on = (element.options ?? []).filter((one) => (one === option ? event.target.checked : isOn(one)));
    choose(context, block, element, single ? option.value : on.map((one) => one.value));
  };
  const group = domId(context, block, element);
  const one = (option, index) =>
    h(
      "label",
      { class: "tick", key: option.value },
      h("input", {
        type: single ? "radio" : "checkbox",
        name: group,
        id: `${group}-${index}`,
        checked: isOn(option),
        onchange: change(option),
        "aria-busy": app.busy.has(busyKey(context, block, element)) ? "true" : undefined,
      }),
      h("span", null, textOf(option.text), option.description && h("small", null, textOf(option.description))),
    );
  return h(
    "div",
    {
      class: "ticks",
      id: group,
      role: single ? "radiogroup" : "group",
      "aria-label": name,
      "aria-labelledby": name ? undefined : `${group}-label`,
    },
    (element.options ?? []).map(one),
  );
}

function optionsOf(element) {
  if (element.type.includes("users")) {
    return people().map((one) => ({ value: one.id, text: handle(one), hint: one.is_bot ? "app" : one.real_name }));
  }
  if (element.type.includes("conversations") || element.type.includes("channels")) {
    return (app.state?.channels ?? []).map((one) => ({ value: one.id, text: `#${one.name}` }));
  }
  const groups = element.option_groups ?? [{ options: element.options ?? [] }];
  return groups.flatMap((group) =>
    (group.options ?? []).map((option) => ({
      value: option.value,
      text: textOf(option.text),
      hint: option.description ? textOf(option.description) : null,
      group: group.label ? textOf(group.label) : undefined,
    })),
  );
}

function select(context, block, element, name) {
  const multi = element.type.startsWith("multi_");
  const chosen = [valueOf(context, block, element) ?? []].flat();
  const options = optionsOf(element);
  const labels = chosen.map((value) => options.find((option) => option.value === value)?.text ?? value);
  const id = domId(context, block, element);
  const placeholder = textOf(element.placeholder);
  const words = labels.map((label) => h("span", { class: multi ? "chip" : "choice" }, label));
  return h(
    "button",
    {
      type: "button",
      class: "select",
      id,
      "aria-haspopup": "menu",
      "aria-expanded": "false",
      "aria-labelledby": `${id}-label ${id}-value`,
      "aria-busy": app.busy.has(busyKey(context, block, element)) ? "true" : undefined,
      onclick: (event) => toggleMenu(event.currentTarget, (multi ? manyMenu : oneMenu)(context, block, element)),
    },
    name && h("span", { id: `${id}-label`, class: "unseen" }, `${name}: `),
    h(
      "span",
      { id: `${id}-value`, class: labels.length ? "chosen" : "placeholder" },
      labels.length ? words : placeholder.length ? placeholder : "Choose",
    ),
    h("span", { class: "arrow", "aria-hidden": "true" }, "▾"),
  );
}

function item(option, checked, run) {
  return { label: option.text, hint: option.hint, group: option.group, checked, run };
}

function oneMenu(context, block, element) {
  const value = valueOf(context, block, element);
  const none = value !== null && block.type === "input" && block.optional ? [{ text: "No choice", value: null }] : [];
  const items = () =>
    [...none, ...optionsOf(element)].map((option) =>
      item(option, option.value === value, () => choose(context, block, element, option.value)),
    );
  return { label: "Choose one", items };
}

function manyMenu(context, block, element) {
  const before = JSON.stringify(valueOf(context, block, element));
  const toggle = (value) => {
    const chosen = valueOf(context, block, element);
    const next = chosen.includes(value) ? chosen.filter((one) => one !== value) : [...chosen, value];
    if (next.length <= (element.max_selected_items ?? Infinity)) enter(context, block, element, next);
  };
  const items = () => {
    const chosen = valueOf(context, block, element);
    return optionsOf(element).map((option) => item(option, chosen.includes(option.value), () => toggle(option.value)));
  };
  // As Slack does, the bot hears of a choice of several when the menu closes.
  const onclose = () => {
    const value = valueOf(context, block, element);
    if (actsAtOnce(block) && JSON.stringify(value) !== before) choose(context, block, element, value);
  };
  return { label: "Choose any", items, multi: true, onclose };
}
