//! froodi: a registry of closures, one for each service, and a container that makes them when they are asked for.

use std::fmt::{self, Write};

use crate::program::Rows;

pub const DEPENDENCY: &str = "froodi = \"=1.0.0-beta.20\"\n";

pub fn write(rows: &Rows, text: &mut String) -> fmt::Result {
    writeln!(text, "use std::sync::Arc;\nuse froodi::{{Container, DefaultScope::App, Inject, registry}};\n")?;
    for (service, needs) in rows.all() {
        match needs {
            None => writeln!(text, "pub struct S{service} {{}}")?,
            Some((a, b)) => writeln!(text, "pub struct S{service} {{ a: Arc<S{a}>, b: Arc<S{b}> }}")?,
        }
    }
    writeln!(text, "\npub fn app() -> Container {{\n    Container::new(registry! {{\n        scope(App) [")?;
    for (service, needs) in rows.all() {
        match needs {
            None => writeln!(text, "            provide(|| Ok(S{service} {{}})),")?,
            Some((a, b)) => writeln!(
                text,
                "            provide(|Inject(a): Inject<S{a}>, Inject(b): Inject<S{b}>| Ok(S{service} {{ a, b }})),"
            )?,
        }
    }
    writeln!(text, "        ],\n    }})\n}}")
}

pub fn prove(rows: &Rows, text: &mut String) -> fmt::Result {
    super::main_of(rows, text, "let app = app();", |service| format!("app.get::<S{service}>().unwrap()"))
}
