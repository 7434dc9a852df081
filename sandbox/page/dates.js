/**
 * Slack's date tokens in the reader's own time.
 * Source: https://docs.slack.dev/messaging/formatting-message-text#date-formatting
 */
import { h } from "./dom.js";

const DAY = 86_400_000;
const HALF_YEAR = 183 * DAY;

function shown(date, options) {
  return new Intl.DateTimeFormat("en", options).format(date);
}

function ordinal(day) {
  const suffix = day % 100 >= 11 && day % 100 <= 13 ? "th" : ({ 1: "st", 2: "nd", 3: "rd" }[day % 10] ?? "th");
  return `${day}${suffix}`;
}

/** `February 18th, 2014`; the year is left out within half a year of now, as Slack does. */
function longDate(date, now, weekday) {
  const year = Math.abs(date - now) < HALF_YEAR ? "" : `, ${date.getFullYear()}`;
  return `${weekday ? `${shown(date, { weekday: "long" })}, ` : ""}${shown(date, { month: "long" })} ${ordinal(date.getDate())}${year}`;
}

function shortDate(date, now) {
  const year = Math.abs(date - now) < HALF_YEAR ? "" : `, ${date.getFullYear()}`;
  return `${shown(date, { month: "short" })} ${date.getDate()}${year}`;
}

function startOfDay(date) {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate());
}

/** Today, yesterday or tomorrow, or null for any other day. */
function nearDay(date, now) {
  const days = Math.round((startOfDay(date) - startOfDay(now)) / DAY);
  return { "-1": "yesterday", 0: "today", 1: "tomorrow" }[days] ?? null;
}

function ago(date, now) {
  const seconds = Math.round((date - now) / 1000);
  const [unit, size] = [
    ["day", 86_400],
    ["hour", 3_600],
    ["minute", 60],
    ["second", 1],
  ].find(([, length]) => Math.abs(seconds) >= length || length === 1);
  return new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(Math.round(seconds / size), unit);
}

function numbers(date) {
  const two = (number) => String(number).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** The time of day in the reader's own way of writing it (12 or 24 hours). */
export function clock(date, seconds = false) {
  const options = { hour: "numeric", minute: "2-digit", ...(seconds && { second: "2-digit" }) };
  return new Intl.DateTimeFormat(undefined, options).format(date);
}

const TOKENS = {
  date_num: (date) => numbers(date),
  date_slash: (date) => numbers(date).replaceAll("-", "/"),
  date: (date, now) => longDate(date, now, false),
  date_long: (date, now) => longDate(date, now, true),
  date_short: (date, now) => shortDate(date, now),
  date_pretty: (date, now) => nearDay(date, now) ?? longDate(date, now, false),
  date_long_pretty: (date, now) => nearDay(date, now) ?? longDate(date, now, true),
  date_short_pretty: (date, now) => nearDay(date, now) ?? shortDate(date, now),
  day_divider_pretty: (date, now) => nearDay(date, now) ?? longDate(date, now, true),
  time: (date) => clock(date),
  time_secs: (date) => clock(date, true),
  ago: (date, now) => ago(date, now),
};

/** Fills a format such as `{date_short_pretty} at {time}`; null if it has a token that Slack does not know. */
export function formatDate(seconds, format, now = new Date()) {
  const date = new Date(seconds * 1000);
  let known = !Number.isNaN(date.getTime());
  const text =
    known &&
    format.replace(/\{(\w+)\}/g, (token, name, at) => {
      if (!Object.hasOwn(TOKENS, name)) known = false;
      const words = Object.hasOwn(TOKENS, name) ? TOKENS[name](date, now) : token;
      return at === 0 ? words.charAt(0).toUpperCase() + words.slice(1) : words;
    });
  return known ? text : null;
}

/** A date token as an element; the fallback where the format or the time makes no sense. Hover shows UTC. */
export function dateNode(seconds, format, fallback) {
  const text = formatDate(Number(seconds), format);
  if (text === null) return fallback ?? "";
  const date = new Date(Number(seconds) * 1000);
  const utc = `${date.toISOString().slice(0, 16).replace("T", " ")} UTC`;
  return h("time", { class: "date", datetime: date.toISOString(), title: utc }, text);
}

/** The day of a message for the divider above it: `Today`, `Yesterday`, `Saturday, November 28th`. */
export function dayOf(ts) {
  return formatDate(Number(ts), "{day_divider_pretty}") ?? "";
}

/** A message's `ts` as the time of day, with the full date on hover. */
export function stamp(ts) {
  const date = new Date(Number(ts) * 1000);
  return h("time", { class: "stamp", datetime: date.toISOString(), title: date.toString() }, clock(date));
}
