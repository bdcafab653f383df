//! Layers that need each other.

use super::super::List;
use super::super::findings::{Circle, Findings};
use super::super::given::Given;
use super::super::text::Text;
use super::super::walk::Walk;
use super::Report;
use crate::Name;

/// How many entries of a long circle its headline names.
const SHOWN: usize = 8;
/// How many are explained if a circle is the first finding, and if it is not.
const LINKS: usize = 20;
const FEW_LINKS: usize = 6;

pub(super) const fn circles<const LENGTH: usize, const SLOTS: usize>(
    list: List<'_>,
    given: &Given<SLOTS>,
    findings: &Findings<LENGTH>,
    report: &mut Report<'_, LENGTH>,
) {
    let mut index = 0;
    while index < findings.circles.len() {
        let Some(circle) = &findings.circles[index] else { break };
        if circle.length == 1 && report.told[circle.path[0]] {
            index += 1;
            continue;
        }
        let circle = from_the_first(circle);
        let shown = if report.text.is_empty() { LINKS } else { FEW_LINKS };
        report.begin(circle.path[0]);
        if circle.length == 1 {
            decorator(list, given, circle.path[0], report.text);
        } else {
            headline(list, &circle, report.text);
            if index == 0 {
                links(list, given, &circle, shown, report.text);
                report
                    .text
                    .push("\n  help: move what both sides need into a service of its own, which neither of them gives");
            }
        }
        index += 1;
    }
}

/// The circle, beginning with the entry that comes first in the list.
const fn from_the_first<const LENGTH: usize>(circle: &Circle<LENGTH>) -> Circle<LENGTH> {
    let (mut first, mut place) = (0, 1);
    while place < circle.length {
        if circle.path[place] < circle.path[first] {
            first = place;
        }
        place += 1;
    }
    let mut turned = Circle { path: [0; LENGTH], length: circle.length };
    place = 0;
    while place < circle.length {
        turned.path[place] = circle.path[(first + place) % circle.length];
        place += 1;
    }
    turned
}

const fn headline<const LENGTH: usize>(list: List<'_>, circle: &Circle<LENGTH>, text: &mut Text) {
    text.push("these layers need each other in a circle: ");
    let mut place = 0;
    while place < circle.length {
        if !Report::<LENGTH>::is_between(place, circle.length, SHOWN) {
            text.code(list.entries[circle.path[place]].name);
            text.push(" -> ");
        } else if place == SHOWN / 2 {
            text.push(".. -> ");
        }
        place += 1;
    }
    text.code(list.entries[circle.path[0]].name);
    text.push(" [DI0004]");
}

/// Which service each layer of a circle takes from the next one.
const fn links<const LENGTH: usize, const SLOTS: usize>(
    list: List<'_>,
    given: &Given<SLOTS>,
    circle: &Circle<LENGTH>,
    shown: usize,
    text: &mut Text,
) {
    let mut place = 0;
    while place < circle.length {
        let (entry, next) = (circle.path[place], circle.path[(place + 1) % circle.length]);
        if Report::<LENGTH>::is_between(place, circle.length, shown) {
            if place == shown / 2 {
                text.push("\n  .. and so on for ");
                text.number(circle.length - shown);
                text.push(" more ..");
            }
        } else if let Some(need) = taken(list, given, entry, next) {
            text.push("\n  ");
            text.code(list.entries[entry].name);
            text.push(" needs ");
            text.quoted(need);
            text.push(" from ");
            text.code(list.entries[next].name);
        }
        place += 1;
    }
}

/// A layer that needs what it gives.
const fn decorator<const SLOTS: usize>(list: List<'_>, given: &Given<SLOTS>, entry: usize, text: &mut Text) {
    let name = list.entries[entry].name;
    text.push("layer ");
    text.code(name);
    text.push(" needs ");
    if let Some(need) = taken(list, given, entry, entry) {
        text.quoted(need);
    }
    text.push(", which nothing but itself gives here [DI0004]");
    text.push("\n  help: put it around the layer that gives the original\n        ..");
    text.call(name);
    text.push(".provide(original())");
}

/// What one entry takes from another.
const fn taken<const SLOTS: usize>(
    list: List<'_>,
    given: &Given<SLOTS>,
    entry: usize,
    from: usize,
) -> Option<&'static Name> {
    let mut needs = Walk::new(list.entries[entry].needs);
    while let Some(need) = needs.next() {
        if let Some(provider) = given.by(need)
            && provider == from
        {
            return Some(need);
        }
    }
    None
}
