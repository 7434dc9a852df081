/** Menus and questions that lie over the page: keyboard first, closed by Escape, focus goes back where it came from. */
import { create, h, render } from "./dom.js";
import { textOf } from "./mrkdwn.js";

let openMenu = null;

/**
 * Opens a menu at `anchor`. `items`: `{label, hint, title, group, checked, danger, run}`; with `multi` it stays open and
 * `run` toggles. `label` names the menu for screen readers, `row` lays it out as a grid of characters.
 */
export function menu(anchor, { label, items, multi = false, row = false, onclose = () => {} }) {
  openMenu?.close();
  const host = anchor.closest("dialog") ?? document.body;
  const box = create(h("div", { class: row ? "menu menu-grid" : "menu", role: "menu", "aria-label": label }));
  const close = (refocus = false) => {
    if (openMenu?.box !== box) return;
    openMenu = null;
    document.removeEventListener("pointerdown", outside, true);
    anchor.setAttribute("aria-expanded", "false");
    box.remove();
    if (refocus) anchor.focus();
    onclose();
  };
  const outside = (event) => {
    if (!box.contains(event.target) && !anchor.contains(event.target)) close();
  };
  const pick = (item) => {
    if (!multi) close(true);
    item.run();
    if (multi) draw();
  };
  const draw = () =>
    render(
      box,
      items().map((item, index, all) => itemNode(item, all[index - 1], multi, pick)),
    );
  box.onkeydown = (event) => menuKey(event, box, () => close(true));
  draw();
  host.append(box);
  openMenu = { box, close };
  anchor.setAttribute("aria-expanded", "true");
  place(box, anchor);
  document.addEventListener("pointerdown", outside, true);
  (box.querySelector("[aria-checked=true]") ?? box.querySelector("button"))?.focus();
}

/** Opens the menu of this anchor, or closes the one that is open. */
export function toggleMenu(anchor, options) {
  if (anchor.getAttribute("aria-expanded") === "true") openMenu?.close(true);
  else menu(anchor, options);
}

function itemNode(item, before, multi, pick) {
  const choice = multi ? "menuitemcheckbox" : "menuitemradio";
  const button = h(
    "button",
    {
      type: "button",
      tabindex: "-1",
      role: item.checked === undefined ? "menuitem" : choice,
      "aria-checked": item.checked === undefined ? undefined : String(item.checked),
      class: item.danger ? "danger" : undefined,
      title: item.title,
      "aria-label": item.title,
      onclick: () => pick(item),
    },
    h("span", null, item.label),
    item.hint && h("small", null, item.hint),
  );
  const group =
    item.group && item.group !== before?.group
      ? h("div", { class: "menu-group", role: "presentation" }, item.group)
      : null;
  return [group, button];
}

function menuKey(event, box, close) {
  const buttons = [...box.querySelectorAll("button")];
  const at = buttons.indexOf(document.activeElement);
  const to = {
    ArrowDown: at + 1,
    ArrowRight: at + 1,
    ArrowUp: at - 1,
    ArrowLeft: at - 1,
    Home: 0,
    End: buttons.length - 1,
  }[event.key];
  if (to !== undefined) buttons.at(to % buttons.length).focus();
  else if (event.key === "Escape" || event.key === "Tab") close();
  else if (event.key.length === 1 && /\S/.test(event.key)) typeAhead(buttons, at, event.key);
  else return;
  event.preventDefault();
  event.stopPropagation();
}

function typeAhead(buttons, at, letter) {
  const order = [...buttons.slice(at + 1), ...buttons.slice(0, at + 1)];
  order.find((button) => button.textContent.trim().toLowerCase().startsWith(letter.toLowerCase()))?.focus();
}

function place(box, anchor) {
  const from = anchor.getBoundingClientRect();
  const { width, height } = box.getBoundingClientRect();
  const below = innerHeight - from.bottom - 8;
  const top = height <= below || below > from.top ? from.bottom + 4 : Math.max(8, from.top - height - 4);
  box.style.left = `${Math.max(8, Math.min(from.left, innerWidth - width - 8))}px`;
  box.style.top = `${top}px`;
  box.style.maxHeight = `${Math.max(120, innerHeight - top - 8)}px`;
}

/** Asks before an act, with Block Kit's confirm object. Resolves to whether the person agreed. */
export function confirmed({ title, text, confirm, deny, style }) {
  return new Promise((resolve) => {
    const done = (answer) => {
      dialog.close();
      dialog.remove();
      resolve(answer);
    };
    const dialog = create(
      h(
        "dialog",
        {
          class: "confirm",
          role: "alertdialog",
          "aria-labelledby": "confirm-title",
          "aria-describedby": "confirm-text",
        },
        h("h2", { id: "confirm-title" }, textOf(title)),
        h("div", { id: "confirm-text", class: "text" }, textOf(text)),
        h(
          "div",
          { class: "dialog-buttons" },
          h("button", { type: "button", class: "button", onclick: () => done(false) }, deny ? textOf(deny) : "Cancel"),
          h(
            "button",
            {
              type: "button",
              class: `button ${style === "danger" ? "danger" : "primary"}`,
              autofocus: true,
              onclick: () => done(true),
            },
            confirm ? textOf(confirm) : "Yes",
          ),
        ),
      ),
    );
    dialog.oncancel = (event) => {
      event.preventDefault();
      done(false);
    };
    dialog.onkeydown = (event) => event.stopPropagation();
    document.body.append(dialog);
    dialog.showModal();
  });
}
