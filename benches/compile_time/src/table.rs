//! The tables, in Markdown.

use std::time::Duration;

use crate::peers::Kind;
use crate::program::Program;
use crate::stopwatch::Measurement;

/// Seconds of each kind, a row for each, how they grow, and how they compare at the largest number of services.
pub fn summary(measured: &[(Program, Measurement)]) -> String {
    let sizes = sizes(measured);
    let seconds = |kind| {
        let cells = sizes
            .iter()
            .map(|&services| cell(wall(measured, kind, services).map(|wall| format!("{:.2}", wall.as_secs_f64()))));
        let growth = ratio(wall(measured, kind, 400), wall(measured, kind, 100));
        cells.chain([cell(growth)]).collect::<Vec<_>>()
    };
    let heads: Vec<String> = sizes.iter().map(|services| services.to_string()).collect();
    let times = rows(measured, &[heads.as_slice(), &["100 to 400".to_owned()]].concat(), seconds);
    let against = |base: Kind| {
        rows(measured, &heads, |kind| {
            let ratios = sizes
                .iter()
                .map(|&services| cell(ratio(wall(measured, kind, services), wall(measured, base, services))));
            ratios.collect()
        })
    };
    let mut tables = vec![times];
    for base in [Kind::ByHand, Kind::Nject] {
        if measured.iter().any(|(program, _)| program.kind == base) {
            tables.push(format!("Times {}:\n\n{}", base.name(), against(base)));
        }
    }
    tables.join("\n\n")
}

/// Everything that was measured, a row for each program.
pub fn details(measured: &[(Program, Measurement)]) -> String {
    let mut lines = vec!["| program | wall | user | peak memory |".to_owned(), "|---|---|---|---|".to_owned()];
    lines.extend(measured.iter().map(|(program, Measurement { wall, user, peak })| {
        let (wall, user, peak) = (wall.as_secs_f64(), user.as_secs_f64(), peak / 1024);
        format!("| {program} | {wall:.2} s | {user:.2} s | {peak} MB |")
    }));
    lines.join("\n")
}

/// A table with a row for each kind of program.
fn rows(measured: &[(Program, Measurement)], heads: &[String], cells: impl Fn(Kind) -> Vec<String>) -> String {
    let mut lines = vec![format!("| | {} |", heads.join(" | ")), format!("|---|{}", "---|".repeat(heads.len()))];
    let kinds = Kind::ALL.into_iter().filter(|kind| measured.iter().any(|(program, _)| program.kind == *kind));
    lines.extend(kinds.map(|kind| format!("| {} | {} |", kind.name(), cells(kind).join(" | "))));
    lines.join("\n")
}

fn sizes(measured: &[(Program, Measurement)]) -> Vec<usize> {
    let mut sizes: Vec<usize> = measured.iter().map(|(program, _)| program.services).collect();
    sizes.dedup();
    sizes
}

fn wall(measured: &[(Program, Measurement)], kind: Kind, services: usize) -> Option<Duration> {
    let wanted = Program { kind, services };
    measured.iter().find(|(program, _)| *program == wanted).map(|(_, measurement)| measurement.wall)
}

fn ratio(of: Option<Duration>, to: Option<Duration>) -> Option<String> {
    Some(format!("{:.2}", of?.as_secs_f64() / to?.as_secs_f64()))
}

/// What was not measured is a dash.
fn cell(text: Option<String>) -> String {
    text.unwrap_or_else(|| "-".to_owned())
}
