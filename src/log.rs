//! How log lines look: for people, for journald, or as JSON; and a line that repeats itself becomes one with a count.
//!
//! What is logged is decided where it happens. Secrets never get as far as here.

use std::{
    collections::HashMap,
    fmt,
    hash::{DefaultHasher, Hash, Hasher},
    io,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::{SignedDuration, Timestamp};
use tracing::{Event, Level, Subscriber, field::Visit};
use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    fmt::{
        self as lines, FmtContext, FormatEvent, FormatFields, MakeWriter,
        format::{Compact, Format, Json, JsonFields, Writer},
        time::FormatTime,
    },
    layer::SubscriberExt as _,
    registry::{self, LookupSpan},
};

use crate::clock::Clock;

/// The same line is written once in so long, …
const QUIET: SignedDuration = SignedDuration::from_mins(10);

/// … and while it goes on coming, in twice as long each time up to this.
const LONGEST_QUIET: SignedDuration = SignedDuration::from_hours(6);

/// So many different lines are remembered; who writes more has other worries.
const REMEMBERED: usize = 256;

/// Whom the log is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// A person at a terminal: colours and the time.
    Terminal,
    /// Whoever collects standard error, such as journald, which adds the time itself.
    Plain,
    /// A machine: one JSON object a line.
    Json,
}

/// Starts the log on standard error. `filter` is a level, or levels by part of the program, as `warn,rustops=debug`; one that
/// cannot be read counts as `info`. A second start, as in tests, changes nothing.
pub fn start(look: Look, filter: &str, clock: Arc<dyn Clock>) {
    let filter = discreet(filter.parse().unwrap_or_else(|_| Targets::new().with_default(LevelFilter::INFO)));
    let log: Box<dyn Subscriber + Send + Sync> = subscriber(look, filter, clock, io::stderr);
    tracing::subscriber::set_global_default(log).ok();
}

/// The filter, with the command library's warnings left out: they may hold an address with an interaction's token in it. What
/// the Discord library goes about is told to whoever asks for it by name or for everything.
fn discreet(filter: Targets) -> Targets {
    let filter = match filter.iter().any(|(target, _)| target.starts_with("serenity")) {
        false if filter.default_level() == Some(LevelFilter::INFO) => filter.with_target("serenity", LevelFilter::WARN),
        _ => filter,
    };
    filter.with_target("poise", LevelFilter::ERROR)
}

fn subscriber<W>(look: Look, filter: Targets, clock: Arc<dyn Clock>, writer: W) -> Box<dyn Subscriber + Send + Sync>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let log = lines::layer().with_writer(writer);
    let heard = registry::Registry::default().with(filter);
    let text = Format::default().compact().with_timer(Time(Arc::clone(&clock)));
    match look {
        Look::Terminal => Box::new(heard.with(log.with_ansi(true).event_format(Once::new(Inner::Timed(text), clock)))),
        Look::Plain => {
            let once = Once::new(Inner::Plain(text.without_time()), clock);
            Box::new(heard.with(log.with_ansi(false).event_format(once)))
        }
        Look::Json => {
            let json = Format::default()
                .with_timer(Time(Arc::clone(&clock)))
                .json()
                .flatten_event(true)
                .with_current_span(false)
                .with_span_list(false);
            let once = Once::new(Inner::Json(json), clock);
            Box::new(heard.with(log.with_ansi(false).fmt_fields(JsonFields::new()).event_format(once)))
        }
    }
}

enum Inner {
    Timed(Format<Compact, Time>),
    Plain(Format<Compact, ()>),
    Json(Format<Json, Time>),
}

/// The time of a line, UTC, to the second.
struct Time(Arc<dyn Clock>);

impl FormatTime for Time {
    fn format_time(&self, out: &mut Writer<'_>) -> fmt::Result {
        write!(out, "{}", self.0.now().strftime("%Y-%m-%dT%H:%M:%SZ"))
    }
}

