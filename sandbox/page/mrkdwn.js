/**
 * Slack's mrkdwn as elements: read once, unescaped exactly once, with links only to http, https and mail addresses.
 * Source: https://docs.slack.dev/messaging/formatting-message-text
 */
import { dateNode } from "./dates.js";
import { h } from "./dom.js";
import { withEmoji } from "./emoji.js";
import { app, channelNamed, go, jump, personNamed } from "./store.js";

// Code, <entities> and bare addresses are put aside under private-use characters while emphasis is looked for.
const ATOM = /`([^`\n]+)`|<([^<>\n]+)>|https?:\/\/[^\s<>|`\uE000\uE001]+/g;
const HELD = /\uE000(\d+)\uE001/;
const STYLES = { "*": "strong", _: "em", "~": "s" };
const EMPHASIS = /(?<![\p{L}\p{N}*_~])([*_~])(?!\1|\s)((?:(?!\1)[^\n])*)(?<!\s)\1(?![\p{L}\p{N}])/u;

export function unescape(text) {
  return text.replace(/&(amp|lt|gt);/g, (whole, name) => ({ amp: "&", lt: "<", gt: ">" })[name]);
}

/** A text object of Block Kit (`plain_text` or `mrkdwn`), or nothing. */
export function textOf(object) {
  if (!object) return [];
  if (object.type === "mrkdwn") return mrkdwn(object.text ?? "");
  return object.emoji === false ? [object.text ?? ""] : withEmoji(object.text ?? "");
}

/** mrkdwn with its blocks: preformatted, quotes, and lines between them. */
export function mrkdwn(text) {
  return text
    .replace(/[\uE000\uE001]/g, "")
    .split(/```\n?([\s\S]+?)\n?```\n?/)
    .flatMap((piece, index) => (index % 2 ? [h("pre", { tabindex: "0" }, codeText(piece))] : quotes(piece)));
}

function quotes(text) {
  const [before, ...rest] = text.split(/^(?:&gt;|>){3} ?/m);
  const parts = [];
  let lines = [];
  const close = (quoted) => {
    if (lines.length && lines.join("\n"))
      parts.push(quoted ? h("blockquote", null, inline(lines.join("\n"))) : inline(lines.join("\n")));
    lines = [];
  };
  let inside = false;
  for (const line of before.split("\n")) {
    const mark = /^(?:&gt;|>) ?/.exec(line);
    if (Boolean(mark) !== inside) close(inside);
    inside = Boolean(mark);
    lines.push(mark ? line.slice(mark[0].length) : line);
  }
  close(inside);
  if (rest.length) parts.push(h("blockquote", null, inline(rest.join(">>>"))));
  return parts;
}

function inline(text) {
  const held = [];
  const bare = text.replace(ATOM, (whole, code, entity) => {
    let tail = "";
    if (code !== undefined) held.push(h("code", null, codeText(code)));
    else if (entity !== undefined) held.push(entityNode(entity));
    else {
      tail = /(?:[.,;:!?"')\]*_~]|&(?:lt|gt|amp);)*$/.exec(whole)[0];
      const url = unescape(whole.slice(0, whole.length - tail.length));
      held.push(link(url, [url]));
    }
    return `\uE000${held.length - 1}\uE001${tail}`;
  });
  return emphasised(bare, held);
}

function emphasised(text, held) {
  const parts = [];
  let rest = text;
  for (let match = EMPHASIS.exec(rest); match; match = EMPHASIS.exec(rest)) {
    parts.push(leaf(rest.slice(0, match.index), held), h(STYLES[match[1]], null, emphasised(match[2], held)));
    rest = rest.slice(match.index + match[0].length);
  }
  return [...parts, leaf(rest, held)];
}

function leaf(text, held) {
  return text.split(HELD).flatMap((piece, index) => (index % 2 ? held[Number(piece)] : withEmoji(unescape(piece))));
}

/** In code, entities are shown as what they stand for, without being links. */
function codeText(text) {
  return unescape(
    text.replace(
      /<([^<>|\n]+)(?:\|([^<>\n]*))?>/g,
      (whole, target, label) => label ?? (/^(https?|mailto):/.test(target) ? target : whole),
    ),
  );
}

function entityNode(body) {
  const [target, label] = split(body, "|");
  if (/^@[UW]\w+$/.test(target)) return person(target.slice(1), label);
  if (/^#[CGD]\w+$/.test(target)) return channel(target.slice(1), label);
  if (/^!(here|channel|everyone)$/.test(target)) return loud(target.slice(1));
  if (target.startsWith("!subteam^")) return h("span", { class: "mention" }, label ?? `@${target.slice(9)}`);
  if (target.startsWith("!date^")) return dateEntity(target.slice(6), label);
  if (/^(https?:\/\/|mailto:)/.test(target)) return link(unescape(target), withEmoji(unescape(label || target)));
  return unescape(`<${body}>`);
}

function split(text, separator) {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

function dateEntity(body, fallback) {
  const [seconds, format, url] = body.split("^");
  const node = dateNode(seconds, unescape(format ?? ""), unescape(fallback ?? ""));
  return url ? link(unescape(url), [node]) : node;
}

/** A mention of a person, in the reader's own colour when it is the reader. */
export function person(id, label) {
  return h(
    "span",
    { class: id === app.me ? "mention mention-me" : "mention", title: id },
    `@${personNamed(id) ?? label ?? id}`,
  );
}

/** A channel's name; one that the reader can see is a button that opens it. */
export function channel(id, label) {
  const name = channelNamed(id);
  if (!name) return h("span", { class: "mention" }, `#${label || id}`);
  return h(
    "button",
    { type: "button", class: "mention", onclick: () => go({ channel: id, thread: null }) },
    `#${name}`,
  );
}

/** `@here`, `@channel`, `@everyone`: shown so that nobody overlooks that a text pages people. */
export function loud(range) {
  return h("strong", { class: "mention mention-loud", title: "This pages people" }, `📢 @${range}`);
}

/** A link, or the bare label where the address is not http(s) or mail. A permalink of this workspace jumps to its message. */
export function link(url, label) {
  if (!/^(https?:\/\/|mailto:)/i.test(url)) return h("span", { class: "dead-link", title: "Not a web address" }, label);
  const onclick = (event) => {
    if (jump(url)) event.preventDefault();
  };
  return h("a", { href: url, target: "_blank", rel: "noopener noreferrer", onclick }, label);
}
