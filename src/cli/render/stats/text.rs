//! Figures as text, with bars of plain characters that fit the terminal.

use std::fmt::Write as _;

use super::super::safe;
use super::super::text::{count, moment};
use super::{SPANS, in_order};
use crate::domain::stats::{Count, Dimension, Spread, Stats, age_ms};
use crate::domain::workflow::Workflow;

/// How wide a page is where nobody says it.
const WIDTH: u16 = 80;
/// The longest bar.
const BAR_MAX: usize = 40;
/// Shorter bars than this tell nothing.
const BAR_MIN: usize = 4;
/// The widest name.
const NAME_MAX: usize = 30;
/// The narrowest column of names.
const NAME_MIN: usize = 8;
/// What the bars beside counts are made of.
const LEGEND: &str = "# open, = final";
/// How many names are told of what there can be any number of.
const NAMES_MAX: usize = 10;
/// How many digits numbers have room for.
const DIGITS: usize = 7;

/// How many there are, in a line.
#[must_use]
pub fn headline(stats: &Stats) -> String {
    let Count { all, open } = stats.requests;
    format!("{}, {open} open\n", count(all, "request"))
}

/// Figures about requests on a terminal of `width` columns.
#[must_use]
pub fn text(stats: &Stats, workflow: &Workflow, width: Option<u16>) -> String {
    let page = Page { width: usize::from(width.unwrap_or(WIDTH)) };
    let mut text = format!("{}as of {}\n", headline(stats), moment(stats.now));
    let tables: Vec<_> = Dimension::ALL.map(|one| (heading(one), named(stats, one, workflow))).into();
    // As wide in all tables, so that their bars begin at one place.
    let names = tables
        .iter()
        .flat_map(|(heading, named)| named.iter().map(|(name, _)| name.chars().count()).chain([heading.len()]));
    let label = names.max().unwrap_or(0).min(NAME_MAX).min(page.width.saturating_sub(2 * (DIGITS + 1))).max(NAME_MIN);
    for (heading, named) in tables {
        text.push('\n');
        page.counts(&mut text, label, heading, named);
    }
    let _ = writeln!(text, "\n{:<10}{:>DIGITS$}  {:>9}  {:>9}", "TIME TAKEN", "N", "MEDIAN", "P90");
    spread(&mut text, "lead time", stats.lead);
    spread(&mut text, "cycle time", stats.cycle);
    text.push('\n');
    page.weeks(&mut text, stats);
    text.push('\n');
    page.ages(&mut text, stats);
    text
}

fn heading(dimension: Dimension) -> &'static str {
    match dimension {
        Dimension::State => "STATE",
        Dimension::Type => "TYPE",
        Dimension::From => "ASKED BY",
        Dimension::To => "ASKED OF",
        Dimension::Actor => "MADE BY",
    }
}

/// The names to tell; of many the most frequent, and how many the others are together.
fn named(stats: &Stats, dimension: Dimension, workflow: &Workflow) -> Vec<(String, Count)> {
    let counts = in_order(stats.by(dimension), dimension, workflow);
    let told = match dimension {
        Dimension::State => counts.len(),
        Dimension::Type | Dimension::From | Dimension::To | Dimension::Actor => NAMES_MAX,
    };
    // One more takes no more room than to say that there is one.
    let told = if counts.len() == told + 1 { counts.len() } else { told.min(counts.len()) };
    let (told, others) = counts.split_at(told);
    let mut named: Vec<(String, Count)> =
        told.iter().map(|(name, count)| (safe::line(name).into_owned(), *count)).collect();
    if !others.is_empty() {
        let sum = |of: fn(&Count) -> u64| others.iter().map(|(_, count)| of(count)).sum();
        named.push((format!("({} others)", others.len()), Count { all: sum(|c| c.all), open: sum(|c| c.open) }));
    }
    named
}

/// How lengths of time are spread, in a line.
fn spread(text: &mut String, name: &str, spread: Spread) {
    let shown = |ms: Option<i64>| ms.map_or_else(|| "-".to_owned(), duration);
    let (median, p90) = (shown(spread.median_ms), shown(spread.p90_ms));
    let _ = writeln!(text, "{name:<10}{:>DIGITS$}  {median:>9}  {p90:>9}", spread.n);
}

/// A length of time to its two largest units, in minutes at the least.
fn duration(ms: i64) -> String {
    let minutes = ms / 60_000;
    let (days, hours, rest) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
    match (days, hours, rest) {
        (0, 0, 0) => "under 1m".to_owned(),
        (0, 0, rest) => format!("{rest}m"),
        (0, hours, rest) => format!("{hours}h {rest}m"),
        (days, hours, _) => format!("{days}d {hours}h"),
    }
}

/// The length of the bar of a value on a scale on which `most` takes all the room: what is not nothing is seen.
fn length(value: u64, most: u64, room: usize) -> usize {
    let scaled = u128::from(value) * room as u128 / u128::from(most.max(1));
    let least = usize::from(value > 0).min(room);
    usize::try_from(scaled).unwrap_or(room).clamp(least, room)
}

struct Page {
    width: usize,
}

impl Page {
    /// The room for a bar beside so many columns; none where it would be too short to tell anything.
    fn room(&self, beside: usize) -> usize {
        let left = self.width.saturating_sub(beside).min(BAR_MAX);
        if left < BAR_MIN { 0 } else { left }
    }

