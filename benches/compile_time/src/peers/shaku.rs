//! shaku: components, each behind a trait of its own as shaku wants them, listed in a module.

use std::fmt::{self, Write};

use crate::program::Rows;

pub const DEPENDENCY: &str = "shaku = \"=0.6.3\"\n";

pub fn write(rows: &Rows, text: &mut String) -> fmt::Result {
    writeln!(text, "use std::sync::Arc;\nuse shaku::{{Component, HasComponent, Interface, module}};\n")?;
    for (service, needs) in rows.all() {
        writeln!(text, "pub trait T{service}: Interface {{}}")?;
        writeln!(text, "#[derive(Component)]\n#[shaku(interface = T{service})]")?;
        match needs {
            None => writeln!(text, "pub struct S{service} {{}}")?,
            Some((a, b)) => writeln!(
                text,
                "pub struct S{service} {{ #[shaku(inject)] a: Arc<dyn T{a}>, #[shaku(inject)] b: Arc<dyn T{b}> }}"
            )?,
        }
        writeln!(text, "impl T{service} for S{service} {{}}")?;
    }
    let components: Vec<String> = rows.all().map(|(service, _)| format!("S{service}")).collect();
    let components = components.join(", ");
    writeln!(
        text,
        "\nmodule! {{\n    pub App {{\n        components = [{components}],\n        providers = []\n    }}\n}}"
    )?;
    writeln!(text, "\npub fn app() -> App {{\n    App::builder().build()\n}}")
}

pub fn prove(rows: &Rows, text: &mut String) -> fmt::Result {
    *text = text.replace(": Interface {}", ": Interface + Weight {}");
    super::main_of(rows, text, "let app = app();", |service| {
        format!("HasComponent::<dyn T{service}>::resolve_ref(&app)")
    })
}
