//! Admission: who of those that want to begin may do so, in the order in which they asked.
//!
//! 1. Tickets are numbers that rise. The smallest one in the queue is the first, and only the first is admitted; so nobody
//!    overtakes another. Who is not ready to begin (it waits for the fiber that it replaces) is not in the queue, and takes the
//!    place of its number when it is. Who is interrupted leaves the queue at once.
//! 2. There is no task: each one waits on its own, the first one for a place or for time, all others to become the first. Whoever
//!    changes who is the first, or gives back a place, wakes the first one.
//! 3. Starts are limited by a log of the last ones: the n-th one before has to be as long ago as the window, so there are never
//!    more than n in any window, wherever it begins. A bucket of tokens would let twice as many through at the edges of its
//!    windows. The log has at most n times.
//! 4. Wakers are woken and dropped outside of the lock.

use std::collections::{BTreeMap, VecDeque};
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::sync::{Mutex, lock};
use crate::clock::after;

/// How many may run, and how many may start in which time.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Limits {
    pub(crate) running: Option<usize>,
    pub(crate) starts: Option<(usize, Duration)>,
}

#[derive(Debug)]
pub(crate) struct Gate {
    limits: Limits,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    tickets: u64,
    queue: BTreeMap<u64, Option<Waker>>,
    running: usize,
    /// When the last ones started, the oldest first.
    starts: VecDeque<Instant>,
}

/// What one fiber has to do with a gate.
#[derive(Debug)]
pub(crate) struct Pass {
    gate: Arc<Gate>,
    stand: Mutex<Stand>,
}

#[derive(Clone, Copy, Debug)]
struct Stand {
    ticket: u64,
    admitted: bool,
}

/// What an attempt to be admitted came to.
enum Answer {
    Admitted,
    /// It is the first, but it is too early.
    NotBefore(Instant),
}

impl Gate {
    /// A gate, if there is something to limit.
    pub(crate) fn new(limits: Limits) -> Option<Arc<Self>> {
        let limited = limits.running.is_some() || limits.starts.is_some();
        limited.then(|| Arc::new(Self { limits, state: Mutex::default() }))
    }

    /// A pass for a fiber that starts now, with the next ticket.
    pub(crate) fn pass(self: &Arc<Self>) -> Arc<Pass> {
        let ticket = lock(&self.state).next_ticket();
        Arc::new(Pass { gate: Arc::clone(self), stand: Mutex::new(Stand { ticket, admitted: false }) })
    }
}

impl State {
    fn next_ticket(&mut self) -> u64 {
        self.tickets += 1;
        self.tickets
    }

    /// The waker of the first one (invariant 2).
    fn wake_first(&mut self) -> Option<Waker> {
        self.queue.first_entry()?.get_mut().take()
    }
}

impl Pass {
    /// Takes the place in the queue.
    pub(crate) fn queue(self: &Arc<Self>) -> InQueue {
        let ticket = lock(&self.stand).ticket;
        lock(&self.gate.state).queue.insert(ticket, None);
        InQueue(Some(Arc::clone(self)))
    }

    /// Takes the last place in the queue.
    pub(super) fn queue_again(&self) {
        let mut state = lock(&self.gate.state);
        let ticket = state.next_ticket();
        state.queue.insert(ticket, None);
        drop(state);
        lock(&self.stand).ticket = ticket;
    }

    /// Waits until the one who is in the queue is admitted.
    pub(super) async fn admitted(&self) {
        while let Answer::NotBefore(time) = poll_fn(|context| self.poll(context)).await {
            sleep_until(time).await;
        }
    }

    /// Leaves the queue, or gives the place back.
    pub(crate) fn leave(&self) {
        let mut stand = lock(&self.stand);
        let mut state = lock(&self.gate.state);
        let unused = state.queue.remove(&stand.ticket);
        if std::mem::take(&mut stand.admitted) {
            state.running -= 1;
        }
        let first = state.wake_first();
        drop((state, stand));
        drop(unused);
        first.into_iter().for_each(Waker::wake);
    }

    fn poll(&self, context: &mut Context<'_>) -> Poll<Answer> {
        let mut stand = lock(&self.stand);
        let mut state = lock(&self.gate.state);
        let limits = self.gate.limits;
        let is_first = state.queue.first_key_value().is_some_and(|(first, _)| *first == stand.ticket);
        if !is_first || limits.running.is_some_and(|limit| state.running >= limit) {
            let old = state.queue.insert(stand.ticket, Some(context.waker().clone()));
            drop((state, stand));
            drop(old);
            return Poll::Pending;
        }
        if let Some((limit, window)) = limits.starts {
            let now = Instant::now();
            while state.starts.front().is_some_and(|start| now.duration_since(*start) >= window) {
                state.starts.pop_front();
            }
            // Invariant 3.
            if state.starts.len() >= limit
                && let Some(oldest) = state.starts.front()
            {
                return Poll::Ready(Answer::NotBefore(after(*oldest, window)));
            }
            state.starts.push_back(now);
        }
        state.running += 1;
        stand.admitted = true;
        let unused = state.queue.remove(&stand.ticket);
        let next = state.wake_first();
        drop((state, stand));
        drop(unused);
        next.into_iter().for_each(Waker::wake);
        Poll::Ready(Answer::Admitted)
    }
}

/// A place in the queue, which is left when this is dropped.
#[derive(Debug)]
pub(crate) struct InQueue(Option<Arc<Pass>>);

impl InQueue {
    /// Waits until its turn has come.
    pub(crate) async fn admitted(mut self) {
        if let Some(pass) = &self.0 {
            pass.admitted().await;
        }
        self.0 = None;
    }
}

impl Drop for InQueue {
    fn drop(&mut self) {
        if let Some(pass) = &self.0 {
            pass.leave();
        }
    }
}
