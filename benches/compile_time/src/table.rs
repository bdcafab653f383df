//! The tables, in Markdown.

use std::time::Duration;

use crate::program::{Program, Shape};
use crate::stopwatch::Measurement;

/// Seconds of each shape, a row for each number of services, and how they grow.
pub fn summary(measured: &[(Program, Measurement)]) -> String {
    let mut lines = vec![
        "| N | by hand | layers only | rows | chain | rows, ms per service | chain, ms per service |".to_owned(),
        "|---|---|---|---|---|---|---|".to_owned(),
    ];
    for services in sizes(measured) {
        let seconds = |shape| cell(wall(measured, shape, services).map(|wall| format!("{:.2} s", wall.as_secs_f64())));
        let each = |shape| {
            cell(
                wall(measured, shape, services)
                    .map(|wall| format!("{:.1}", 1e3 * wall.as_secs_f64() / services as f64)),
            )
        };
        let [by_hand, layers, rows, chain] = Shape::ALL.map(seconds);
        let (of_rows, of_chain) = (each(Shape::Rows), each(Shape::Chain));
        lines.push(format!("| {services} | {by_hand} | {layers} | {rows} | {chain} | {of_rows} | {of_chain} |"));
    }
    let growth = Shape::ALL.map(|shape| {
        let (small, large) = (wall(measured, shape, 100)?, wall(measured, shape, 400)?);
        Some(format!("{:.1} times", large.as_secs_f64() / small.as_secs_f64()))
    });
    if growth.iter().any(Option::is_some) {
        let [by_hand, layers, rows, chain] = growth.map(cell);
        lines.push(format!("| 100 to 400 | {by_hand} | {layers} | {rows} | {chain} | | |"));
    }
    lines.join("\n")
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

fn sizes(measured: &[(Program, Measurement)]) -> Vec<usize> {
    let mut sizes: Vec<usize> = measured.iter().map(|(program, _)| program.services).collect();
    sizes.dedup();
    sizes
}

fn wall(measured: &[(Program, Measurement)], shape: Shape, services: usize) -> Option<Duration> {
    let wanted = Program { shape, services };
    measured.iter().find(|(program, _)| *program == wanted).map(|(_, measurement)| measurement.wall)
}

/// What was not measured is a dash.
fn cell(text: Option<String>) -> String {
    text.unwrap_or_else(|| "-".to_owned())
}
