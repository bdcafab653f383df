//! This library: a `#[layer]` function for each service, wired in one of four ways, or not at all.

use std::fmt::{self, Write};

use crate::program::Rows;

pub fn dependency(library: &str) -> String {
    format!("di = {{ path = {library:?} }}\ntokio = {{ version = \"1\", features = [\"rt-multi-thread\"] }}\n")
}

/// The services and their layers.
pub fn layers(rows: &Rows, text: &mut String) -> fmt::Result {
    writeln!(text, "use di::prelude::*;\n")?;
    for (service, needs) in rows.all() {
        writeln!(text, "#[derive(Service)]")?;
        match needs {
            None => {
                writeln!(text, "pub struct S{service} {{}}\n#[layer]")?;
                writeln!(text, "pub fn s{service}() -> S{service} {{ S{service} {{}} }}")?;
            }
            Some((a, b)) => {
                writeln!(text, "pub struct S{service} {{ a: Inject<S{a}>, b: Inject<S{b}> }}\n#[layer]")?;
                writeln!(
                    text,
                    "pub fn s{service}(a: Inject<S{a}>, b: Inject<S{b}>) -> S{service} {{ S{service} {{ a, b }} }}"
                )?;
            }
        }
    }
    Ok(())
}

/// `layers![<..> ..]`: the services of the last row leave.
pub fn header(rows: &Rows, text: &mut String) -> fmt::Result {
    let out: Vec<String> = rows.last().map(|service| format!("S{service}")).collect();
    wired(text, &format!("layers![<{}> {}]", out.join(", "), calls(rows.shuffled()).join(", ")))
}

/// `layers![..]`: all services leave.
pub fn list(rows: &Rows, text: &mut String) -> fmt::Result {
    wired(text, &format!("layers![{}]", calls(rows.shuffled()).join(", ")))
}

/// A `merge_all!` for each row, and `provide_merge` from row to row.
pub fn rows(rows: &Rows, text: &mut String) -> fmt::Result {
    let merged = rows.rows().map(|row| format!("merge_all!({})", calls(row).join(", ")));
    let wiring: Vec<String> = merged.rev().collect();
    wired(text, &provided(&wiring))
}

/// One service after the other.
pub fn chain(rows: &Rows, text: &mut String) -> fmt::Result {
    wired(text, &provided(&calls((0..rows.services()).rev())))
}

fn calls(services: impl IntoIterator<Item = usize>) -> Vec<String> {
    services.into_iter().map(|service| format!("s{service}()")).collect()
}

/// Each layer fed by the next.
fn provided(layers: &[String]) -> String {
    let (first, others) = layers.split_first().expect("a program has services");
    let others: Vec<String> = others.iter().map(|layer| format!("\n        .provide_merge({layer})")).collect();
    format!("{first}{}", others.concat())
}

const WIRED: &str = "\npub fn app() {\n    let _: Layer<_, services![], failures![]> = ";
const END: &str = "}\n";

/// The application: it compiles only if every need is met.
fn wired(text: &mut String, wiring: &str) -> fmt::Result {
    write!(text, "{WIRED}{wiring};\n{END}")
}

/// A `main` that builds the application.
pub fn prove(rows: &Rows, text: &mut String) -> fmt::Result {
    let wired = text.split_off(text.rfind(WIRED).expect("a program that is wired"));
    let wired = wired.strip_suffix(END).expect("the application ends the program");
    writeln!(text, "{}", wired.replacen("let _:", "let app:", 1))?;
    writeln!(text, "    let runtime = tokio::runtime::Runtime::new().unwrap();")?;
    writeln!(text, "    let context = runtime.block_on(ManagedRuntime::new(app).context()).unwrap();")?;
    for service in rows.last() {
        writeln!(text, "    {}", super::assertion(rows, service, &format!("context.get::<S{service}>()")))?;
    }
    writeln!(text, "}}\n\nfn main() {{ app() }}")
}
