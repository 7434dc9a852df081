/** The sandbox server as the page sees it: its state, acts, services, and a socket that says when something changed. */

const AWAY = { ok: false, error: "The sandbox does not answer. Is it still running?" };

async function json(path, body) {
  const options = body && {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  };
  try {
    const response = await fetch(path, options);
    const answer = await response.json();
    return response.ok ? answer : { ok: false, error: `The sandbox answered ${response.status}.`, ...answer };
  } catch {
    return AWAY;
  }
}

/** What `person` sees, or null while the server is away. */
export async function fetchState(person) {
  const state = await json(`sandbox/state?as=${encodeURIComponent(person)}`);
  return state.channels ? state : null;
}

/** Does something as a person: `{act: "writes", channel, text, …}` → `{ok}` or `{ok: false, error}`. Never throws. */
export function perform(person, act) {
  return json("sandbox/act", { as: person, ...act });
}

/** `[{name, state, choices}]`, empty where the server has no switches. */
export async function fetchServices() {
  return (await json("sandbox/services")).services ?? [];
}

/** `[{kind, method, count, value}]`: the faults of the workspace's Web API that are in force. */
export async function fetchFaults() {
  return (await json("sandbox/faults")).faults ?? [];
}

/** Breaks Slack itself: `{kind, method, count, value}`; `{kind: "clear"}` ends all of it. */
export function startFault(fault) {
  return json("sandbox/faults", fault);
}

export function switchService(name, state) {
  return json("sandbox/services", { name, state });
}

/**
 * Calls `onChange` for each change of the workspace and once after every connection, `onStatus(bool)` when it comes and
 * goes. Reconnects by itself. Returns a function that ends it.
 */
export function live(person, onChange, onStatus) {
  let ended = false;
  let wait = 250;
  let socket;
  let timer;
  const connect = () => {
    socket = new WebSocket(
      new URL(`sandbox/live?as=${encodeURIComponent(person)}`, location.href.replace(/^http/, "ws")),
    );
    socket.onopen = () => {
      wait = 250;
      onStatus(true);
      onChange();
    };
    socket.onmessage = () => onChange();
    socket.onclose = () => {
      if (ended) return;
      onStatus(false);
      wait = Math.min(wait * 2, 4000);
      timer = setTimeout(connect, wait);
    };
  };
  connect();
  return () => {
    ended = true;
    clearTimeout(timer);
    socket.close();
  };
}
