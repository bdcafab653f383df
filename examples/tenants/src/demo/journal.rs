//! What happened, in order: the steps of the demo and the events of the program, on one clock.

use std::fmt::{self, Display, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::sync::watch;
use tokio::time::timeout;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

/// How long the demo waits for an event.
const PATIENCE: Duration = Duration::from_secs(20);

/// What happened. The tick of an event is its place in here, from 1 on.
#[derive(Clone)]
pub(crate) struct Journal {
    begun: Instant,
    events: Arc<watch::Sender<Vec<Entry>>>,
}

/// An event: what it says, and of which tenant.
#[derive(Default)]
struct Entry {
    message: String,
    tenant: String,
    others: String,
}

impl Journal {
    /// A journal that every event of the program goes to.
    pub(crate) fn install() -> Self {
        let journal = Self { begun: Instant::now(), events: Arc::default() };
        let events = Targets::new().with_targets([("tenants", Level::DEBUG)]);
        tracing_subscriber::registry().with(journal.clone()).with(events).init();
        println!(" tick       ms");
        journal
    }

    /// Begins a chapter.
    pub(crate) fn title(&self, title: &str) {
        println!("\n{title}");
    }

    /// A step of the demo.
    pub(crate) fn say(&self, step: impl Display) {
        let step = step.to_string();
        self.record(Entry { message: step.clone(), ..Entry::default() }, Some(("demo", &step)));
    }

    /// How many events have this message.
    pub(crate) fn count(&self, message: &str) -> usize {
        self.events.borrow().iter().filter(|event| event.message == message).count()
    }

    /// How many events have this message and are of this tenant.
    pub(crate) fn count_of(&self, message: &str, tenant: &str) -> usize {
        count_of(&self.events.borrow(), message, tenant)
    }

    /// The tick of the last event with this message.
    pub(crate) fn last(&self, message: &str) -> Option<usize> {
        self.events.borrow().iter().rposition(|event| event.message == message).map(|place| place + 1)
    }

    /// The ticks of all events that have this message and are of this tenant.
    pub(crate) fn ticks(&self, message: &str, tenant: &str) -> Vec<usize> {
        let events = self.events.borrow();
        let ticks = (1..).zip(events.iter()).filter(|(_, event)| event.message == message && event.tenant == tenant);
        ticks.map(|(tick, _)| tick).collect()
    }

    /// How many there were at most of what begins with one message and ends with the other.
    pub(crate) fn most_at_a_time(&self, begun: &str, ended: &str) -> usize {
        let counts = self.events.borrow().iter().fold((0_usize, 0), |(now, most), event| {
            let now = (now + usize::from(event.message == begun)) - usize::from(event.message == ended);
            (now, most.max(now))
        });
        counts.1
    }

    /// Waits until so many events have this message and are of this tenant.
    pub(crate) async fn wait_for(&self, message: &str, tenant: &str, times: usize) -> anyhow::Result<()> {
        let mut events = self.events.subscribe();
        let seen = events.wait_for(|events| count_of(events, message, tenant) >= times);
        let seen = timeout(PATIENCE, seen).await;
        let counted = || format!("`{message}` of {tenant:?} was seen {} times", self.count_of(message, tenant));
        seen.with_context(|| format!("{}, not {times} times, in {PATIENCE:?}", counted()))??;
        Ok(())
    }

    fn record(&self, event: Entry, line: Option<(&str, &str)>) {
        self.events.send_modify(|events| {
            events.push(event);
            // Printed while nobody else can get a tick, so that the lines are in order.
            if let Some((who, text)) = line {
                let elapsed = self.begun.elapsed().as_secs_f64() * 1000.0;
                println!("{:5} {elapsed:8.1}  {who:<12}  {text}", events.len());
            }
        });
    }
}

fn count_of(events: &[Entry], message: &str, tenant: &str) -> usize {
    events.iter().filter(|event| event.message == message && event.tenant == tenant).count()
}

impl<S: Subscriber> Layer<S> for Journal {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut entry = Entry::default();
        event.record(&mut entry);
        let module = event.metadata().target();
        // There are hundreds of requests, and maintenance goes on all the time; the chapters tell of what matters.
        let of_a_request = module.starts_with("tenants::http") && module != "tenants::http::admin";
        let printed = !of_a_request && *event.metadata().level() <= Level::INFO;
        let who = module.strip_prefix("tenants::").or(module.split("::").next()).unwrap_or(module);
        let tenant = if entry.tenant.is_empty() { String::new() } else { format!(" {}", entry.tenant) };
        let text = format!("{}{tenant}{}", entry.message, entry.others);
        self.record(entry, printed.then_some((who, &text)));
    }
}

impl Visit for Entry {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let written = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            "tenant" => write!(self.tenant, "{value:?}"),
            name => write!(self.others, " {name}={value:?}"),
        };
        written.expect("a string takes everything");
    }
}
