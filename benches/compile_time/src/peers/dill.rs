//! dill: components with a scope, registered in a catalog that makes them when they are asked for.

use std::fmt::{self, Write};

use crate::program::Rows;

pub const DEPENDENCY: &str = "dill = \"=0.17.2\"\n";

pub fn write(rows: &Rows, text: &mut String) -> fmt::Result {
    writeln!(text, "use std::sync::Arc;\nuse dill::Catalog;\n")?;
    for (service, needs) in rows.all() {
        writeln!(text, "#[dill::component]\n#[dill::scope(dill::Singleton)]")?;
        match needs {
            None => writeln!(text, "pub struct S{service} {{}}")?,
            Some((a, b)) => writeln!(text, "pub struct S{service} {{ a: Arc<S{a}>, b: Arc<S{b}> }}")?,
        }
    }
    writeln!(text, "\npub fn app() -> Catalog {{\n    Catalog::builder()")?;
    for (service, _) in rows.all() {
        writeln!(text, "        .add::<S{service}>()")?;
    }
    writeln!(text, "        .build()\n}}")
}

pub fn prove(rows: &Rows, text: &mut String) -> fmt::Result {
    super::main_of(rows, text, "let app = app();", |service| format!("app.get_one::<S{service}>().unwrap()"))
}
