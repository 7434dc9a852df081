/**
 * A small keyed renderer: descriptions of elements become elements, and an element that stays is changed, not rebuilt.
 *
 * What it is given ends in text nodes, attributes and listeners only: there is no way to pass markup, so nothing that a
 * person or a bot wrote can become any. A focused input keeps its focus and caret, because it is never replaced.
 */

/** Properties that a person changes by using the element: compared with the element itself, not with the last rendering. */
const LIVE = new Set(["value", "checked", "disabled", "indeterminate"]);
const HOOKS = new Set(["key", "mount", "unmount"]);

const children = new WeakMap(); // element → [{id, vnode, node, token}]
let mounted = [];
let depth = 0;

/** Describes an element. `props`: attributes, live properties, `onclick` and so on, `key`, `mount(el)`, `unmount(el)`. */
export function h(tag, props, ...kids) {
  return { tag, props: props ?? {}, kids: flat(kids) };
}

/** An element that is described anew only when `token` differs from the last time; `build` describes it with this `key`. */
export function kept(tag, key, token, build) {
  return { tag, props: { key }, token, build };
}

function flat(kids) {
  return kids
    .flat(Infinity)
    .filter((kid) => kid !== null && kid !== undefined && kid !== "" && typeof kid !== "boolean")
    .map((kid) => (typeof kid === "object" ? kid : { tag: null, text: String(kid) }));
}

/** Makes the children of `parent` what `kids` describe. */
export function render(parent, ...kids) {
  depth += 1;
  patchChildren(parent, flat(kids));
  depth -= 1;
  if (depth > 0) return;
  const ready = mounted;
  mounted = [];
  for (const [hook, node] of ready) hook(node);
}

/** A new element outside any rendering, for menus and dialogs. */
export function create(vnode) {
  const holder = document.createElement("div");
  render(holder, vnode);
  return holder.firstChild;
}

function patchChildren(parent, next) {
  const spare = new Map((children.get(parent) ?? []).map((child) => [child.id, child]));
  const counts = new Map();
  const now = next.map((vnode) => {
    const base = vnode.props?.key === undefined ? `${vnode.tag}` : `${vnode.tag}=${vnode.props.key}`;
    const count = counts.get(base) ?? 0;
    counts.set(base, count + 1);
    const id = `${base}#${count}`;
    const known = spare.get(id);
    spare.delete(id);
    if (known && vnode.token !== undefined && known.token === vnode.token) return known;
    const full = vnode.build?.() ?? vnode;
    return { id, vnode: full, token: vnode.token, node: known ? patch(known, full) : build(full) };
  });
  for (const { vnode, node } of spare.values()) {
    unmount(vnode, node);
    node.remove();
  }
  // Removed ones are gone already, so what stays is in its place and is not moved: moving an element takes its focus.
  let place = parent.firstChild;
  for (const { node } of now) {
    if (node === place) place = place.nextSibling;
    else parent.insertBefore(node, place);
  }
  children.set(parent, now);
}

function build(vnode) {
  if (vnode.tag === null) return document.createTextNode(vnode.text);
  const node = document.createElement(vnode.tag);
  patchChildren(node, vnode.kids);
  setProps(node, {}, vnode.props);
  if (vnode.props.mount) mounted.push([vnode.props.mount, node]);
  return node;
}

function patch({ vnode: old, node }, vnode) {
  if (vnode.tag === null) {
    if (node.data !== vnode.text) node.data = vnode.text;
    return node;
  }
  patchChildren(node, vnode.kids);
  setProps(node, old.props, vnode.props);
  return node;
}

function setProps(node, old, props) {
  for (const name of Object.keys(old)) if (!(name in props)) setProp(node, name, undefined);
  for (const [name, value] of Object.entries(props))
    if (LIVE.has(name) || old[name] !== value) setProp(node, name, value);
}

function setProp(node, name, value) {
  if (HOOKS.has(name)) return;
  if (name.startsWith("on")) {
    // What a listener returns is dropped: `false` would cancel the event.
    node[name] = typeof value === "function" ? (event) => void value(event) : null;
  } else if (LIVE.has(name)) {
    const wanted = name === "value" ? String(value ?? "") : Boolean(value);
    if (node[name] !== wanted) node[name] = wanted;
  } else if (value === undefined || value === null || value === false) {
    node.removeAttribute(name);
  } else {
    node.setAttribute(name, value === true ? "" : String(value));
  }
}

function unmount(vnode, node) {
  if (vnode.tag === null) return;
  vnode.props.unmount?.(node);
  for (const child of children.get(node) ?? []) unmount(child.vnode, child.node);
}