    fn counts(&self, text: &mut String, label: usize, heading: &str, named: Vec<(String, Count)>) {
        // Bars that nobody explains tell nothing.
        let room = Some(self.room(label + 2 * (DIGITS + 1) + 2)).filter(|room| *room >= LEGEND.len()).unwrap_or(0);
        let legend = if room > 0 { LEGEND } else { "" };
        let line = format!("{heading:<label$} {:>DIGITS$} {:>DIGITS$}  {legend}", "ALL", "OPEN");
        let _ = writeln!(text, "{}", line.trim_end());
        let most = named.iter().map(|(_, count)| count.all).max().unwrap_or(0);
        for (name, Count { all, open }) in named {
            let bar = length(all, most, room);
            let open_bar = length(open, all, bar);
            // What is final is seen too, unless there is room for one mark only.
            let open_bar = if open < all && open_bar == bar && bar > 1 { bar - 1 } else { open_bar };
            let bar = format!("{}{}", "#".repeat(open_bar), "=".repeat(bar - open_bar));
            let line = format!("{:<label$} {all:>DIGITS$} {open:>DIGITS$}  {bar}", cut(&name, label));
            let _ = writeln!(text, "{}", line.trim_end());
        }
    }

    fn weeks(&self, text: &mut String, stats: &Stats) {
        let label = 8;
        let room = self.room(label + 2 * (DIGITS + 1) + 4) / 2;
        let line = |week: &str, made: &str, made_bar: &str, ended: &str, ended_bar: &str| {
            let line = format!("{week:<label$} {made:>DIGITS$}  {made_bar:<room$} {ended:>DIGITS$}  {ended_bar}");
            format!("{}\n", line.trim_end())
        };
        text.push_str(&line("WEEK", "MADE", "", "ENDED", ""));
        let most = stats.weeks.iter().map(|week| week.made.max(week.ended)).max().unwrap_or(0);
        for week in &stats.weeks {
            let bar = |mark: &str, value: u64| mark.repeat(length(value, most, room));
            let (made, ended) = (week.made.to_string(), week.ended.to_string());
            text.push_str(&line(&week.week.to_string(), &made, &bar("+", week.made), &ended, &bar("=", week.ended)));
        }
    }

    fn ages(&self, text: &mut String, stats: &Stats) {
        let ages = &stats.ages;
        let label = 18;
        let room = self.room(label + DIGITS + 3);
        let _ = writeln!(text, "{:<label$} {:>DIGITS$}", "AGE", "OPEN");
        let most = ages.between.iter().copied().max().unwrap_or(0);
        for (name, open) in SPANS.iter().zip(&ages.between) {
            let bar = "#".repeat(length(*open, most, room));
            let line = format!("{name:<label$} {open:>DIGITS$}  {bar}");
            let _ = writeln!(text, "{}", line.trim_end());
        }
        if let (Some(median), Some((id, created_at))) = (ages.median_ms, ages.oldest) {
            let oldest = duration(age_ms(created_at, stats.now));
            let _ = writeln!(text, "median {}\noldest {oldest}  {id}", duration(median));
        }
    }
}

/// A name that fits its column.
fn cut(name: &str, width: usize) -> String {
    if name.chars().count() <= width {
        return name.to_owned();
    }
    name.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::stats::{Facts, Fold, Times, Window};
    use crate::domain::time::Timestamp;

    #[test]
    fn a_bar_shows_what_is_not_nothing_and_stays_in_its_room() {
        assert_eq!(length(0, 10, 20), 0);
        assert_eq!(length(1, 1_000_000, 20), 1);
        assert_eq!(length(5, 10, 20), 10);
        assert_eq!(length(10, 10, 20), 20);
        assert_eq!(length(u64::MAX, u64::MAX, 20), 20);
        assert_eq!(length(3, 3, 0), 0);
    }

    #[test]
    fn every_line_fits_the_terminal() {
        let now = Timestamp::parse_rfc3339("2026-11-20T12:00:00Z").unwrap();
        let mut fold = Fold::new(Window { now, weeks: 5 });
        for number in 1..400_u32 {
            let made_at = now.minus_ms(i64::from(number) * i64::from(number) * 600_000);
            let ended_at = (number % 3 == 0).then_some(made_at.plus_ms(i64::from(number) * 7_000_000));
            let by = format!("somebody.with.a.long.name.{}@example.org", number % 13);
            fold.take(&Facts {
                id: format!("REQ-20261120-{number:04}").parse().unwrap(),
                state: if ended_at.is_some() { "CLOSED" } else { "A_STATE_WITH_A_NAME_OF_SOME_LENGTH" },
                is_open: ended_at.is_none(),
                request_type: "bug",
                from: "shop",
                to: &["web"],
                by: &by,
                times: Times { made_at, started_at: None, ended_at },
            });
        }
        let stats = fold.stats();
        for width in 40..200_u16 {
            let text = text(&stats, &Workflow::default(), Some(width));
            let widest = text.lines().map(|line| line.chars().count()).max().unwrap();
            assert!(widest <= usize::from(width), "{width}\n{text}");
            assert!(text.contains("(3 others)"), "{text}");
            assert_eq!(text.contains(LEGEND), text.contains("##=="), "{width}\n{text}");
        }
        let narrow = text(&stats, &Workflow::default(), Some(40));
        assert!(narrow.contains("\nsomebody.with.a.long.na…      31      20\n"), "{narrow}");
    }

    #[test]
    fn lengths_of_time_have_two_units() {
        for (ms, expected) in [
            (0, "under 1m"),
            (59_999, "under 1m"),
            (60_000, "1m"),
            (3_600_000, "1h 0m"),
            (86_399_999, "23h 59m"),
            (90_000_000, "1d 1h"),
            (40_000_000_000, "462d 23h"),
        ] {
            assert_eq!(duration(ms), expected);
        }
    }
}
