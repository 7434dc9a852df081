/**
 * Blocks of Block Kit as elements; one that this page does not know is named, not hidden.
 * Source: https://docs.slack.dev/reference/block-kit/blocks
 */
import { h } from "./dom.js";
import { domId, elementNode, safeImage } from "./elements.js";
import { errorOf } from "./forms.js";
import { mrkdwn, textOf } from "./mrkdwn.js";
import { richText } from "./richtext.js";

const KINDS = {
  section,
  header,
  divider,
  context: contextBlock,
  actions,
  input,
  rich_text: (context, block) => richText(block),
  image,
  markdown,
  table,
};

/**
 * All blocks of a message, modal or Home tab. `context`: `{kind: "message"|"modal"|"home", key, dom, container, blocks,
 * errors, submit}`, where `key` names the container and `dom` this showing of it (a message may be shown twice).
 */
export function blocksNode(context) {
  return h(
    "div",
    { class: "blocks" },
    (context.blocks ?? []).map((block, index) => blockNode(context, block, index)),
  );
}

function blockNode(context, block, index) {
  const kind = KINDS[block.type];
  const inner = kind
    ? kind(context, block)
    : h("div", { class: "unknown" }, `This page does not show ${block.type} blocks.`);
  return h("div", { class: `block block-${block.type}`, key: block.block_id ?? index }, inner);
}

function section(context, block) {
  const accessory = block.accessory && elementNode(context, block, block.accessory, plainText(block.text) || "Choice");
  const stacked = ["checkboxes", "radio_buttons"].includes(block.accessory?.type);
  return h(
    "div",
    { class: stacked ? "section stacked" : "section" },
    h(
      "div",
      { class: "section-text" },
      block.text && h("div", { class: "text" }, textOf(block.text)),
      block.fields?.length &&
        h(
          "div",
          { class: "fields" },
          block.fields.map((field) => h("div", { class: "text" }, textOf(field))),
        ),
    ),
    accessory && h("div", { class: "accessory" }, accessory),
  );
}

/** A text object without marks, for names that are read aloud. */
function plainText(object) {
  return (object?.text ?? "")
    .replace(/<[^>|]*\|([^>]*)>/g, "$1")
    .replace(/[*_~`]|:\w+:/g, "")
    .slice(0, 80)
    .trim();
}

function header(context, block) {
  return h("h3", { class: "block-title" }, textOf(block.text));
}

function divider() {
  return h("hr");
}

function contextBlock(context, block) {
  const piece = (element) =>
    element.type === "image"
      ? h("img", { class: "tiny", src: safeImage(element.image_url), alt: element.alt_text ?? "" })
      : h("span", { class: "text" }, textOf(element));
  return h("div", { class: "context" }, (block.elements ?? []).map(piece));
}

function actions(context, block) {
  return h(
    "div",
    { class: "actions" },
    (block.elements ?? []).map((element) =>
      elementNode(context, block, element, plainText(element.placeholder) || "Choice"),
    ),
  );
}

function input(context, block) {
  const id = domId(context, block, block.element);
  const group = ["checkboxes", "radio_buttons"].includes(block.element.type);
  const error = errorOf(context, block);
  const label = [
    h("span", { id: `${id}-label` }, textOf(block.label)),
    block.optional && h("small", null, " (optional)"),
  ];
  return h(
    "div",
    { class: error ? "input invalid" : "input" },
    group ? h("div", { class: "label" }, label) : h("label", { class: "label", for: id }, label),
    elementNode(context, block, block.element),
    h(
      "div",
      { id: `${id}-notes` },
      error && h("p", { class: "error", role: "alert" }, error),
      block.hint && h("p", { class: "hint" }, textOf(block.hint)),
    ),
  );
}

function image(context, block) {
  return h(
    "figure",
    null,
    block.title && h("figcaption", null, textOf(block.title)),
    h("img", { src: safeImage(block.image_url ?? block.slack_file?.url), alt: block.alt_text ?? "", loading: "lazy" }),
  );
}

function markdown(context, block) {
  return h("div", { class: "text" }, block.text ?? "");
}

function table(context, block) {
  const cell = (tag) => (one) => h(tag, null, one.type === "rich_text" ? richText(one) : one.text);
  const [head, ...body] = block.rows ?? [];
  return h(
    "div",
    { class: "table" },
    h(
      "table",
      null,
      h("thead", null, h("tr", null, (head ?? []).map(cell("th")))),
      h(
        "tbody",
        null,
        body.map((row) => h("tr", null, row.map(cell("td")))),
      ),
    ),
  );
}

/** Attachments of the older kind: a bar of colour beside text, fields or blocks. */
export function attachmentNode(context, attachment, index) {
  const bar = /^#?[0-9a-f]{6}$/i.test(attachment.color ?? "") ? `#${attachment.color.replace("#", "")}` : null;
  const named = { good: "good", warning: "warning", danger: "danger" }[attachment.color] ?? "plain";
  const inner = attachment.blocks?.length
    ? blocksNode({ ...context, dom: `${context.dom}-at${index}`, blocks: attachment.blocks })
    : [
        attachment.pretext && h("div", { class: "text" }, mrkdwn(attachment.pretext)),
        attachment.title && h("strong", null, attachment.title),
        h("div", { class: "text" }, mrkdwn(attachment.text ?? attachment.fallback ?? "")),
        attachment.fields?.length &&
          h(
            "div",
            { class: "fields" },
            attachment.fields.map((field) =>
              h("div", { class: "text" }, h("strong", null, field.title), "\n", mrkdwn(field.value ?? "")),
            ),
          ),
        attachment.footer && h("small", null, attachment.footer),
      ];
  const mount = (node) => bar && node.style.setProperty("--bar", bar);
  return h("div", { class: `attachment bar-${named}`, key: `attachment-${index}`, mount }, inner);
}

/** Files as a plain list; a picture that the sandbox keeps is shown. */
export function filesNode(files) {
  const address = (file) => safeImage(file.url_private ?? file.permalink);
  const one = (file) =>
    h(
      "li",
      { key: file.id },
      h(
        "a",
        { href: address(file), target: "_blank", rel: "noopener noreferrer" },
        `📄 ${file.title ?? file.name ?? file.id}`,
      ),
      file.size !== undefined && h("small", null, ` ${file.size.toLocaleString("en")} bytes`),
      file.mimetype?.startsWith("image/") &&
        h("img", { src: address(file), alt: file.alt_txt ?? file.title ?? file.name ?? "", loading: "lazy" }),
    );
  return h("ul", { class: "files" }, files.map(one));
}
