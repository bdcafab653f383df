//! nject: `#[injectable]` structs that have what they need by value, and a provider of the last row.
//!
//! Its values are made anew for each that needs them. Shared ones are fields of providers, written and filled in by hand.

use std::fmt::{self, Write};

use crate::program::Rows;

pub const DEPENDENCY: &str = "nject = \"=0.5.1\"\n";

pub fn write(rows: &Rows, text: &mut String) -> fmt::Result {
    writeln!(text, "use nject::{{injectable, provider}};\n")?;
    for (service, needs) in rows.all() {
        writeln!(text, "#[injectable]")?;
        match needs {
            None => writeln!(text, "pub struct S{service} {{}}")?,
            Some((a, b)) => writeln!(text, "pub struct S{service} {{ a: S{a}, b: S{b} }}")?,
        }
    }
    writeln!(text, "\n#[injectable]\npub struct App {{")?;
    for service in rows.last() {
        writeln!(text, "    s{service}: S{service},")?;
    }
    writeln!(text, "}}\n\n#[provider]\nstruct Provider;\n\npub fn app() -> App {{\n    Provider.provide()\n}}")
}

pub fn prove(rows: &Rows, text: &mut String) -> fmt::Result {
    super::main_of(rows, text, "let app = app();", |service| format!("app.s{service}"))
}
