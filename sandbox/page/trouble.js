/** The panel that breaks Slack itself: calls that fail, answers that get lost, sockets that drop. */
import { startFault } from "./api.js";
import { h } from "./dom.js";
import { app, refresh, say } from "./store.js";

const POST = "chat.postMessage";
const KINDS = [
  ["The next post is taken, its answer is lost", { kind: "reset_after", method: POST }],
  ["The next post never arrives", { kind: "reset_before", method: POST }],
  ["The next post is limited (429, 3 s)", { kind: "rate_limited", method: POST, value: 3 }],
  ["The next post is refused (internal_error)", { kind: "error", method: POST, value: "internal_error" }],
  ["Every call takes 2 s longer", { kind: "latency", count: null, value: 2 }],
  ["Every call fails (500)", { kind: "status", count: null, value: 500 }],
  ["Sockets: refresh, as Slack does now and then", { kind: "refresh", value: 2 }],
  ["Sockets: cut without a word", { kind: "abort" }],
  ["Sockets: open but dead", { kind: "half_open" }],
];

export function trouble() {
  const { faults } = app;
  return h(
    "details",
    { class: "panel" },
    h("summary", null, "Trouble with Slack ", faults.length > 0 && h("span", { class: "count loud" }, faults.length)),
    h("p", { class: "hint" }, "Choose what is to go wrong."),
    h(
      "ul",
      { class: "troubles" },
      KINDS.map(([words, fault]) => h("li", null, starter(words, fault))),
    ),
    h("ul", { class: "hint" }, faults.map(inForce)),
    faults.length > 0 &&
      h("button", { type: "button", class: "button", onclick: () => start({ kind: "clear" }) }, "End all trouble"),
  );
}

function starter(words, fault) {
  return h("button", { type: "button", class: "place", onclick: () => start(fault) }, words);
}

function inForce({ kind, method, count }) {
  const which = method === "*" ? "every call" : method;
  return h("li", null, `In force: ${kind.replaceAll("_", " ")}, ${which}${count === null ? "" : `, ${count} left`}`);
}

async function start(fault) {
  const answer = await startFault(fault);
  if (answer.ok) say(fault.kind === "clear" ? "All trouble is over." : "Done: watch what the bot makes of it.");
  else say(answer.error ?? "That could not be started.", true);
  refresh();
}
