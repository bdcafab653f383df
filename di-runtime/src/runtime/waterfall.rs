//! The text of a report: what began when and how long it took, as bars over one time, in a terminal of 100 columns.

use std::fmt;
use std::time::Duration;

const WIDTH: usize = 100;
const WIDEST_NAME: usize = 34;
const WIDEST_BAR: usize = 44;
const NARROWEST_BAR: usize = 12;

/// Rows over one time.
pub(super) struct Waterfall {
    pub(super) rows: Vec<Row>,
    /// What the bars are scaled to.
    pub(super) total: Duration,
}

/// One line.
pub(super) struct Row {
    pub(super) name: String,
    /// How deep it is inside of rows above.
    pub(super) depth: usize,
    /// When it could have begun.
    pub(super) ready: Duration,
    pub(super) start: Duration,
    pub(super) took: Duration,
    /// Whether the total would be less without it.
    pub(super) critical: bool,
    pub(super) note: String,
}

/// A line for each row, without an end of the last one.
impl fmt::Display for Waterfall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widest = |of: fn(&Row) -> usize, at_least| self.rows.iter().map(of).max().unwrap_or(0).max(at_least);
        let name = widest(|row| 2 * row.depth + length(&row.name), "layer".len()).min(WIDEST_NAME);
        let note = widest(|row| length(&row.note), 0);
        // The mark, two times of ten columns each, and the gaps around the bar.
        let bar = WIDTH.saturating_sub(2 + name + 20 + 4 + note).clamp(NARROWEST_BAR, WIDEST_BAR);
        write!(f, "  {:name$}{:>10}{:>10}", "layer", "begins", "takes")?;
        for row in &self.rows {
            let mark = if row.critical { '*' } else { ' ' };
            let title = shortened(&format!("{:1$}{2}", "", 2 * row.depth, row.name), name);
            let line = format!(
                "{mark} {title:name$}{:>10}{:>10}  {:bar$}  {}",
                brief(row.start),
                brief(row.took),
                self.bar(row, bar),
                row.note
            );
            write!(f, "\n{}", line.trim_end())?;
        }
        Ok(())
    }
}

impl Waterfall {
    fn bar(&self, row: &Row, width: usize) -> String {
        let place = |time: Duration| {
            let total = self.total.as_nanos().max(1);
            let rounded = (time.as_nanos() * width as u128 + total / 2) / total;
            usize::try_from(rounded).unwrap_or(width).min(width)
        };
        // Whatever took any time is seen, also at the end of the line.
        let start = place(row.start).min(width - 1);
        let ready = place(row.ready).min(start);
        let end = place(row.start + row.took).max(start + 1);
        let filled = if row.critical { "█" } else { "▒" };
        [" ".repeat(ready), "·".repeat(start - ready), filled.repeat(end - start)].concat()
    }
}

/// A time in at most nine columns, with the digits that matter.
pub(super) fn brief(time: Duration) -> String {
    let micros = time.as_micros();
    match micros {
        0 => "0 ms".to_owned(),
        1..1_000 => format!("{micros} µs"),
        1_000..10_000 => format!("{} ms", decimal(micros / 100, 1)),
        10_000..1_000_000 => format!("{} ms", micros / 1_000),
        1_000_000..10_000_000 => format!("{} s", decimal(micros / 10_000, 2)),
        10_000_000..60_000_000 => format!("{} s", decimal(micros / 100_000, 1)),
        _ => format!("{}:{:02} min", time.as_secs() / 60, time.as_secs() % 60),
    }
}

/// A number with so many decimals, those at the end that are zero left out.
fn decimal(scaled: u128, decimals: usize) -> String {
    let one = 10_u128.pow(u32::try_from(decimals).expect("two decimals are the most"));
    let text = format!("{}.{:0decimals$}", scaled / one, scaled % one);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn shortened(text: &str, width: usize) -> String {
    if length(text) <= width { text.to_owned() } else { text.chars().take(width - 1).chain(['…']).collect() }
}

fn length(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, depth: usize, times: [u64; 3], critical: bool, note: &str) -> Row {
        let [ready, start, took] = times.map(Duration::from_millis);
        Row { name: name.to_owned(), depth, ready, start, took, critical, note: note.to_owned() }
    }

    #[test]
    fn bars_stand_where_and_are_as_long_as_it_took() {
        let rows = vec![
            row("config", 0, [0, 0, 100], true, ""),
            row("memoize", 0, [100, 100, 200], false, "shared"),
            row("Cache<User>", 1, [100, 200, 0], false, ""),
            row("server", 0, [100, 100, 300], true, "slow, 2 retries"),
        ];
        let waterfall = Waterfall { rows, total: Duration::from_millis(400) };
        let expected = "  \
  layer            begins     takes
* config             0 ms    100 ms  ███████████
  memoize          100 ms    200 ms             ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒             shared
    Cache<User>    200 ms      0 ms             ···········▒
* server           100 ms    300 ms             █████████████████████████████████  slow, 2 retries";
        assert_eq!(waterfall.to_string(), expected);
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        let name = "a_layer_with_a_name_that_is_longer_than_anybody_would_write";
        let rows = vec![
            row(name, 3, [0, 59_000, 1_000], true, "joined, still building, slow"),
            row("ä", 0, [0; 3], false, ""),
        ];
        let text = Waterfall { rows, total: Duration::from_secs(60) }.to_string();
        assert!(text.lines().all(|line| length(line) <= WIDTH), "{text}");
        assert!(text.contains("a_layer_with_a_name_that_is…"), "{text}");
    }

    #[test]
    fn nothing_takes_no_time() {
        assert_eq!(Waterfall { rows: Vec::new(), total: Duration::ZERO }.to_string(), "  layer    begins     takes");
        let instant = Waterfall { rows: vec![row("a", 0, [0; 3], false, "")], total: Duration::ZERO };
        assert_eq!(instant.to_string().lines().nth(1), Some("  a          0 ms      0 ms  ▒"));
    }

    #[test]
    fn times_have_the_digits_that_matter() {
        let texts = [0, 850, 1_500, 2_000, 12_345, 999_999, 1_250_000, 2_000_000, 12_300_000, 125_000_000]
            .map(|micros| brief(Duration::from_micros(micros)));
        assert_eq!(
            texts,
            ["0 ms", "850 µs", "1.5 ms", "2 ms", "12 ms", "999 ms", "1.25 s", "2 s", "12.3 s", "2:05 min"]
        );
    }
}
