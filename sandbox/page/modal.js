/** Modals: the top view of the stack as a dialog that keeps the focus, with its errors under the inputs. */
import { blocksNode } from "./blocks.js";
import { h } from "./dom.js";
import { unsettle, valuesOf } from "./forms.js";
import { textOf } from "./mrkdwn.js";
import { act, app, changed, refresh, say } from "./store.js";
import { toastList } from "./toasts.js";

let lastShown = { id: null, fields: 0 };
let refocus = false; // after a submission the first input with an error takes the focus

/** The dialog for the top of my stack of views, or nothing. */
export function modalNode() {
  const stack = app.state?.modals ?? [];
  const top = stack.at(-1);
  if (!top) return null;
  const context = contextOf(top);
  const { view } = top;
  const busy = app.busy.has(`submit ${top.id}`);
  return h(
    "dialog",
    {
      key: top.id,
      class: "modal",
      "aria-labelledby": `title-${top.id}`,
      mount: (node) => node.showModal(),
      unmount: (node) => node.close(),
      oncancel: (event) => leave(event, top),
      onkeydown: (event) => event.key === "Escape" && leave(event, top),
    },
    h(
      "header",
      null,
      stack.length > 1 &&
        h(
          "button",
          { type: "button", class: "plain", "aria-label": "Back", onclick: (event) => leave(event, top) },
          "←",
        ),
      h("h2", { id: `title-${top.id}` }, textOf(view.title)),
      h(
        "button",
        { type: "button", class: "plain", "aria-label": "Close", onclick: (event) => leave(event, top) },
        "✕",
      ),
    ),
    h("div", { class: "modal-blocks" }, blocksNode(context)),
    strayErrors(context).map((words) => h("p", { class: "error stray", role: "alert", key: words }, words)),
    h(
      "footer",
      { class: "dialog-buttons" },
      h(
        "button",
        { type: "button", class: "button", onclick: (event) => leave(event, top) },
        view.close ? textOf(view.close) : "Cancel",
      ),
      view.submit &&
        h(
          "button",
          {
            type: "button",
            class: "button primary submit",
            "aria-busy": busy ? "true" : undefined,
            onclick: context.submit,
          },
          textOf(view.submit),
        ),
    ),
    h("div", { class: "toasts", role: "status", "aria-live": "polite" }, toastList()),
  );
}

function contextOf(top) {
  const context = {
    kind: "modal",
    key: top.id,
    dom: top.id,
    container: { type: "view", view_id: top.id },
    blocks: top.view.blocks ?? [],
    errors: top.errors ?? {},
  };
  context.submit = () => top.view.submit && submit(context, top.id);
  return context;
}

/** Errors that belong to no input, such as that the app did not answer. */
function strayErrors({ errors, blocks }) {
  const inputs = new Set(blocks.filter((block) => block.type === "input").map((block) => block.block_id));
  return Object.keys(errors)
    .filter((id) => !inputs.has(id))
    .map((id) => errors[id]);
}

async function submit(context, id) {
  if (app.busy.has(`submit ${id}`)) return;
  const submission = { act: "submits", view_id: id, values: valuesOf(context, context.blocks) };
  const answer = await act(submission, { quiet: true, busy: `submit ${id}` });
  unsettle(context);
  refocus = true;
  changed();
  if (answer.ok) return;
  // What is wrong with the inputs is said below them; anything else has no other place.
  await refresh();
  const errors = app.state.modals.find((one) => one.id === id)?.errors ?? {};
  if (Object.keys(errors).length === 0) say(answer.error, true);
}

function leave(event, top) {
  event.preventDefault();
  act({ act: "closes", view_id: top.id });
}

/** After each rendering: the first input of a new view, of one that got its inputs late, or with an error gets the focus. */
export function focusFirstField() {
  const id = app.state?.modals?.at(-1)?.id ?? null;
  const dialog = document.querySelector("dialog.modal");
  const fields = [...(dialog?.querySelectorAll(".modal-blocks :is(input, textarea, button.select)") ?? [])];
  const fresh = id !== lastShown.id || (lastShown.fields === 0 && fields.length > 0);
  lastShown = { id, fields: fields.length };
  if (fresh) refocus = false;
  if (!dialog) return;
  // The browser may have closed it by itself on a second Escape; what the workspace says counts.
  if (!dialog.open) dialog.showModal();
  const wrong = refocus && fields.find((field) => field.closest(".invalid"));
  if (wrong) refocus = false;
  if (wrong) wrong.focus();
  else if (fresh) firstOf(dialog, fields)?.focus();
}

function firstOf(dialog, fields) {
  const buttons = dialog.querySelectorAll("footer button");
  return dialog.querySelector("[autofocus]") ?? fields[0] ?? [...buttons].at(-1);
}