/// Writes an event unless the same was written a short time ago.
struct Once {
    inner: Inner,
    clock: Arc<dyn Clock>,
    seen: Mutex<HashMap<u64, Seen>>,
}

struct Seen {
    written: Timestamp,
    quiet: SignedDuration,
    since: u64,
}

impl Once {
    fn new(inner: Inner, clock: Arc<dyn Clock>) -> Self {
        Self { inner, clock, seen: Mutex::new(HashMap::new()) }
    }

    /// How often the event has come since it was last written; `None`: be silent now.
    fn turn(&self, event: &Event<'_>) -> Option<u64> {
        // What tells of progress may repeat itself.
        if *event.metadata().level() > Level::WARN {
            return Some(0);
        }
        let now = self.clock.now();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let key = fingerprint(event);
        if let Some(known) = seen.get_mut(&key) {
            if now.duration_since(known.written).abs() < known.quiet {
                known.since += 1;
                return None;
            }
            let since = std::mem::take(&mut known.since);
            known.quiet = if since == 0 { QUIET } else { LONGEST_QUIET.min(known.quiet * 2) };
            known.written = now;
            return Some(since);
        }
        if seen.len() >= REMEMBERED {
            seen.retain(|_, known| now.duration_since(known.written).abs() < known.quiet);
        }
        if seen.len() < REMEMBERED {
            seen.insert(key, Seen { written: now, quiet: QUIET, since: 0 });
        }
        Some(0)
    }
}

impl<S, N> FormatEvent<S, N> for Once
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'w> FormatFields<'w> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut out: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let Some(since) = self.turn(event) else { return Ok(()) };
        // Written apart first, to put the count at the end.
        let mut line = String::new();
        match &self.inner {
            // Only a writer of the formatter's own has colours.
            Inner::Timed(inner) => {
                inner.format_event(context, out.by_ref(), event)?;
                return if since > 0 { writeln!(out, "    … and {since} times more before") } else { Ok(()) };
            }
            Inner::Plain(inner) => inner.format_event(context, Writer::new(&mut line), event)?,
            Inner::Json(inner) => inner.format_event(context, Writer::new(&mut line), event)?,
        }
        let line = line.trim_end_matches('\n');
        match (since, line.strip_suffix('}')) {
            (0, _) => writeln!(out, "{line}"),
            (_, Some(open)) if matches!(self.inner, Inner::Json(_)) => writeln!(out, "{open},\"repeated\":{since}}}"),
            _ => writeln!(out, "{line} (and {since} times more before)"),
        }
    }
}

