//! What happened, in order: the steps of the demo and the events of the program, on one clock.

use std::fmt::{self, Display, Write};
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::watch;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

/// What happened. The tick of an event is its place in here, from 1 on.
#[derive(Clone)]
pub(crate) struct Journal {
    begun: Instant,
    messages: Arc<watch::Sender<Vec<String>>>,
}

impl Journal {
    /// A journal that every event of the program goes to.
    pub(crate) fn install() -> Self {
        let journal = Self { begun: Instant::now(), messages: Arc::default() };
        let events = Targets::new().with_targets([("tenants", Level::DEBUG), ("di_runtime::memo", Level::DEBUG)]);
        tracing_subscriber::registry().with(journal.clone()).with(events).init();
        println!("tick       ms");
        journal
    }

    /// Begins a chapter.
    pub(crate) fn title(&self, title: &str) {
        println!("\n{title}");
    }

    /// A step of the demo.
    pub(crate) fn say(&self, step: impl Display) {
        let step = step.to_string();
        self.record(step.clone(), Some(("demo", &step)));
    }

    /// How many events have this message.
    pub(crate) fn count(&self, message: &str) -> usize {
        count(&self.messages.borrow(), message)
    }

    /// The tick of the last event with this message.
    pub(crate) fn last(&self, message: &str) -> Option<usize> {
        self.messages.borrow().iter().rposition(|other| other == message).map(|place| place + 1)
    }

    /// Waits until so many events have this message.
    pub(crate) async fn wait_for(&self, message: &str, times: usize) {
        let mut messages = self.messages.subscribe();
        let seen = messages.wait_for(|messages| count(messages, message) >= times).await;
        seen.expect("the sender is in this journal");
    }

    fn record(&self, message: String, line: Option<(&str, &str)>) {
        self.messages.send_modify(|messages| {
            messages.push(message);
            // Printed while nobody else can get a tick, so that the lines are in order.
            if let Some((who, text)) = line {
                let elapsed = self.begun.elapsed().as_secs_f64() * 1000.0;
                println!("{:4} {elapsed:8.1}  {who:<10}  {text}", messages.len());
            }
        });
    }
}

fn count(messages: &[String], message: &str) -> usize {
    messages.iter().filter(|other| *other == message).count()
}

impl<S: Subscriber> Layer<S> for Journal {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut line = Line::default();
        event.record(&mut line);
        let module = event.metadata().target();
        // There are hundreds of requests; the clients tell of those that matter.
        let printed = module != "tenants::http::log";
        let who = module.strip_prefix("tenants::").or(module.split("::").next()).unwrap_or(module);
        let text = format!("{}{}", line.message, line.fields);
        self.record(line.message, printed.then_some((who, &text)));
    }
}

#[derive(Default)]
struct Line {
    message: String,
    fields: String,
}

impl Visit for Line {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let written = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
        written.expect("a string takes everything");
    }
}
