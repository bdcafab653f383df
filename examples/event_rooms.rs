//! A stream of events for each room, which is there while somebody is in it: `cargo run --example event_rooms`.
//!
//! The problem: a queue for each chat room, listeners that come and go, and queues that nobody removes. In a map of rooms, a
//! room exists while it is held by those who listen, whoever came first; when the last one goes, it is closed, and its
//! finalizer ends what still waits for it.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use di::prelude::*;
use tokio::sync::{broadcast, mpsc};
use tokio::task::JoinHandle;

#[derive(Clone, Debug, PartialEq)]
enum Event {
    Message(&'static str),
    Joined(&'static str),
}

/// What happened, so that it can be compared with what had to happen.
#[derive(Service, Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn say(&self, line: impl fmt::Display) {
        println!("{line}");
        self.lines().push(line.to_string());
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.lines())
    }

    fn lines(&self) -> std::sync::MutexGuard<'_, Vec<String>> {
        self.0.lock().expect("nobody panics while writing a line")
    }
}

/// A room: whoever publishes reaches all who have subscribed before.
#[derive(Service)]
struct Room {
    events: broadcast::Sender<Event>,
    closing: broadcast::Sender<()>,
}

/// The events of a room that pass a filter, until the room closes.
struct Subscription {
    events: broadcast::Receiver<Event>,
    closing: broadcast::Receiver<()>,
    filter: fn(&Event) -> bool,
}

impl Room {
    fn subscribe(&self, filter: fn(&Event) -> bool) -> Subscription {
        Subscription { events: self.events.subscribe(), closing: self.closing.subscribe(), filter }
    }

    /// Publishes an event; how many get it.
    fn publish(&self, event: Event) -> usize {
        self.events.send(event).unwrap_or_default()
    }
}

impl Subscription {
    async fn next(&mut self) -> Option<Event> {
        loop {
            let event = tokio::select! {
                _ = self.closing.recv() => return None,
                event = self.events.recv() => event.ok()?,
            };
            if (self.filter)(&event) {
                return Some(event);
            }
        }
    }
}

/// A room is opened for the first who asks, and closed when the last one has gone.
#[layer_map(Rooms, release_immediately)]
fn room(name: &'static str, log: Inject<Log>, scope: &Scope) -> Room {
    log.say(format_args!("{name} opens"));
    let room = Room { events: broadcast::channel(16).0, closing: broadcast::channel(1).0 };
    let closing = room.closing.clone();
    scope.on_close(move |_exit| async move {
        // Nobody listens any more, or the whole application ends and those who do are told.
        let _ = closing.send(());
        log.say(format_args!("{name} closes"));
    });
    room
}

/// Listens until the room closes; says when it has begun, as what was published before is not heard.
#[effect]
async fn listen(
    room: Inject<Room>,
    log: Inject<Log>,
    who: &'static str,
    filter: fn(&Event) -> bool,
    begun: mpsc::Sender<()>,
) {
    let mut events = room.subscribe(filter);
    // Somebody waits for it, or nobody is interested.
    let _ = begun.send(()).await;
    while let Some(event) = events.next().await {
        log.say(format_args!("{who} hears {event:?}"));
    }
    log.say(format_args!("{who} is told to go"));
}

#[effect]
async fn publish(room: Inject<Room>, event: Event) -> usize {
    room.publish(event)
}

/// A program of the application, in the background.
fn start(
    runtime: &ManagedRuntime<services![Rooms, Log]>,
    program: Effect<(), services![Rooms, Log]>,
) -> JoinHandle<Result<(), di::RunError>> {
    tokio::spawn(runtime.run(program))
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let log = Log::default();
    let app = Rooms::layer().provide_merge(Layer::succeed::<Log>(log.clone()));
    let runtime = ManagedRuntime::new(app);
    let (begun, mut waiting) = mpsc::channel(1);

    // The layer of a room is a value: listeners and publishers use the same one.
    let (hall, attic) = (Rooms::get("hall"), Rooms::get("attic"));
    let is_message = |event: &Event| matches!(event, Event::Message(_));
    let ada = start(&runtime, listen("Ada", is_message, begun.clone()).provide(hall.clone()));
    waiting.recv().await.ok_or("Ada does not listen")?;
    let grace = start(&runtime, listen("Grace", |_| true, begun.clone()).provide(hall.clone()));
    waiting.recv().await.ok_or("Grace does not listen")?;
    let linus = start(&runtime, listen("Linus", |_| true, begun).provide(attic.clone()));
    waiting.recv().await.ok_or("Linus does not listen")?;
    assert_eq!(log.take(), ["hall opens", "attic opens"]);

    assert_eq!(runtime.run(publish(Event::Joined("Edsger")).provide(hall.clone())).await?, 2);
    assert_eq!(runtime.run(publish(Event::Message("hello")).provide(hall.clone())).await?, 2);
    assert_eq!(runtime.run(publish(Event::Message("boo")).provide(attic)).await?, 1);
    // Time stands still until nobody has anything to do: everything has been heard then.
    tokio::time::sleep(Duration::from_millis(1)).await;
    let mut heard = log.take();
    heard.sort();
    let expected = [
        r#"Ada hears Message("hello")"#,
        r#"Grace hears Joined("Edsger")"#,
        r#"Grace hears Message("hello")"#,
        r#"Linus hears Message("boo")"#,
    ];
    assert_eq!(heard, expected);

    // One of two listeners goes, and the room stays; the other goes, and it is closed.
    ada.abort();
    assert!(ada.await.is_err_and(|ended| ended.is_cancelled()));
    assert_eq!(runtime.run(publish(Event::Message("alone?")).provide(hall.clone())).await?, 1);
    grace.abort();
    assert!(grace.await.is_err_and(|ended| ended.is_cancelled()));
    runtime.context().await?.get::<Rooms>().invalidate_and_wait("hall").await?;
    assert_eq!(log.take().last().map(String::as_str), Some("hall closes"));

    // A room that nobody is in is opened for one who only publishes, and closed again: nobody hears it.
    assert_eq!(runtime.run(publish(Event::Message("anybody?")).provide(hall)).await?, 0);
    assert_eq!(log.take(), ["hall opens", "hall closes"]);

    runtime.context().await?.get::<Rooms>().close().await?;
    linus.await??;
    assert_eq!(log.take(), ["attic closes", "Linus is told to go"]);
    runtime.shutdown(Duration::from_secs(1)).await?;
    Ok(())
}
