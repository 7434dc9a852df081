/** The shortcodes that operations bots use, as Unicode; an unknown one stays as it was written. */
import { h } from "./dom.js";

const TABLE = `
  white_check_mark ✅|heavy_check_mark ✔️|ballot_box_with_check ☑️|x ❌|heavy_multiplication_x ✖️|no_entry ⛔
  no_entry_sign 🚫|warning ⚠️|rotating_light 🚨|fire 🔥|boom 💥|bug 🐛|skull 💀|ambulance 🚑|fire_engine 🚒
  red_circle 🔴|large_orange_circle 🟠|large_yellow_circle 🟡|large_green_circle 🟢|large_blue_circle 🔵
  large_purple_circle 🟣|white_circle ⚪|black_circle ⚫|large_green_square 🟩|large_yellow_square 🟨
  large_red_square 🟥|white_large_square ⬜|black_large_square ⬛|large_orange_square 🟧|radio_button 🔘
  white_square_button 🔳|small_red_triangle 🔺|small_red_triangle_down 🔻|small_blue_diamond 🔹
  pushpin 📌|round_pushpin 📍|tada 🎉|sparkles ✨|star ⭐|100 💯|rocket 🚀|ship 🚢|checkered_flag 🏁
  wrench 🔧|hammer 🔨|hammer_and_wrench 🛠️|gear ⚙️|construction 🚧|toolbox 🧰|broom 🧹|package 📦
  calendar 📆|date 📅|spiral_calendar_pad 🗓️|clock1 🕐|alarm_clock ⏰|hourglass ⌛|hourglass_flowing_sand ⏳
  stopwatch ⏱️|timer_clock ⏲️|lock 🔒|unlock 🔓|closed_lock_with_key 🔐|key 🔑|snowflake ❄️|shield 🛡️
  eyes 👀|mag 🔍|bulb 💡|memo 📝|clipboard 📋|page_facing_up 📄|scroll 📜|book 📖|books 📚|link 🔗
  paperclip 📎|chart_with_upwards_trend 📈|chart_with_downwards_trend 📉|bar_chart 📊|mega 📣|loudspeaker 📢
  bell 🔔|no_bell 🔕|speech_balloon 💬|thought_balloon 💭|phone ☎️|telephone_receiver 📞|pager 📟|email ✉️|inbox_tray 📥
  outbox_tray 📤|robot_face 🤖|wave 👋|+1 👍|thumbsup 👍|-1 👎|thumbsdown 👎|pray 🙏|clap 👏|muscle 💪
  raised_hands 🙌|raising_hand 🙋|ok_hand 👌|point_right 👉|point_left 👈|point_up 👆|point_down 👇|heart ❤️
  green_heart 💚|smile 😄|slightly_smiling_face 🙂|thinking_face 🤔|sweat_smile 😅|cry 😢|zzz 💤
  information_source ℹ️|question ❓|exclamation ❗|bangbang ‼️|arrow_right ➡️|arrow_left ⬅️|arrow_up ⬆️
  arrow_down ⬇️|arrow_up_small 🔼|arrow_down_small 🔽|arrows_counterclockwise 🔄|repeat 🔁|back 🔙
  rewind ⏪|leftwards_arrow_with_hook ↩️|heavy_plus_sign ➕|heavy_minus_sign ➖|new 🆕|ok 🆗|sos 🆘|zap ⚡|cloud ☁️
  sunny ☀️|electric_plug 🔌|battery 🔋|satellite_antenna 📡|computer 💻|desktop_computer 🖥️|floppy_disk 💾
  file_cabinet 🗄️|card_file_box 🗃️|wastebasket 🗑️|brain 🧠|bust_in_silhouette 👤|busts_in_silhouette 👥|sleeping 😴
  ghost 👻|crossed_swords ⚔️|dart 🎯|traffic_light 🚦|vertical_traffic_light 🚦|stop_sign 🛑|octagonal_sign 🛑|seedling 🌱
  cyclone 🌀|double_vertical_bar ⏸️|pause_button ⏸️|arrow_forward ▶️|black_square_for_stop ⏹️|fast_forward ⏩`;

const BY_NAME = new Map(
  TABLE.split(/[|\n]/)
    .map((entry) => entry.trim().split(" "))
    .filter(([name]) => name),
);

const SHORTCODE = new RegExp(
  `:(${[...BY_NAME.keys()].map((name) => name.replaceAll("+", "\\+")).join("|")})(?:::skin-tone-\\d)?:`,
  "g",
);

/** Names offered for reacting, the one with a meaning for the bot first. */
export const REACTIONS = [
  "pushpin",
  "white_check_mark",
  "eyes",
  "+1",
  "-1",
  "tada",
  "fire",
  "warning",
  "x",
  "heart",
  "pray",
  "rocket",
  "wrench",
  "question",
];

/** The character for a shortcode, or null. Skin tones are left out. */
export function character(name) {
  return BY_NAME.get(name.split("::")[0]) ?? null;
}

/** A shortcode as an element that screen readers name; the shortcode itself where it is not known. */
export function emoji(name) {
  const known = character(name);
  if (!known) return `:${name}:`;
  return h("span", { class: "emoji", role: "img", "aria-label": name.replaceAll("_", " "), title: `:${name}:` }, known);
}

/** Text with its shortcodes replaced. `12:30:45` stays: only names in the table are shortcodes. */
export function withEmoji(text) {
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(SHORTCODE)) {
    parts.push(text.slice(end, match.index), emoji(match[1]));
    end = match.index + match[0].length;
  }
  return [...parts, text.slice(end)];
}
