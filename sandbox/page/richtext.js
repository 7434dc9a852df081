/**
 * `rich_text` blocks as elements; nothing in them is read as markup.
 * Source: https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
 */
import { dateNode } from "./dates.js";
import { h } from "./dom.js";
import { emoji } from "./emoji.js";
import { channel, link, loud, person } from "./mrkdwn.js";

export function richText(block) {
  return h("div", { class: "rich" }, (block.elements ?? []).map(part));
}

function part(element) {
  const inside = () => (element.elements ?? []).map(inlineNode);
  switch (element.type) {
    case "rich_text_section":
      return h("div", { class: "text" }, inside());
    case "rich_text_preformatted":
      return h(
        "pre",
        { tabindex: "0" },
        (element.elements ?? []).map((piece) => piece.text ?? piece.url ?? ""),
      );
    case "rich_text_quote":
      return h("blockquote", null, inside());
    case "rich_text_list":
      return list(element);
    default:
      return h("div", { class: "unknown" }, `This page does not show ${element.type}.`);
  }
}

function list(element) {
  const tag = element.style === "ordered" ? "ol" : "ul";
  const start = tag === "ol" && element.offset ? element.offset + 1 : undefined;
  const level = Math.min(element.indent ?? 0, 8);
  const items = (element.elements ?? []).map((item) => h("li", null, (item.elements ?? []).map(inlineNode)));
  return h(tag, { start, class: `indent-${level}${element.border ? " bordered" : ""}` }, items);
}

function inlineNode(element) {
  return styled(bareNode(element), element.style ?? {});
}

function bareNode(element) {
  switch (element.type) {
    case "text":
      return element.text;
    case "link":
      return link(element.url ?? "", [element.text || element.url || ""]);
    case "user":
      return person(element.user_id);
    case "usergroup":
      return h("span", { class: "mention" }, `@${element.usergroup_id}`);
    case "channel":
      return channel(element.channel_id);
    case "broadcast":
      return loud(element.range);
    case "emoji":
      return emoji(element.name);
    case "date":
      return element.url
        ? link(element.url, [dateNode(element.timestamp, element.format, element.fallback)])
        : dateNode(element.timestamp, element.format, element.fallback);
    case "color":
      return h("code", null, element.value);
    default:
      return h("span", { class: "unknown" }, `[${element.type}]`);
  }
}

function styled(node, style) {
  const tags = [
    ["code", style.code],
    ["s", style.strike],
    ["em", style.italic],
    ["strong", style.bold],
  ];
  return tags.reduce((inner, [tag, on]) => (on ? h(tag, null, inner) : inner), node);
}
