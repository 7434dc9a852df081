/** The left column: who one is, where one can go, the switches of the services, and what the workspace refused. */
import { switchService } from "./api.js";
import { stamp } from "./dates.js";
import { h } from "./dom.js";
import { app, changed, go, HOME, refresh, say } from "./store.js";
import { trouble } from "./trouble.js";

export function sidebar() {
  const { state } = app;
  return h(
    "aside",
    { class: "sidebar", id: "sidebar", "aria-label": "Workspace" },
    h(
      "div",
      { class: "brand" },
      h("img", { src: "icon.svg", alt: "", width: 28, height: 28 }),
      h("strong", null, state.team),
    ),
    connection(),
    picker(),
    h(
      "nav",
      { "aria-label": "Channels" },
      h("h2", null, "Channels"),
      h("ul", null, ordered(state.channels).map(channelItem)),
      h("h2", null, "Apps"),
      h("ul", null, h("li", null, place(HOME, h("span", { class: "hash" }, "⌂"), "Ops Bot · Home"))),
    ),
    services(),
    trouble(),
    refusals(),
  );
}

function ordered(channels) {
  return [...channels].sort((one, other) => Number(other.name === "ops-shared") - Number(one.name === "ops-shared"));
}

function connection() {
  const count = app.state.connected ?? 0;
  if (!app.online) return h("p", { class: "status bad", role: "status" }, "The sandbox is away. Trying again…");
  const words =
    count === 0 ? "Ops Bot is not connected" : `Ops Bot is connected (${count} ${count === 1 ? "socket" : "sockets"})`;
  return h("p", { class: count ? "status good" : "status idle", role: "status" }, words);
}

function picker() {
  const persons = app.state.people.filter((one) => !one.is_bot);
  return h(
    "label",
    { class: "picker" },
    h("span", null, "Act as"),
    h(
      "select",
      { value: app.me, onchange: (event) => go({ me: event.target.value, thread: null }) },
      persons.map((one) => h("option", { value: one.id, key: one.id }, one.real_name || one.name)),
    ),
  );
}

function unread(channel) {
  const since = Number(app.read.get(`${app.me}/${channel.id}`) ?? Infinity);
  return channel.messages.filter((message) => Number(message.ts) > since && message.user !== app.me && !message.deleted)
    .length;
}

function channelItem(channel) {
  const count = unread(channel);
  return h(
    "li",
    { key: channel.id },
    place(
      channel.id,
      h("span", { class: "hash" }, channel.id.startsWith("D") ? "✉" : "#"),
      h("span", { class: count ? "name new" : "name" }, channel.name),
      !channel.is_member && h("small", null, "not joined"),
      count > 0 && h("span", { class: "count", "aria-label": `${count} new` }, count),
    ),
  );
}

function place(id, ...label) {
  const open = () => go({ channel: id, thread: null });
  return h(
    "button",
    { type: "button", class: "place", "aria-current": app.channel === id ? "page" : undefined, onclick: open },
    label,
  );
}

function services() {
  if (!app.services.length) return null;
  return h(
    "details",
    { class: "panel", mount: (node) => (node.open = true) },
    h("summary", null, "Services"),
    h("p", { class: "hint" }, "Break one and see what the bot says."),
    h("ul", { class: "services" }, app.services.map(service)),
  );
}

function service({ name, state, choices }) {
  const change = async (event) => {
    const wanted = event.target.value;
    const answer = await switchService(name, wanted);
    if (answer.ok === false) say(answer.error ?? `${name} could not be switched.`, true);
    else app.services = app.services.map((one) => (one.name === name ? { ...one, state: wanted } : one));
    changed();
    refresh();
  };
  const kind = { up: "good", ok: "good", down: "bad", refuse: "bad", error: "bad" }[state] ?? "idle";
  return h(
    "li",
    { key: name },
    h("span", { class: `status ${kind}` }, name),
    h(
      "select",
      { value: state, "aria-label": name, onchange: change },
      choices.map((choice) => h("option", { value: choice, key: choice }, choice.replaceAll("_", " "))),
    ),
  );
}

function refusals() {
  const list = app.state.refusals ?? [];
  const one = (refusal, index) =>
    h(
      "li",
      { key: `${refusal.at}-${index}` },
      h("code", null, refusal.method),
      " ",
      h("strong", null, refusal.error),
      refusal.detail &&
        h("div", null, typeof refusal.detail === "string" ? refusal.detail : JSON.stringify(refusal.detail)),
      h("div", null, when(refusal.at)),
    );
  return h(
    "details",
    { class: "panel" },
    h(
      "summary",
      null,
      "What the workspace refused ",
      h("span", { class: list.length ? "count loud" : "count" }, list.length),
    ),
    list.length === 0 && h("p", { class: "hint" }, "Nothing: everything the bot sent is what Slack accepts."),
    h("ul", { class: "refusals" }, list.map(one)),
  );
}

function when(at) {
  const seconds = typeof at === "number" ? at : Date.parse(at) / 1000;
  return Number.isFinite(seconds) ? stamp(seconds) : null;
}
