//! What a collection is to do, without tasks: fibers, the times at which something happens to them, and who waits.

use std::collections::{BTreeMap, BTreeSet};

use super::bodies::{Done, Ends, Plan};

/// How a fiber ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Success,
    Failure,
    Panicked,
    Interrupted,
    Refused,
}

impl From<Ends> for End {
    fn from(ends: Ends) -> Self {
        match ends {
            Ends::Success => Self::Success,
            Ends::Failure => Self::Failure,
            Ends::Panic => Self::Panicked,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    Collection,
    Other,
}

/// Which ends are failures of the collection.
#[derive(Clone, Copy, Debug)]
pub struct Propagates {
    pub failure: bool,
    pub interruption: bool,
}

#[derive(Clone, Copy, Debug, Default)]
pub struct Settings {
    pub overlap: bool,
    pub fail_fast: bool,
    pub most: Option<usize>,
    pub retained: Option<usize>,
    pub retained_for: Option<u64>,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// It waits for the ends of those of its key that have begun.
    Waiting,
    /// It begins, or queues up, at its next turn.
    Starting,
    /// It waits until it is admitted.
    Queued,
    Running,
    /// What a run of a supervised fiber acquired is being released.
    BetweenRuns(End),
    BackingOff,
    /// What it acquired is being released.
    Releasing(End),
    Ended(End),
}

pub struct Known {
    plan: Plan,
    state: State,
    /// When something happens to it, and a number for the order of what happens at one time.
    due: Option<(u64, u64)>,
    run: usize,
    pub done: Done,
    interrupted: Option<By>,
    after: BTreeSet<usize>,
    /// Its place in the order of starts, and whether it is admitted.
    ticket: Option<u64>,
    admitted: bool,
    places: Vec<(usize, Propagates)>,
    /// The keys under which it was taken in.
    adopted: BTreeSet<usize>,
}

/// What somebody waits for.
#[derive(Clone, Debug)]
pub enum Wait {
    Ended(BTreeSet<usize>),
    Closed,
    Join,
    JoinAll,
    Empty,
}

#[derive(Default)]
pub struct Model {
    pub settings: Settings,
    pub now: u64,
    pub fibers: Vec<Known>,
    pub current: BTreeMap<usize, usize>,
    leaving: Vec<(usize, usize)>,
    /// Keys, fibers, and when they expire; the oldest first.
    retained: Vec<(usize, usize, Option<u64>)>,
    pub closed: bool,
    /// The first failures, which are of one time, and any of which may be the first one.
    failed: Option<(u64, BTreeSet<usize>)>,
    queue: BTreeMap<u64, usize>,
    admitted: usize,
    last: u64,
    /// What is waited for, and whether it has come.
    pub waits: Vec<(Wait, bool)>,
}

impl Model {
    pub fn new(settings: Settings) -> Self {
        Self { settings, ..Self::default() }
    }

    fn next(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    /// Has something happen to a fiber after this time.
    fn then(&mut self, fiber: usize, state: State, after: u64) {
        let order = self.next();
        let due = self.now + after;
        let known = &mut self.fibers[fiber];
        (known.state, known.due) = (state, Some((due, order)));
    }

    fn stay(&mut self, fiber: usize, state: State) {
        let known = &mut self.fibers[fiber];
        (known.state, known.due) = (state, None);
    }

    pub fn end_of(&self, fiber: usize) -> Option<End> {
        if let State::Ended(end) = self.fibers[fiber].state { Some(end) } else { None }
    }

    pub fn has_drained(&self) -> bool {
        self.current.is_empty() && self.leaving.is_empty()
    }

    /// The keys of those of which one is the first failure.
    pub fn failed_keys(&self) -> Option<&BTreeSet<usize>> {
        self.failed.as_ref().map(|(_, keys)| keys)
    }

    pub fn retained(&self, key: usize) -> Option<usize> {
        let fresh = |due: Option<u64>| due.is_none_or(|due| self.now < due);
        self.retained.iter().find(|(of, _, due)| *of == key && fresh(*due)).map(|(_, fiber, _)| *fiber)
    }

    pub fn has_ended_under(&self, fiber: usize, key: usize) -> bool {
        self.end_of(fiber).is_some() && self.fibers[fiber].places.iter().any(|(of, _)| *of == key)
    }

    pub fn is_due_at(&self, time: u64) -> bool {
        self.fibers.iter().any(|known| known.due.is_some_and(|(due, _)| due == time))
    }

    /// One that is not in the collection.
    pub fn add(&mut self, plan: Plan, state: Option<End>) -> usize {
        let fiber = self.fibers.len();
        let (done, places, adopted) = (Done::default(), Vec::new(), BTreeSet::new());
        let state = state.map_or(State::Waiting, State::Ended);
        let (due, run, interrupted, after, ticket, admitted) = (None, 0, None, BTreeSet::new(), None, false);
        self.fibers.push(Known { plan, state, due, run, done, interrupted, after, ticket, admitted, places, adopted });
        fiber
    }

    pub fn spawn(&mut self, plan: Plan) {
        let fiber = self.add(plan, None);
        self.then(fiber, State::Starting, 0);
    }

    /// Runs one under a key; the one that is found, if that is to be kept.
    pub fn run(&mut self, key: usize, plan: Plan, keeps: bool, propagates: Propagates) -> Option<usize> {
        let found = self.current.get(&key).copied();
        if self.closed || (keeps && found.is_some()) {
            self.add(plan, Some(End::Refused));
            return found.filter(|_| !self.closed);
        }
        let fiber = self.add(plan, None);
        let older = self.leaving.iter().filter(|(of, _)| *of == key).map(|(_, older)| *older).chain(found);
        // One that was started elsewhere counts as begun, though it may wait there for its turn.
        let begun = older.filter(|older| {
            let older = &self.fibers[*older];
            !matches!(older.state, State::Waiting) || older.adopted.contains(&key)
        });
        let after: BTreeSet<_> = begun.filter(|_| !self.settings.overlap).collect();
        let waits = !after.is_empty();
        self.put(key, fiber, propagates);
        self.fibers[fiber].after = after;
        if self.settings.most.is_some() {
            let ticket = self.next();
            self.fibers[fiber].ticket = Some(ticket);
        }
        match (waits, self.fibers[fiber].ticket) {
            (true, _) => self.stay(fiber, State::Waiting),
            (false, Some(ticket)) => {
                self.queue.insert(ticket, fiber);
                self.stay(fiber, State::Queued);
            }
            (false, None) => self.then(fiber, State::Starting, 0),
        }
        if let Some(replaced) = found {
            self.interrupt(replaced, By::Collection);
        }
        None
    }

    /// Takes one in that was started elsewhere; the one that is found, if that is kept.
    pub fn adopt(&mut self, key: usize, fiber: usize, keeps: bool, propagates: Propagates) -> Option<usize> {
        let found = self.current.get(&key).copied();
        if self.closed {
            self.interrupt(fiber, By::Collection);
            return None;
        }
        if let Some(found) = found.filter(|found| keeps || *found == fiber) {
            if found != fiber {
                self.interrupt(fiber, By::Collection);
            }
            return Some(found);
        }
        self.put(key, fiber, propagates);
        self.fibers[fiber].adopted.insert(key);
        if let Some(replaced) = found {
            self.interrupt(replaced, By::Collection);
        }
        if let Some(end) = self.end_of(fiber) {
            self.leave(fiber, (key, propagates), end);
            self.look_at_waits();
        }
        None
    }

    fn put(&mut self, key: usize, fiber: usize, propagates: Propagates) {
        self.retained.retain(|(of, _, _)| *of != key);
        if let Some(replaced) = self.current.insert(key, fiber) {
            self.leaving.push((key, replaced));
        }
        self.fibers[fiber].places.push((key, propagates));
    }

    /// Takes out what there is of a key, and interrupts it; all of it that has not ended.
    pub fn remove(&mut self, key: usize) -> BTreeSet<usize> {
        self.retained.retain(|(of, _, _)| *of != key);
        if let Some(fiber) = self.current.remove(&key) {
            self.leaving.push((key, fiber));
        }
        let ends: BTreeSet<_> = self.leaving.iter().filter(|(of, _)| *of == key).map(|(_, fiber)| *fiber).collect();
        ends.iter().for_each(|fiber| self.interrupt(*fiber, By::Collection));
        ends
    }

    /// The same for all keys.
    pub fn clear(&mut self) -> BTreeSet<usize> {
        self.retained.clear();
        self.take_all()
    }

    fn take_all(&mut self) -> BTreeSet<usize> {
        self.leaving.extend(std::mem::take(&mut self.current));
        let ends: BTreeSet<_> = self.leaving.iter().map(|(_, fiber)| *fiber).collect();
        ends.iter().for_each(|fiber| self.interrupt(*fiber, By::Collection));
        ends
    }

    pub fn close(&mut self) {
        self.closed = true;
        self.clear();
    }

    pub fn interrupt(&mut self, fiber: usize, by: By) {
        let known = &mut self.fibers[fiber];
        if known.interrupted.is_some() || matches!(known.state, State::Ended(_)) {
            return;
        }
        known.interrupted = Some(by);
        match known.state {
            State::Running => {
                known.done.over += 1;
                let takes = known.plan.runs[known.run].release.map_or(0, |release| release.takes);
                self.then(fiber, State::Releasing(End::Interrupted), takes);
            }
            // It goes on, and is not followed by another run.
            State::BetweenRuns(_) => known.state = State::Releasing(End::Interrupted),
            State::Queued | State::BackingOff => self.then(fiber, State::Releasing(End::Interrupted), 0),
            State::Waiting => self.then(fiber, State::Starting, 0),
            State::Starting | State::Releasing(_) | State::Ended(_) => {}
        }
    }

    /// All that happens until then.
    pub fn advance(&mut self, until: u64) {
        self.admit();
        self.look_at_waits();
        loop {
            let next = self.fibers.iter().enumerate().filter_map(|(fiber, known)| Some((known.due?, fiber))).min();
            let Some(((due, _), fiber)) = next.filter(|((due, _), _)| *due <= until) else { break };
            self.now = due;
            self.fibers[fiber].due = None;
            self.happens(fiber);
            self.admit();
            self.look_at_waits();
        }
        self.now = until;
    }

    fn happens(&mut self, fiber: usize) {
        let known = &self.fibers[fiber];
        let run = known.plan.runs[known.run];
        match (known.state, known.ticket) {
            (State::Starting, _) if known.interrupted.is_some() => self.end(fiber, End::Interrupted),
            (State::Starting, Some(ticket)) => {
                self.queue.insert(ticket, fiber);
                self.stay(fiber, State::Queued);
            }
            (State::Starting, None) => self.begin(fiber),
            (State::Running, _) => self.body_ends(fiber, run.ends.into()),
            (State::BetweenRuns(end), _) => self.run_ends(fiber, end),
            (State::BackingOff, None) => self.begin(fiber),
            (State::BackingOff, Some(_)) => {
                let ticket = self.next();
                self.fibers[fiber].ticket = Some(ticket);
                self.queue.insert(ticket, fiber);
                self.stay(fiber, State::Queued);
            }
            (State::Releasing(end), _) => self.released(fiber, end),
            (state, _) => unreachable!("nothing happens to a fiber that is {state:?}"),
        }
    }

    fn begin(&mut self, fiber: usize) {
        let known = &mut self.fibers[fiber];
        let run = known.plan.runs[known.run];
        known.done.begun += 1;
        known.done.acquired += usize::from(run.release.is_some());
        match run.takes {
            Some(0) => {
                self.stay(fiber, State::Running);
                self.body_ends(fiber, run.ends.into());
            }
            Some(time) => self.then(fiber, State::Running, time),
            None => self.stay(fiber, State::Running),
        }
    }

    fn body_ends(&mut self, fiber: usize, end: End) {
        let known = &mut self.fibers[fiber];
        known.done.over += 1;
        let takes = known.plan.runs[known.run].release.map_or(0, |release| release.takes);
        let state = if known.plan.supervised { State::BetweenRuns(end) } else { State::Releasing(end) };
        if takes > 0 {
            self.then(fiber, state, takes);
        } else if known.plan.supervised {
            self.run_ends(fiber, end);
        } else {
            self.released(fiber, end);
        }
    }

    fn run_ends(&mut self, fiber: usize, end: End) {
        let known = &mut self.fibers[fiber];
        known.done.released = known.done.acquired;
        if end == End::Success || known.run + 1 == known.plan.runs.len() {
            return self.end(fiber, end);
        }
        known.run += 1;
        let delay = known.plan.delay;
        self.leave_admission(fiber);
        self.then(fiber, State::BackingOff, delay);
    }

    fn released(&mut self, fiber: usize, end: End) {
        let known = &mut self.fibers[fiber];
        let fails = known.plan.runs[known.run].release.is_some_and(|release| release.fails);
        let has_released = known.done.released < known.done.acquired;
        known.done.released = known.done.acquired;
        let end = match end {
            End::Success | End::Interrupted if fails && has_released => End::Panicked,
            end => end,
        };
        self.end(fiber, end);
    }

    fn end(&mut self, fiber: usize, end: End) {
        self.stay(fiber, State::Ended(end));
        for place in self.fibers[fiber].places.clone() {
            self.leave(fiber, place, end);
        }
        self.leave_admission(fiber);
        for other in 0..self.fibers.len() {
            let waited = self.fibers[other].after.remove(&fiber);
            if waited && self.fibers[other].after.is_empty() && matches!(self.fibers[other].state, State::Waiting) {
                self.then(other, State::Starting, 0);
            }
        }
    }

    fn leave(&mut self, fiber: usize, (key, propagates): (usize, Propagates), end: End) {
        let in_place = self.current.get(&key) == Some(&fiber);
        if in_place {
            self.current.remove(&key);
        } else if let Some(place) = self.leaving.iter().position(|place| *place == (key, fiber)) {
            self.leaving.swap_remove(place);
        }
        if self.closed {
            return;
        }
        let Settings { retained, retained_for, fail_fast, .. } = self.settings;
        if in_place && (retained.is_some() || retained_for.is_some()) {
            self.retained.retain(|(_, _, due)| due.is_none_or(|due| self.now < due));
            self.retained.push((key, fiber, retained_for.map(|time| self.now + time)));
            if retained.is_some_and(|most| self.retained.len() > most) {
                self.retained.remove(0);
            }
        }
        let known = &self.fibers[fiber];
        let fails = match end {
            End::Success | End::Refused => false,
            End::Failure | End::Panicked => propagates.failure,
            End::Interrupted => propagates.interruption && known.interrupted != Some(By::Collection),
        };
        match &mut self.failed {
            _ if !fails => {}
            Some((at, keys)) => {
                if *at == self.now {
                    keys.insert(key);
                }
            }
            None => self.failed = Some((self.now, BTreeSet::from([key]))),
        }
        if fails && fail_fast {
            self.take_all();
        }
    }

    fn leave_admission(&mut self, fiber: usize) {
        let known = &mut self.fibers[fiber];
        if let Some(ticket) = known.ticket {
            self.queue.remove(&ticket);
        }
        self.admitted -= usize::from(std::mem::take(&mut known.admitted));
    }

    fn admit(&mut self) {
        let Some(most) = self.settings.most else { return };
        while self.admitted < most {
            let waiting = |fiber: &usize| self.fibers[*fiber].interrupted.is_none();
            let Some((ticket, fiber)) = self.queue.iter().find(|(_, fiber)| waiting(fiber)).map(|(t, f)| (*t, *f))
            else {
                return;
            };
            self.queue.remove(&ticket);
            self.fibers[fiber].admitted = true;
            self.admitted += 1;
            self.begin(fiber);
        }
    }

    /// Begins a wait; its place among all of them.
    pub fn wait(&mut self, wait: Wait) -> usize {
        self.waits.push((wait, false));
        self.look_at_waits();
        self.waits.len() - 1
    }

    fn look_at_waits(&mut self) {
        let (drained, failed) = (self.has_drained(), self.failed.is_some());
        let mut waits = std::mem::take(&mut self.waits);
        for (wait, come) in &mut waits {
            *come |= match wait {
                Wait::Ended(fibers) => fibers.iter().all(|fiber| self.end_of(*fiber).is_some()),
                Wait::Closed => self.closed && drained,
                Wait::Join => failed || self.closed && drained,
                Wait::JoinAll => failed || drained,
                Wait::Empty => drained,
            };
        }
        self.waits = waits;
    }
}
