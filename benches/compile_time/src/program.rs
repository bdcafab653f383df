//! The programs: services in ten rows, each of which needs two of the row above.

use std::fmt::{self, Write};

use crate::peers::Kind;

/// How many rows there are, whatever the number of services.
const ROWS: usize = 10;

/// A program to compile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Program {
    /// How its services are written and come together.
    pub kind: Kind,
    /// How many there are.
    pub services: usize,
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.kind.name(), self.services)
    }
}

impl Program {
    /// The whole of `lib.rs`: what is measured.
    pub fn source(&self) -> String {
        let mut text = String::from("#![allow(dead_code)]\n\n");
        self.kind
            .write(&Rows { services: self.services }, &mut text)
            .expect("a String takes all that is written to it");
        text
    }

    /// The same after this many edits of the constructor of the service in the middle.
    pub fn edited(&self, edit: Edit, edits: usize) -> String {
        let constructor = format!("-> S{} {{ ", self.services / 2);
        let statements = match edit {
            Edit::Word => format!("let _ = {edits:04}; "),
            Edit::Line => "let _ = 0;\n".repeat(edits),
        };
        self.source().replace(&constructor, &format!("{constructor}{statements}"))
    }

    /// `main.rs` of a program that takes the services of the last row out and fails if one is not made as it should be.
    pub fn proof(&self) -> String {
        let (rows, mut text) = (Rows { services: self.services }, self.source());
        let written = self.kind.prove(&rows, &mut text).and_then(|()| rows.weights(&mut text));
        written.expect("a String takes all that is written to it");
        text
    }
}

/// What an edit changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edit {
    /// A word: all other code stays where it is.
    Word,
    /// A line more: all code below moves.
    Line,
}

/// Which service needs which.
pub struct Rows {
    services: usize,
}

impl Rows {
    /// All services with what each needs: two of the row above, or nothing in the first row.
    pub fn all(&self) -> impl DoubleEndedIterator<Item = (usize, Option<(usize, usize)>)> + '_ {
        (0..self.services).map(|service| (service, self.needs(service)))
    }

    /// How many services there are.
    pub fn services(&self) -> usize {
        self.services
    }

    /// The rows, the first one first.
    pub fn rows(&self) -> impl DoubleEndedIterator<Item = std::ops::Range<usize>> + '_ {
        let width = self.width();
        (0..ROWS).map(move |row| row * width..(row + 1) * width)
    }

    /// The last row, which nobody needs.
    pub fn last(&self) -> std::ops::Range<usize> {
        self.services - self.width()..self.services
    }

    /// All services in an order without order.
    pub fn shuffled(&self) -> Vec<usize> {
        let mut services: Vec<usize> = (0..self.services).collect();
        // Prime to all numbers of services that are not multiples of it, so no service is met twice.
        services.sort_by_key(|service| (service * 7919) % (10 * self.services + 1));
        services
    }

    fn width(&self) -> usize {
        self.services / ROWS
    }

    fn needs(&self, service: usize) -> Option<(usize, usize)> {
        let width = self.width();
        let above = (service / width).checked_sub(1)? * width;
        let place = service % width;
        Some((above + place, above + (place + 1) % width))
    }

    /// The weight of a service: 1 and the weights of what it was given.
    fn weights(&self, text: &mut String) -> fmt::Result {
        writeln!(text, "\npub trait Weight {{ fn weight(&self) -> u64; }}")?;
        for (service, needs) in self.all() {
            let given = if needs.is_some() { " + self.a.weight() + self.b.weight()" } else { "" };
            let borrowing = if text.contains(&format!("struct S{service}<'a>")) { "<'_>" } else { "" };
            writeln!(text, "impl Weight for S{service}{borrowing} {{ fn weight(&self) -> u64 {{ 1{given} }} }}")?;
        }
        Ok(())
    }

    /// The weight of each service of the last row.
    pub fn weight_of_last(&self) -> u64 {
        (1 << ROWS) - 1
    }
}
