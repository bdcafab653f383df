//! By hand: structs with `Arc` fields, and a function that makes them one after the other.

use std::fmt::{self, Write};

use crate::program::Rows;

pub fn write(rows: &Rows, text: &mut String) -> fmt::Result {
    writeln!(text, "use std::sync::Arc;\n")?;
    for (service, needs) in rows.all() {
        match needs {
            None => {
                writeln!(text, "pub struct S{service} {{}}")?;
                writeln!(text, "pub fn s{service}() -> S{service} {{ S{service} {{}} }}")?;
            }
            Some((a, b)) => {
                writeln!(text, "pub struct S{service} {{ a: Arc<S{a}>, b: Arc<S{b}> }}")?;
                writeln!(
                    text,
                    "pub fn s{service}(a: Arc<S{a}>, b: Arc<S{b}>) -> S{service} {{ S{service} {{ a, b }} }}"
                )?;
            }
        }
    }
    writeln!(text, "\npub struct App {{")?;
    for (service, _) in rows.all() {
        writeln!(text, "    pub s{service}: Arc<S{service}>,")?;
    }
    writeln!(text, "}}\n\npub fn app() -> App {{")?;
    for (service, needs) in rows.all() {
        match needs {
            None => writeln!(text, "    let s{service} = Arc::new(s{service}());")?,
            Some((a, b)) => {
                writeln!(text, "    let s{service} = Arc::new(s{service}(Arc::clone(&s{a}), Arc::clone(&s{b})));")?;
            }
        }
    }
    let fields: Vec<String> = rows.all().map(|(service, _)| format!("s{service}")).collect();
    writeln!(text, "    App {{ {} }}\n}}", fields.join(", "))
}

pub fn prove(rows: &Rows, text: &mut String) -> fmt::Result {
    super::main_of(rows, text, "let app = app();", |service| format!("app.s{service}"))
}
