/** What the page knows and where the reader is: the server's state, the person picked, the open channel and thread. */
import { fetchFaults, fetchServices, fetchState, live, perform } from "./api.js";

export const HOME = "home";

/** One object for the whole page; whoever changes it calls `changed()`. */
export const app = {
  me: "",
  channel: "",
  thread: null,
  state: null,
  services: [],
  faults: [],
  online: true,
  drafts: new Map(), // composer → text
  notices: new Map(), // composer → what went wrong there
  editing: null, // {channel, ts, text} of the message that is being edited
  dismissed: new Set(JSON.parse(sessionStorage.getItem("dismissed") ?? "[]")), // ephemeral messages that were put away
  told: new Set(), // toasts of the server that were shown
  since: 0, // the last toast of anybody before the page was opened
  toasts: [], // {id, text, alert}
  read: new Map(), // channel → newest ts that was on the screen
  busy: new Set(), // acts that the bot has not answered yet
  version: 0, // counts the changes of what messages show besides themselves
  menuOpen: false, // the left column on a narrow screen
};

let paint = () => {};
let queued = false;
let stopLive = () => {};
let fetching = null; // the fetch that is under way
let next = null; // the one to come after it

/** Something changed that any part of the page may show. */
export function changed() {
  app.version += 1;
  repaint();
}

/** Renders again, once for all calls of the same moment; messages only where they differ from what is shown. */
export function repaint() {
  if (queued) return;
  queued = true;
  queueMicrotask(() => {
    queued = false;
    paint();
  });
}

/** Starts: reads the address, follows it, and calls `draw` for every change. */
export function start(draw) {
  paint = draw;
  addEventListener("hashchange", follow);
  follow();
}

function follow() {
  const wanted = new URLSearchParams(location.hash.slice(1));
  const me = wanted.get("as") ?? app.me;
  app.channel = wanted.get("in") ?? app.channel;
  app.thread = wanted.get("thread");
  if (me !== app.me || app.state === null) become(me);
  opened();
  changed();
}

/** Goes somewhere; the address keeps it, so that reload and a second tab find it again. */
export function go(place) {
  const { me, channel, thread } = { me: app.me, channel: app.channel, thread: app.thread, ...place };
  const hash = new URLSearchParams({ as: me, in: channel, ...(thread && { thread }) });
  app.menuOpen = false;
  if (`#${hash}` === location.hash) changed();
  else location.hash = hash;
}

function become(me) {
  stopLive();
  app.me = me;
  app.editing = null;
  app.toasts = [];
  refresh();
  if (!me) return;
  stopLive = live(me, refresh, (online) => {
    app.online = online;
    repaint();
  });
}

/** Fetches the state again. Calls that come while one is under way share one more fetch after it. */
export function refresh() {
  if (!fetching) {
    fetching = fetchAll().finally(() => (fetching = null));
    return fetching;
  }
  next ??= fetching.then(() => {
    next = null;
    return refresh();
  });
  return next;
}

async function fetchAll() {
  const me = app.me;
  const [state, services, faults] = await Promise.all([fetchState(me), fetchServices(), fetchFaults()]);
  if (me !== app.me) await fetchAll();
  else if (state) accept(state, services, faults);
}

function accept(state, services, faults) {
  // The first state is nobody's, so whether a toast is old does not follow from what was seen of a person's before.
  if (app.state === null || state.toasted < app.since) app.since = state.toasted;
  if (frameOf(app.state) !== frameOf(state)) app.version += 1;
  app.state = state;
  app.services = services;
  app.faults = faults;
  if (!app.me) {
    app.me = state.me ?? state.people.find((one) => !one.is_bot)?.id;
    become(app.me);
  }
  const known = app.channel === HOME || state.channels.some((one) => one.id === app.channel);
  if (!known) app.channel = (state.channels.find((one) => one.name === "ops-shared") ?? state.channels[0]).id;
  for (const toast of state.toasts ?? []) {
    if (toast.id <= app.since || app.told.has(toast.id)) continue;
    app.told.add(toast.id);
    say(toast.text);
  }
  repaint();
}

/** What messages show of the state besides themselves: names, and the shortcuts of their menu. */
function frameOf(state) {
  return JSON.stringify([state?.people, state?.shortcuts, state?.channels.map(({ id, name }) => [id, name])]);
}

/** Does an act as the reader; what goes wrong is said in a toast, unless `quiet`. */
export async function act(what, { quiet = false, busy = null } = {}) {
  if (busy) app.busy.add(busy);
  changed();
  const answer = await perform(app.me, what);
  if (busy) app.busy.delete(busy);
  if (!answer.ok && !quiet) say(answer.error ?? "That did not work.", true);
  changed();
  return answer;
}

/** Puts an ephemeral message away, for this tab. */
export function dismiss(id) {
  app.dismissed.add(id);
  sessionStorage.setItem("dismissed", JSON.stringify([...app.dismissed]));
  changed();
}

let toastCount = 0;

/** Shows a short text for a while. */
export function say(text, alert = false) {
  toastCount += 1;
  const toast = { id: toastCount, text, alert };
  app.toasts = [...app.toasts.slice(-3), toast];
  setTimeout(() => forget(toast), alert ? 15_000 : 9_000);
  repaint();
}

export function forget(toast) {
  app.toasts = app.toasts.filter((one) => one !== toast);
  repaint();
}

function opened() {
  if (app.channel === HOME && app.me) act({ act: "home" }, { quiet: true });
}

export function people() {
  return app.state?.people ?? [];
}

export function personNamed(id) {
  const known = people().find((one) => one.id === id);
  return known ? handle(known) : null;
}

/** What one types after `@`: the short name of a person, the display name of the bot. */
export function handle(someone) {
  return someone.is_bot ? someone.real_name || someone.name : someone.name;
}

export function channelNamed(id) {
  return app.state?.channels.find((one) => one.id === id)?.name ?? null;
}

/** A channel as people call it; a direct message by whom it is with. */
export function labelOf(channel) {
  return channel.id.startsWith("D") ? channel.name : `#${channel.name}`;
}

export function here() {
  return app.state?.channels.find((one) => one.id === app.channel) ?? null;
}

export function repliesOf(channel, threadTs) {
  return app.state?.threads?.[`${channel}/${threadTs}`] ?? [];
}

/** Goes to the message of a permalink, if it is one of this workspace. */
export function jump(url) {
  const match = /\/archives\/([CGD]\w+)\/p(\d+)(\d{6})(?:\?.*?\bthread_ts=([\d.]+))?/.exec(url);
  if (!match || !channelNamed(match[1])) return false;
  const ts = `${match[2]}.${match[3]}`;
  const root = app.state.channels.find((one) => one.id === match[1]).messages.find((one) => one.ts === ts);
  go({ channel: match[1], thread: match[4] ?? (root?.reply_count ? ts : app.thread) });
  setTimeout(() => spotlight(match[1], ts), 150);
  return true;
}

function spotlight(channel, ts) {
  const found = [...document.querySelectorAll("[data-message]")]
    .filter((node) => node.dataset.message === `${channel}/${ts}`)
    .at(-1);
  found?.scrollIntoView({ block: "center" });
  found?.focus();
}
