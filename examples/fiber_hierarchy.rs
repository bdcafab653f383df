//! Fibers that have fibers: a room and those who are in it: `cargo run --example fiber_hierarchy`.
//!
//! The problem: tasks that belong to other tasks. When a room closes, whoever is in it has to go first, and whether it closes
//! because somebody asked for that, because it failed, or because all is over, makes no difference. By hand that is a map of
//! maps, and an order in which to clear them at each of these ends. Here the children of a fiber are a map that the fiber owns.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use di::prelude::*;
use tokio::time::sleep;

const SECOND: Duration = Duration::from_secs(1);

/// What happened, so that it can be compared with what had to happen.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn say(&self, line: impl fmt::Display) {
        println!("{line}");
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(line.to_string());
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Rooms, and in each of them guests.
struct Hotel {
    rooms: FiberMap<&'static str>,
    log: Log,
}

impl Hotel {
    /// Opens a room, for so long.
    fn open(&self, room: &'static str, time: Duration) {
        let log = self.log.clone();
        self.rooms.run(room, async move |fiber: FiberScope| {
            fiber.on_close(async move |_exit| log.say(format_args!("{room} is closed")));
            sleep(time).await;
        });
    }

    /// Takes a guest into a room; whether there is such a room.
    fn enter(&self, room: &'static str, guest: &'static str) -> bool {
        // Made when the first one comes, and the same one for all who come after.
        let Some(guests) = self.guests(room) else { return false };
        let log = self.log.clone();
        guests.run(guest, async move |fiber: FiberScope| {
            fiber.on_interrupt(async move || log.say(format_args!("{guest} leaves {room}")));
            std::future::pending::<()>().await
        });
        true
    }

    /// The guests of a room, if there is such a room.
    fn guests(&self, room: &str) -> Option<FiberMap<&'static str>> {
        self.rooms.children(room)
    }
}

// The clock stands still, and jumps when everybody waits for it.
#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let scope = Scope::new();
    let hotel = Hotel { rooms: FiberMap::new(&scope), log: Log::default() };
    let day = 24 * 3600 * SECOND;
    hotel.open("attic", day);
    hotel.open("hall", day);
    hotel.open("cellar", SECOND);
    // A body begins on a task of its own; what is stopped before it has begun is never run.
    sleep(SECOND / 4).await;
    for (guest, room) in [("Ada", "attic"), ("Grace", "attic"), ("Linus", "hall"), ("Edsger", "cellar")] {
        assert!(hotel.enter(room, guest));
    }
    assert!(!hotel.enter("garage", "Ada"));
    let attic = hotel.guests("attic").ok_or("it is open")?;
    assert_eq!((hotel.rooms.len(), attic.len()), (3, 2));
    sleep(SECOND / 4).await;

    // One guest leaves, and nobody else does.
    attic.remove("Grace").await;
    assert_eq!(hotel.log.take(), ["Grace leaves attic"]);

    // Somebody closes a room: its guests go first.
    hotel.rooms.remove("attic").await;
    assert_eq!(hotel.log.take(), ["Ada leaves attic", "attic is closed"]);
    assert!(attic.is_closed() && attic.is_empty());
    assert!(!hotel.enter("attic", "Ada"));

    // A room comes to its end by itself: whoever is in it goes too.
    sleep(2 * SECOND).await;
    assert_eq!(hotel.log.take(), ["Edsger leaves cellar", "cellar is closed"]);

    // All is over.
    scope.close(Exit::Success).await?;
    assert_eq!(hotel.log.take(), ["Linus leaves hall", "hall is closed"]);
    assert!(hotel.rooms.is_empty());
    Ok(())
}
