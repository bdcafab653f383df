//! The options of a map: how long a resource stays that nobody uses, how many there may be, and what is built beforehand.

use proc_macro2::Span;
use syn::{Expr, LitInt, LitStr, spanned::Spanned};

use crate::{
    duration,
    errors::Errors,
    options::{Allowed, Form, Options},
};

/// What a map does with its resources.
pub(crate) struct Policy {
    /// `None` if it is not known: that is a mistake.
    pub(crate) idle: Option<Idle>,
    pub(crate) capacity: Option<(usize, WhenFull)>,
    pub(crate) exclusive: bool,
    pub(crate) cache_failures_milliseconds: Option<u64>,
    pub(crate) preload: Option<Expr>,
}

/// How long a resource stays that nobody uses.
pub(crate) enum Idle {
    Milliseconds(u64),
    By(Box<Expr>),
    NoTime,
    Forever,
}

/// What happens to a new key when there is no room.
#[derive(Clone, Copy)]
pub(crate) enum WhenFull {
    Reject,
    EvictIdle,
    Wait,
}

const IDLE: [&str; 4] = ["idle_time_to_live", "idle_time_to_live_by", "release_immediately", "keep"];

pub(crate) const OPTIONS: [Allowed; 11] = [
    Allowed { name: "idle_time_to_live", form: Form::EqualsText, example: "idle_time_to_live = \"2 minutes\"" },
    Allowed { name: "idle_time_to_live_by", form: Form::EqualsExpr, example: "idle_time_to_live_by = idle_time_of" },
    Allowed { name: "release_immediately", form: Form::Flag, example: "release_immediately" },
    Allowed { name: "keep", form: Form::Flag, example: "keep" },
    Allowed { name: "capacity", form: Form::EqualsNumber, example: "capacity = 64" },
    Allowed { name: "when_full", form: Form::EqualsText, example: "when_full = \"evict_idle\"" },
    Allowed { name: "exclusive", form: Form::Flag, example: "exclusive" },
    Allowed { name: "cache_failures", form: Form::EqualsText, example: "cache_failures = \"30 seconds\"" },
    Allowed { name: "preload", form: Form::EqualsExpr, example: "preload = [first, second]" },
    Allowed { name: "as", form: Form::Type, example: "as dyn Users" },
    Allowed { name: "fails", form: Form::Flag, example: "fails" },
];

impl Policy {
    /// `place` is where a policy is missing that is not written at all; `complete` says that all options could be read.
    pub(crate) fn parse(options: &Options, place: Span, complete: bool, errors: &mut Errors) -> Self {
        Self {
            idle: idle(options, place, complete, errors),
            capacity: capacity(options, errors),
            exclusive: options.has("exclusive"),
            cache_failures_milliseconds: options.text("cache_failures").and_then(|text| milliseconds(text, errors)),
            preload: value(options, "preload", "preload = [first, second]", errors),
        }
    }
}

fn idle(options: &Options, place: Span, complete: bool, errors: &mut Errors) -> Option<Idle> {
    let written: Vec<_> = options.names().filter(|name| IDLE.iter().any(|idle| name == idle)).collect();
    match written.as_slice() {
        // A policy that could not be read has been reported.
        [] if !complete => return None,
        [] => {
            errors.at(
                place,
                "how long does a resource stay that nobody uses? write one of `idle_time_to_live = \"2 minutes\"`, \
                 `idle_time_to_live_by = function`, `release_immediately` and `keep`",
            );
            return None;
        }
        [_] => {}
        [first, others @ ..] => {
            for other in others {
                let message =
                    format!("`{first}` has said how long a resource stays that nobody uses; remove one of the two");
                errors.at(other.span(), message);
            }
            return None;
        }
    }
    if let Some(text) = options.text("idle_time_to_live") {
        return milliseconds(text, errors).map(Idle::Milliseconds);
    }
    if options.has("idle_time_to_live_by") {
        let by = value(options, "idle_time_to_live_by", "idle_time_to_live_by = function", errors)?;
        return Some(Idle::By(Box::new(by)));
    }
    Some(if options.has("keep") { Idle::Forever } else { Idle::NoTime })
}

fn capacity(options: &Options, errors: &mut Errors) -> Option<(usize, WhenFull)> {
    let when_full = options.text("when_full");
    let Some(number) = options.number("capacity") else {
        if let Some(text) = when_full {
            errors.at(
                text.span(),
                "`when_full` says what happens when there is no room; write `capacity = 64` too, or remove it",
            );
        }
        return None;
    };
    let when_full = when_full.map_or(Some(WhenFull::Reject), |text| rule(text, errors));
    Some((at_least_one(number, errors)?, when_full?))
}

fn rule(text: &LitStr, errors: &mut Errors) -> Option<WhenFull> {
    match text.value().as_str() {
        "reject" => Some(WhenFull::Reject),
        "evict_idle" => Some(WhenFull::EvictIdle),
        "wait" => Some(WhenFull::Wait),
        _ => {
            errors.at(text.span(), "write \"reject\", \"evict_idle\" or \"wait\"");
            None
        }
    }
}

fn at_least_one(number: &LitInt, errors: &mut Errors) -> Option<usize> {
    let parsed = number.base10_parse::<usize>().ok().filter(|&count| count > 0);
    if parsed.is_none() {
        errors.at(number.span(), "write a number of resources from 1 on: `capacity = 64`");
    }
    parsed
}

fn milliseconds(text: &LitStr, errors: &mut Errors) -> Option<u64> {
    let parsed = duration::milliseconds(&text.value());
    if parsed.is_none() {
        errors.at(text.span(), duration::HINT);
    }
    parsed
}

/// The value of an option that must have one.
fn value(options: &Options, name: &str, example: &str, errors: &mut Errors) -> Option<Expr> {
    let place = options.span(name)?;
    let value = options.expr(name).cloned();
    if value.is_none() {
        errors.at(place.span(), format!("write `{example}`"));
    }
    value
}
