// Moments as one person reads them: in their zone. The page's own words are English; the dates that an app leaves to
// Slack to word (`<!date^…>`) follow the person's language, as Slack words them.

const DAY = 86_400;
const OURS = "en-US";

export class Calendar {
  constructor(locale, zone) {
    this.locale = supported(locale);
    this.zone = zone || undefined;
    this.formats = new Map();
    this.keys = this.format("en-CA", { year: "numeric", month: "2-digit", day: "2-digit" });
  }

  /** A kept formatter: making one is dear, and a long channel asks for hundreds. */
  format(locale, options) {
    const key = locale + JSON.stringify(options);
    if (!this.formats.has(key)) {
      let made;
      try {
        made = new Intl.DateTimeFormat(locale, { ...options, timeZone: this.zone });
      } catch {
        made = new Intl.DateTimeFormat(locale, options); // A zone that this browser does not know.
      }
      this.formats.set(key, made);
    }
    return this.formats.get(key);
  }

  write(seconds, options, locale = OURS) {
    return this.format(locale, options).format(new Date(seconds * 1000));
  }

  /** `2024-04-12`: the same for every moment of a day. */
  dayKey(seconds) {
    return this.keys.format(new Date(seconds * 1000));
  }

  time(seconds) {
    return this.write(seconds, { hour: "numeric", minute: "2-digit" });
  }

  /** The time without morning or afternoon, for where there is little room. */
  shortTime(seconds) {
    return this.time(seconds).replace(/\s*[AP]M$/, "");
  }

  whole(seconds) {
    return this.write(seconds, { dateStyle: "full", timeStyle: "medium" });
  }

  /** `Today`, `Yesterday`, or the day by name; the year where it is not this one. */
  day(seconds) {
    const near = this.nearDay(seconds);
    if (near) return near.charAt(0).toUpperCase() + near.slice(1);
    const year = this.dayKey(seconds).slice(0, 4) === this.dayKey(Date.now() / 1000).slice(0, 4) ? {} : { year: "numeric" };
    return this.write(seconds, { weekday: "long", month: "long", day: "numeric", ...year });
  }

  /** Yesterday, today or tomorrow in words; null for any other day. */
  nearDay(seconds, locale = OURS) {
    const today = Date.now() / 1000;
    for (const days of [0, -1, 1]) {
      if (this.dayKey(seconds) === this.dayKey(today + days * DAY)) {
        return new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(days, "day");
      }
    }
    return null;
  }

  /** `5 minutes ago`. */
  ago(seconds, locale = OURS) {
    const away = seconds - Date.now() / 1000;
    const words = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
    for (const [unit, length] of [["year", 365 * DAY], ["month", 30 * DAY], ["day", DAY], ["hour", 3600], ["minute", 60]]) {
      if (Math.abs(away) >= length) return words.format(Math.trunc(away / length), unit);
    }
    return words.format(0, "second");
  }

  /** The text of `<!date^seconds^format>`: Slack's tokens, of which those it does not know stay as they are. */
  tokens(seconds, format) {
    const year = Math.abs(Date.now() / 1000 - seconds) < 182 * DAY ? {} : { year: "numeric" };
    const shapes = {
      date: { month: "long", day: "numeric", ...year },
      date_short: { month: "short", day: "numeric", ...year },
      date_long: { weekday: "long", month: "long", day: "numeric", ...year },
      time: { hour: "numeric", minute: "2-digit" },
      time_secs: { hour: "numeric", minute: "2-digit", second: "2-digit" },
    };
    return format.replace(/\{(\w+)\}/g, (token, name) => {
      if (name === "date_num") return this.dayKey(seconds);
      if (name === "ago") return this.ago(seconds, this.locale);
      const plain = name.replace(/_pretty$/, "");
      if (!shapes[plain] || (plain !== name && !plain.startsWith("date"))) return token;
      return (plain !== name && this.nearDay(seconds, this.locale)) || this.write(seconds, shapes[plain], this.locale);
    });
  }
}

function supported(locale) {
  try {
    return Intl.DateTimeFormat.supportedLocalesOf(locale ?? "en-US")[0] ?? "en-US";
  } catch {
    return "en-US";
  }
}
