//! The connections of users: one fiber for each user, and a mailbox that outlives it.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use di::prelude::*;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{Error, Message};

pub type Socket = WebSocketStream<TcpStream>;

/// How long a close frame may take to be sent to somebody who may have gone.
const GOODBYE: Duration = Duration::from_secs(1);

/// How often it is found out whether a user is still there.
#[derive(Service, Clone, Copy)]
pub struct Heartbeat(pub Duration);

impl Default for Heartbeat {
    fn default() -> Self {
        Self(Duration::from_secs(30))
    }
}

/// What happened, so that it can be compared with what had to happen.
#[derive(Service, Clone, Default)]
pub struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn say(&self, line: impl fmt::Display) {
        println!("{line}");
        lock(&self.0).push(line.to_string());
    }

    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut *lock(&self.0))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Which way a message went.
#[derive(Debug, PartialEq)]
pub enum Sent {
    /// The user is here.
    Directly,
    /// The user will get it with the next connection.
    Queued,
}

/// What a user has not been sent yet.
#[derive(Default)]
struct Mailbox {
    messages: Mutex<VecDeque<String>>,
    arrived: Notify,
}

/// The connections of all users, and what waits for those who have none.
#[derive(Service)]
pub struct Connections {
    fibers: FiberMap<String>,
    mailboxes: Mutex<HashMap<String, Arc<Mailbox>>>,
    heartbeat: Heartbeat,
    log: Inject<Log>,
}

#[layer]
pub fn connections(heartbeat: Inject<Heartbeat>, log: Inject<Log>, scope: &Scope) -> Connections {
    let fibers = FiberMap::builder().name("connections").grace(2 * GOODBYE).build(scope);
    Connections { fibers, mailboxes: Mutex::default(), heartbeat: *heartbeat, log }
}

impl Connections {
    /// Takes the connection of a user. One that the user had before is closed, and then this one begins.
    pub fn add(&self, user: String, socket: Socket) {
        let (mailbox, log, heartbeat) = (self.mailbox(&user), self.log.clone(), self.heartbeat);
        let name = user.clone();
        let connection = async move |fiber: FiberScope| {
            log.say(format_args!("{name} connects"));
            let (sink, incoming) = socket.split();
            let sink = Arc::new(tokio::sync::Mutex::new(sink));
            let closing = Arc::clone(&sink);
            // Whatever the end is: the user leaves or vanishes, is replaced or removed, or the server ends.
            fiber.on_close(async move |exit| {
                log.say(format_args!("{name} is closed: {exit}"));
                // Who has vanished does not hear it.
                let _ = timeout(GOODBYE, async { closing.lock().await.close().await }).await;
            });
            converse(&mailbox, &sink, incoming, heartbeat).await
        };
        // That a user vanishes is no failure of the server.
        drop(self.fibers.run_with(user, FiberOptions::new().propagate_failure(false), connection));
    }

    /// Closes the connection of a user; whether there was one.
    pub async fn remove(&self, user: &str) -> bool {
        self.fibers.remove(user).await.is_some()
    }

    /// Sends a message to a user, now or with the next connection.
    pub fn send(&self, user: &str, message: &str) -> Sent {
        let mailbox = self.mailbox(user);
        lock(&mailbox.messages).push_back(message.to_owned());
        mailbox.arrived.notify_one();
        if self.fibers.contains(user) { Sent::Directly } else { Sent::Queued }
    }

    /// Who is connected.
    pub fn active(&self) -> Vec<String> {
        let mut users = self.fibers.keys();
        users.sort_unstable();
        users
    }

    /// How many messages wait for a user.
    pub fn waiting(&self, user: &str) -> usize {
        lock(&self.mailbox(user).messages).len()
    }

    /// Waits until nobody is connected.
    pub async fn all_gone(&self) {
        self.fibers.await_empty().await;
    }

    fn mailbox(&self, user: &str) -> Arc<Mailbox> {
        Arc::clone(lock(&self.mailboxes).entry(user.to_owned()).or_default())
    }
}

/// Sends what is in the mailbox and what comes into it, and a ping now and then, until the user goes.
async fn converse(
    mailbox: &Mailbox,
    sink: &tokio::sync::Mutex<SplitSink<Socket, Message>>,
    mut incoming: SplitStream<Socket>,
    heartbeat: Heartbeat,
) -> Result<(), Error> {
    let mut beats = interval(heartbeat.0);
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // The first one is at once.
    beats.tick().await;
    loop {
        mailbox.deliver(sink).await?;
        tokio::select! {
            () = mailbox.arrived.notified() => {}
            _ = beats.tick() => sink.lock().await.send(Message::Ping("ping".into())).await?,
            message = incoming.next() => match message {
                None | Some(Ok(Message::Close(_))) => return Ok(()),
                // Users only answer pings.
                Some(message) => drop(message?),
            },
        }
    }
}

impl Mailbox {
    /// Sends all messages in their order. One that could not be sent stays for the next connection.
    async fn deliver(&self, sink: &tokio::sync::Mutex<SplitSink<Socket, Message>>) -> Result<(), Error> {
        let first = || lock(&self.messages).front().cloned();
        while let Some(message) = first() {
            sink.lock().await.send(Message::text(message)).await?;
            lock(&self.messages).pop_front();
        }
        Ok(())
    }
}
