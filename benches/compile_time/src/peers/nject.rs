//! nject: `#[injectable]` structs that borrow what they need, and a provider for each row, built by the one above.
//!
//! Values that are shared are fields of a provider. Services that own what they need by value would need no providers
//! but one, are made anew for each that needs them, and cost the compiler more with each row: it follows every path.

use std::fmt::{self, Write};

use crate::program::Rows;

pub const DEPENDENCY: &str = "nject = \"=0.5.1\"\n";

pub fn write(rows: &Rows, text: &mut String) -> fmt::Result {
    writeln!(text, "use nject::{{injectable, provider}};\n\n#[provider]\npub struct Root;\n")?;
    for (service, needs) in rows.all() {
        writeln!(text, "#[injectable]")?;
        match needs {
            None => writeln!(text, "pub struct S{service} {{}}")?,
            Some((a, b)) => {
                let [of_a, of_b] = [a, b].map(|need| lifetime(rows, need));
                writeln!(text, "pub struct S{service}<'a> {{ a: &'a S{a}{of_a}, b: &'a S{b}{of_b} }}")?;
            }
        }
    }
    for (row, services) in rows.rows().enumerate() {
        let of_row = if row == 0 { "" } else { "<'a>" };
        writeln!(text, "\n#[injectable]\n#[provider]\npub struct Row{row}{of_row} {{")?;
        for service in services {
            writeln!(text, "    #[provide] s{service}: S{service}{of_row},")?;
        }
        writeln!(text, "}}")?;
    }
    writeln!(text, "\npub fn app() {{\n    let row0: Row0 = Root.provide();")?;
    for row in 1..rows.rows().count() {
        writeln!(text, "    let row{row}: Row{row}<'_> = row{}.provide();", row - 1)?;
    }
    write!(text, "{END}")
}

const END: &str = "}\n";

fn lifetime(rows: &Rows, service: usize) -> &'static str {
    let first = rows.rows().next().is_some_and(|row| row.contains(&service));
    if first { "" } else { "<'a>" }
}

pub fn prove(rows: &Rows, text: &mut String) -> fmt::Result {
    text.truncate(text.strip_suffix(END).expect("the application ends the program").len());
    let last = rows.rows().count() - 1;
    for service in rows.last() {
        writeln!(text, "    {}", super::assertion(rows, service, &format!("row{last}.s{service}")))?;
    }
    writeln!(text, "}}\n\nfn main() {{ app() }}")
}
