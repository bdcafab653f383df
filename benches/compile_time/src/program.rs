//! The programs: services in ten rows, each of which needs two of the row above.

use std::fmt::{self, Write};

/// How many rows there are, whatever the number of services.
const ROWS: usize = 10;

/// A program to compile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Program {
    /// How its services come together.
    pub shape: Shape,
    /// How many there are.
    pub services: usize,
}

/// How the services of a program come together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Structs with `Arc` fields, made one after the other: the floor, without this library.
    ByHand,
    /// Services and their layers, which nothing puts together: what the macros' output costs by itself.
    LayersOnly,
    /// `merge_all!` of each row, and `provide_merge` from row to row.
    Rows,
    /// One long chain of `provide_merge`.
    Chain,
}

impl Shape {
    /// All of them, in the order of the table.
    pub const ALL: [Self; 4] = [Self::ByHand, Self::LayersOnly, Self::Rows, Self::Chain];

    /// The name, as in a package's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::ByHand => "by-hand",
            Self::LayersOnly => "layers-only",
            Self::Rows => "rows",
            Self::Chain => "chain",
        }
    }
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.shape.name(), self.services)
    }
}

impl Program {
    /// The whole of `lib.rs`.
    pub fn source(&self) -> String {
        let mut text = String::from("#![allow(dead_code)]\n\n");
        let written = match self.shape {
            Shape::ByHand => self.by_hand(&mut text),
            Shape::LayersOnly => self.layers(&mut text),
            Shape::Rows => self.layers(&mut text).and_then(|()| self.rows(&mut text)),
            Shape::Chain => self.layers(&mut text).and_then(|()| self.chain(&mut text)),
        };
        written.expect("a String takes all that is written to it");
        text
    }

    /// The number of services in a row.
    fn width(&self) -> usize {
        self.services / ROWS
    }

    /// The two services of the row above that a service needs; none in the first row.
    fn needs(&self, service: usize) -> Option<(usize, usize)> {
        let width = self.width();
        let above = (service / width).checked_sub(1)? * width;
        let place = service % width;
        Some((above + place, above + (place + 1) % width))
    }

    fn by_hand(&self, text: &mut String) -> fmt::Result {
        writeln!(text, "use std::sync::Arc;\n")?;
        for service in 0..self.services {
            match self.needs(service) {
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
        for service in 0..self.services {
            writeln!(text, "    pub s{service}: Arc<S{service}>,")?;
        }
        writeln!(text, "}}\n\npub fn app() -> App {{")?;
        for service in 0..self.services {
            match self.needs(service) {
                None => writeln!(text, "    let s{service} = Arc::new(s{service}());")?,
                Some((a, b)) => {
                    writeln!(text, "    let s{service} = Arc::new(s{service}(Arc::clone(&s{a}), Arc::clone(&s{b})));")?;
                }
            }
        }
        let fields: Vec<String> = (0..self.services).map(|service| format!("s{service}")).collect();
        writeln!(text, "    App {{ {} }}\n}}", fields.join(", "))
    }

    fn layers(&self, text: &mut String) -> fmt::Result {
        writeln!(text, "use di::prelude::*;\n")?;
        for service in 0..self.services {
            writeln!(text, "#[derive(Service)]")?;
            match self.needs(service) {
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

    fn rows(&self, text: &mut String) -> fmt::Result {
        let width = self.width();
        writeln!(text, "\npub fn app() {{")?;
        for row in 0..ROWS {
            let layers: Vec<String> = (row * width..(row + 1) * width).map(|service| format!("s{service}()")).collect();
            writeln!(text, "    let row{row} = merge_all!({});", layers.join(", "))?;
        }
        writeln!(text, "    let _: Layer<_, services![], failures![]> = row{}", ROWS - 1)?;
        for row in (0..ROWS - 1).rev() {
            writeln!(text, "        .provide_merge(row{row})")?;
        }
        writeln!(text, "        ;\n}}")
    }

    fn chain(&self, text: &mut String) -> fmt::Result {
        writeln!(text, "\npub fn app() {{")?;
        writeln!(text, "    let _: Layer<_, services![], failures![]> = s{}()", self.services - 1)?;
        for service in (0..self.services - 1).rev() {
            writeln!(text, "        .provide_merge(s{service}())")?;
        }
        writeln!(text, "        ;\n}}")
    }
}
