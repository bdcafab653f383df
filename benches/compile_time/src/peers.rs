//! The kinds of programs: this library's ways to wire services, each peer's own, and by hand. One file a peer.

mod by_hand;
mod di;
mod dill;
mod froodi;
mod nject;
mod shaku;

use std::fmt::{self, Write};

use crate::program::Rows;

/// How the services of a program are written and come together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Structs with `Arc` fields, made one after the other: the floor, without any library.
    ByHand,
    /// This library's macros on services and constructors, which nothing puts together.
    LayersOnly,
    /// `layers![<..> ..]` with a header, its entries without order.
    Header,
    /// `layers![..]` without a header.
    List,
    /// `merge_all!` of each row, and `provide_merge` from row to row.
    Rows,
    /// One long chain of `provide_merge`.
    Chain,
    /// nject: providers, by value.
    Nject,
    /// froodi: a registry of closures.
    Froodi,
    /// dill: a catalog of components.
    Dill,
    /// shaku: a module of components behind traits.
    Shaku,
}

impl Kind {
    /// All of them, in the order of the tables.
    pub const ALL: [Self; 10] = [
        Self::ByHand,
        Self::LayersOnly,
        Self::Header,
        Self::List,
        Self::Rows,
        Self::Chain,
        Self::Nject,
        Self::Froodi,
        Self::Dill,
        Self::Shaku,
    ];

    /// Those whose constructors are functions of this program's own, so that a body can be edited.
    pub const EDITED: [Self; 6] = [Self::ByHand, Self::LayersOnly, Self::Header, Self::List, Self::Rows, Self::Chain];

    /// Whether it is written with another library.
    pub fn is_peer(self) -> bool {
        matches!(self, Self::Nject | Self::Froodi | Self::Dill | Self::Shaku)
    }

    /// The name, as in a package's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::ByHand => "by-hand",
            Self::LayersOnly => "layers-only",
            Self::Header => "header",
            Self::List => "list",
            Self::Rows => "rows",
            Self::Chain => "chain",
            Self::Nject => "nject",
            Self::Froodi => "froodi",
            Self::Dill => "dill",
            Self::Shaku => "shaku",
        }
    }

    /// The kind of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// What a program of this kind depends on, as a line of its manifest.
    pub fn dependency(self, library: &str) -> String {
        match self {
            Self::ByHand => String::new(),
            Self::LayersOnly | Self::Header | Self::List | Self::Rows | Self::Chain => di::dependency(library),
            Self::Nject => nject::DEPENDENCY.to_owned(),
            Self::Froodi => froodi::DEPENDENCY.to_owned(),
            Self::Dill => dill::DEPENDENCY.to_owned(),
            Self::Shaku => shaku::DEPENDENCY.to_owned(),
        }
    }

    /// Writes the program.
    pub fn write(self, rows: &Rows, text: &mut String) -> fmt::Result {
        match self {
            Self::ByHand => by_hand::write(rows, text),
            Self::LayersOnly => di::layers(rows, text),
            Self::Header => di::layers(rows, text).and_then(|()| di::header(rows, text)),
            Self::List => di::layers(rows, text).and_then(|()| di::list(rows, text)),
            Self::Rows => di::layers(rows, text).and_then(|()| di::rows(rows, text)),
            Self::Chain => di::layers(rows, text).and_then(|()| di::chain(rows, text)),
            Self::Nject => nject::write(rows, text),
            Self::Froodi => froodi::write(rows, text),
            Self::Dill => dill::write(rows, text),
            Self::Shaku => shaku::write(rows, text),
        }
    }

    /// Adds a `main` that takes each service of the last row out and compares its weight.
    pub fn prove(self, rows: &Rows, text: &mut String) -> fmt::Result {
        match self {
            Self::ByHand => by_hand::prove(rows, text),
            Self::LayersOnly => writeln!(text, "\nfn main() {{}}"),
            Self::Header | Self::List | Self::Rows | Self::Chain => di::prove(rows, text),
            Self::Nject => nject::prove(rows, text),
            Self::Froodi => froodi::prove(rows, text),
            Self::Dill => dill::prove(rows, text),
            Self::Shaku => shaku::prove(rows, text),
        }
    }
}

/// The check of one service of the last row.
fn assertion(rows: &Rows, service: usize, taken: &str) -> String {
    format!("assert_eq!({taken}.weight(), {}, \"S{service}\");", rows.weight_of_last())
}

/// A `main` that begins with these lines; `take` writes the expression for a service of the last row.
fn main_of(rows: &Rows, text: &mut String, first: &str, take: impl Fn(usize) -> String) -> fmt::Result {
    writeln!(text, "\nfn main() {{\n    {first}")?;
    for service in rows.last() {
        writeln!(text, "    {}", assertion(rows, service, &take(service)))?;
    }
    writeln!(text, "}}")
}