/// The place in the source and all that the line says.
fn fingerprint(event: &Event<'_>) -> u64 {
    struct Said(DefaultHasher);
    impl Visit for Said {
        fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn fmt::Debug) {
            field.name().hash(&mut self.0);
            format!("{value:?}").hash(&mut self.0);
        }
    }
    let mut said = Said(DefaultHasher::new());
    event.metadata().callsite().hash(&mut said.0);
    event.record(&mut said);
    said.0.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;

    #[derive(Clone, Default)]
    struct Paper(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn written(look: Look, tell: impl FnOnce(&ManualClock)) -> String {
        written_by("info", look, tell)
    }

    fn written_by(filter: &str, look: Look, tell: impl FnOnce(&ManualClock)) -> String {
        let paper = Paper::default();
        let clock = ManualClock::new(Timestamp::UNIX_EPOCH);
        let writer = paper.clone();
        let filter = discreet(filter.parse().unwrap());
        let log = subscriber(look, filter, Arc::new(clock.clone()), move || writer.clone());
        tracing::subscriber::with_default(log, || tell(&clock));
        String::from_utf8(paper.0.lock().unwrap().clone()).unwrap()
    }

    fn outage(clock: &ManualClock) {
        for _ in 0..601 {
            tracing::warn!(service = "Steam", "no answer");
            clock.advance(SignedDuration::from_secs(1));
        }
        tracing::warn!(service = "Discord", "no answer");
    }

    #[test]
    fn the_command_library_warns_nobody_of_addresses_with_tokens() {
        let told = written(Look::Plain, |_| {
            tracing::warn!(target: "poise::dispatch::slash", "no answer at https://discord.com/webhooks/1/aSecret");
            tracing::error!(target: "poise::dispatch::slash", "broken");
        });
        assert_eq!(told, "ERROR poise::dispatch::slash: broken\n");
    }

    #[test]
    fn what_the_library_goes_about_is_told_to_whoever_asks() {
        let told = |filter| {
            let told = written_by(filter, Look::Plain, |_| {
                tracing::info!(target: "serenity::gateway", "running");
                tracing::warn!(target: "serenity::gateway", "broken");
            });
            told.lines().count()
        };
        for (filter, lines) in
            [("info", 1), ("info,rustops=debug", 1), ("info,serenity=info", 2), ("debug", 2), ("warn", 1)]
        {
            assert_eq!(told(filter), lines, "{filter}");
        }
    }

    #[test]
    fn a_long_outage_is_a_line_each_ten_minutes_with_a_count() {
        let expected = " WARN rustops::log::tests: no answer service=\"Steam\"\n \
                        WARN rustops::log::tests: no answer service=\"Steam\" (and 599 times more before)\n \
                        WARN rustops::log::tests: no answer service=\"Discord\"\n";
        assert_eq!(written(Look::Plain, outage), expected);
    }

    #[test]
    fn a_network_that_is_away_for_a_day_is_a_few_lines() {
        let lines = written(Look::Plain, |clock| {
            for _ in 0..24 * 60 {
                tracing::warn!(service = "BattleMetrics", "no answer");
                clock.advance(SignedDuration::from_mins(1));
            }
            clock.advance(SignedDuration::from_hours(12));
            tracing::warn!(service = "BattleMetrics", "no answer");
        });
        let counts: Vec<_> = lines.lines().map(|line| line.split('(').nth(1).unwrap_or("").to_owned()).collect();
        insta::assert_snapshot!(counts.join("\n"), @"

        and 9 times more before)
        and 19 times more before)
        and 39 times more before)
        and 79 times more before)
        and 159 times more before)
        and 319 times more before)
        and 359 times more before)
        and 359 times more before)
        ");
    }

    #[test]
    fn each_line_of_json_is_whole_and_holds_the_count() {
        let lines = written(Look::Json, outage);
        let lines: Vec<serde_json::Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 3);
        assert_eq!(lines[1]["repeated"], 599);
        assert_eq!(lines[1]["service"], "Steam");
        assert_eq!(
            (&lines[2]["message"], &lines[2]["timestamp"]),
            (&"no answer".into(), &"1970-01-01T00:10:01Z".into())
        );
    }

    #[test]
    fn what_tells_of_progress_may_repeat_itself() {
        let lines = written(Look::Plain, |_| (0..3).for_each(|_| tracing::info!("checked")));
        assert_eq!(lines.lines().count(), 3);
    }

    #[test]
    fn only_a_terminal_gets_colours_and_the_time() {
        let tell = |_: &ManualClock| tracing::error!("no");
        let shown = written(Look::Terminal, tell);
        assert!(shown.contains("\u{1b}[") && shown.contains("1970-01-01T00:00:00Z"), "{shown:?}");
        assert_eq!(written(Look::Plain, tell), "ERROR rustops::log::tests: no\n");
    }

    #[test]
    fn nobody_can_forge_a_second_line() {
        let forged = written(Look::Plain, |_| tracing::error!(name = "x\nERROR forged\u{1b}[31m", "no"));
        assert_eq!(forged.lines().count(), 1);
        assert!(!forged.contains('\u{1b}'), "{forged:?}");
    }

    #[test]
    fn very_many_different_lines_take_no_more_room() {
        let lines = written(Look::Plain, |_| (0..1000).for_each(|number| tracing::warn!(number, "no")));
        assert_eq!(lines.lines().count(), 1000);
    }
}
