// The names of common emoji. A name that is not here stays as typed, as Slack shows a name it does not know.

const TABLE = `
+1 👍 thumbsup 👍 -1 👎 thumbsdown 👎 wave 👋 clap 👏 pray 🙏 raised_hands 🙌 ok_hand 👌 muscle 💪 point_right 👉 point_left 👈
point_up ☝️ point_up_2 👆 point_down 👇 hand ✋ raised_hand ✋ v ✌️ handshake 🤝 writing_hand ✍️ eyes 👀 brain 🧠
smile 😄 smiley 😃 grinning 😀 grin 😁 laughing 😆 sweat_smile 😅 joy 😂 rofl 🤣 slightly_smiling_face 🙂 upside_down_face 🙃 wink 😉
blush 😊 heart_eyes 😍 star-struck 🤩 kissing_heart 😘 yum 😋 stuck_out_tongue 😛 hugging_face 🤗 thinking_face 🤔 thinking 🤔
neutral_face 😐 expressionless 😑 smirk 😏 unamused 😒 face_with_rolling_eyes 🙄 grimacing 😬 relieved 😌 pensive 😔 sleeping 😴 sunglasses 😎
nerd_face 🤓 confused 😕 worried 😟 open_mouth 😮 astonished 😲 flushed 😳 cry 😢 sob 😭 scream 😱 sweat 😓 tired_face 😫 triumph 😤 rage 😡
skull 💀 robot_face 🤖 robot 🤖 ghost 👻 alien 👽 see_no_evil 🙈 hear_no_evil 🙉 speak_no_evil 🙊 bust_in_silhouette 👤 busts_in_silhouette 👥
heart ❤️ orange_heart 🧡 yellow_heart 💛 green_heart 💚 blue_heart 💙 purple_heart 💜 black_heart 🖤 broken_heart 💔 sparkling_heart 💖
sparkles ✨ star ⭐ star2 🌟 dizzy 💫 boom 💥 fire 🔥 100 💯 tada 🎉 confetti_ball 🎊 balloon 🎈 gift 🎁 trophy 🏆 medal 🏅 dart 🎯 rocket 🚀
zap ⚡ sunny ☀️ cloud ☁️ partly_sunny ⛅ umbrella ☔ snowflake ❄️ rainbow 🌈 ocean 🌊 seedling 🌱 evergreen_tree 🌲 deciduous_tree 🌳 herb 🌿
four_leaf_clover 🍀 cherry_blossom 🌸 sunflower 🌻 maple_leaf 🍁 mushroom 🍄 earth_africa 🌍 earth_americas 🌎 earth_asia 🌏 globe_with_meridians 🌐
full_moon 🌕 crescent_moon 🌙 coffee ☕ tea 🍵 beer 🍺 beers 🍻 pizza 🍕 cake 🍰 apple 🍎 bread 🍞 egg 🥚 cookie 🍪
dog 🐶 cat 🐱 mouse 🐭 fox_face 🦊 bear 🐻 panda_face 🐼 tiger 🐯 frog 🐸 monkey_face 🐵 bird 🐦 penguin 🐧 owl 🦉 bee 🐝 bug 🐛 butterfly 🦋
turtle 🐢 snake 🐍 octopus 🐙 whale 🐳 dolphin 🐬 mammoth 🦣 llama 🦙
newspaper 📰 rolled_up_newspaper 🗞️ page_facing_up 📄 page_with_curl 📃 bookmark 🔖 bookmark_tabs 📑 book 📖 open_book 📖 books 📚 closed_book 📕
green_book 📗 blue_book 📘 orange_book 📙 notebook 📓 ledger 📒 memo 📝 pencil 📝 pencil2 ✏️ scroll 📜 label 🏷️ paperclip 📎 pushpin 📌 round_pushpin 📍
scissors ✂️ link 🔗 clipboard 📋 calendar 📅 date 📆 spiral_calendar_pad 🗓️ chart_with_upwards_trend 📈 chart_with_downwards_trend 📉 bar_chart 📊
file_folder 📁 open_file_folder 📂 card_index_dividers 🗂️ inbox_tray 📥 outbox_tray 📤 mailbox 📫 mailbox_with_mail 📬 envelope ✉️ email 📧 incoming_envelope 📨
package 📦 mag 🔍 mag_right 🔎 microscope 🔬 telescope 🔭 test_tube 🧪 dna 🧬 satellite 🛰️ bulb 💡 gear ⚙️ wrench 🔧 hammer 🔨 hammer_and_wrench 🛠️
nut_and_bolt 🔩 key 🔑 lock 🔒 unlock 🔓 computer 💻 desktop_computer 🖥️ keyboard ⌨️ iphone 📱 phone ☎️ battery 🔋 electric_plug 🔌 floppy_disk 💾
camera 📷 movie_camera 🎥 tv 📺 headphones 🎧 musical_note 🎵 notes 🎶 microphone 🎤 art 🎨 video_game 🎮 game_die 🎲 jigsaw 🧩 puzzle_piece 🧩
bell 🔔 no_bell 🔕 loudspeaker 📢 mega 📣 speech_balloon 💬 thought_balloon 💭 left_speech_bubble 🗨️ hourglass ⌛ hourglass_flowing_sand ⏳
watch ⌚ alarm_clock ⏰ stopwatch ⏱️ clock1 🕐 clock9 🕘 moneybag 💰 dollar 💵 credit_card 💳 gem 💎 scales ⚖️ shield 🛡️ crossed_swords ⚔️
house 🏠 office 🏢 school 🏫 mortar_board 🎓 hospital 🏥 car 🚗 bus 🚌 train 🚆 airplane ✈️ bike 🚲 anchor ⚓ construction 🚧 vertical_traffic_light 🚦
checkered_flag 🏁 triangular_flag_on_post 🚩 white_flag 🏳️ flag-kr 🇰🇷 kr 🇰🇷 flag-us 🇺🇸 us 🇺🇸 flag-gb 🇬🇧 flag-jp 🇯🇵 jp 🇯🇵 flag-de 🇩🇪 de 🇩🇪
white_check_mark ✅ heavy_check_mark ✔️ ballot_box_with_check ☑️ x ❌ negative_squared_cross_mark ❎ heavy_plus_sign ➕ heavy_minus_sign ➖
question ❓ grey_question ❔ exclamation ❗ heavy_exclamation_mark ❗ bangbang ‼️ interrobang ⁉️ warning ⚠️ no_entry ⛔ no_entry_sign 🚫 octagonal_sign 🛑 sos 🆘
information_source ℹ️ new 🆕 free 🆓 up 🆙 cool 🆒 ok 🆗 top 🔝 soon 🔜 end 🔚 back 🔙 on 🔛 recycle ♻️ infinity ♾️
arrow_right ➡️ arrow_left ⬅️ arrow_up ⬆️ arrow_down ⬇️ arrow_upper_right ↗️ arrow_lower_right ↘️ left_right_arrow ↔️ arrows_counterclockwise 🔄
repeat 🔁 twisted_rightwards_arrows 🔀 arrow_forward ▶️ fast_forward ⏩ rewind ⏪ double_vertical_bar ⏸️ black_square_for_stop ⏹️
red_circle 🔴 large_orange_circle 🟠 large_yellow_circle 🟡 large_green_circle 🟢 large_blue_circle 🔵 large_purple_circle 🟣 white_circle ⚪ black_circle ⚫
large_green_square 🟩 large_red_square 🟥 large_blue_square 🟦 small_blue_diamond 🔹 small_orange_diamond 🔸 large_blue_diamond 🔷 black_small_square ▪️
zero 0️⃣ one 1️⃣ two 2️⃣ three 3️⃣ four 4️⃣ five 5️⃣ six 6️⃣ seven 7️⃣ eight 8️⃣ nine 9️⃣ keycap_ten 🔟 hash #️⃣ 1234 🔢 abc 🔤
first_place_medal 🥇 second_place_medal 🥈 third_place_medal 🥉 crown 👑 magic_wand 🪄 crystal_ball 🔮 compass 🧭 world_map 🗺️ mountain ⛰️ desert_island 🏝️
abacus 🧮 bricks 🧱 thread 🧵 knot 🪢 ladder 🪜 broom 🧹 basket 🧺 bath 🛀 bed 🛏️ candle 🕯️ lantern 🏮 flashlight 🔦 hole 🕳️ bomb 💣
`;

const words = TABLE.trim().split(/\s+/);
const EMOJI = new Map();
for (let at = 0; at < words.length; at += 2) EMOJI.set(words[at], words[at + 1]);

const TONES = ["🏻", "🏼", "🏽", "🏾", "🏿"];

/** The characters of an emoji name, or null. `tone` is Slack's 2 to 6. */
export function emoji(name, tone = null) {
  const found = EMOJI.get(name);
  if (!found) return null;
  return tone ? found.replace("️", "") + TONES[tone - 2] : found;
}

/** The characters of Slack's `unicode` field, such as `1f468-200d-1f4bb`, or null. */
export function emojiOfCodes(codes) {
  if (!/^[0-9a-f]{1,6}(-[0-9a-f]{1,6})*$/i.test(codes ?? "")) return null;
  const points = codes.split("-").map((code) => parseInt(code, 16));
  return points.every((point) => point <= 0x10ffff) ? String.fromCodePoint(...points) : null;
}
