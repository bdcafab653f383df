//! The laws that everything that happens in a world obeys, whatever is cancelled, closed or fails.

use std::collections::{BTreeMap, BTreeSet};

use crate::family::Instance;
use crate::world::{Event, Place};

/// What a law has to say about a history that breaks it.
pub type Verdict = Result<(), String>;

/// What is known of an instance at one moment.
#[derive(Default)]
struct Life {
    node: usize,
    needs: Vec<Instance>,
    running: bool,
    built: bool,
    acquiring: BTreeSet<Place>,
    /// The resources that were acquired and whose release has not ended, in the order of their acquires.
    held: Vec<Place>,
    closing: Option<Place>,
    closed: BTreeSet<Place>,
}

impl Life {
    fn is_over(&self) -> bool {
        !self.running && self.acquiring.is_empty() && self.held.is_empty()
    }
}

/// A history, read from its beginning to its end.
pub struct History {
    events: Vec<Event>,
    lives: BTreeMap<Instance, Life>,
}

impl History {
    /// Reads a history, and checks on the way:
    ///
    /// - a resource is released once, and only after it was acquired;
    /// - the resources of an instance are released one by one, the last one first;
    /// - a dependency is released after all its dependents, and after their constructors have ended;
    /// - nobody is handed what is not built, or is being released.
    pub fn read(events: Vec<Event>) -> Result<Self, String> {
        let mut history = Self { events, lives: BTreeMap::new() };
        for event in history.events.clone() {
            history.next(&event).map_err(|breach| format!("{event}: {breach}\n{}", history.told()))?;
        }
        Ok(history)
    }

    fn next(&mut self, event: &Event) -> Verdict {
        match event {
            Event::Begun { instance, node, needs } => {
                for need in needs {
                    let dependency = &self.lives[need];
                    let released = dependency.closing.is_some() || !dependency.closed.is_empty();
                    law(dependency.built && !released, "it is handed an instance that is not alive")?;
                }
                let life = Life { node: *node, needs: needs.clone(), running: true, ..Life::default() };
                self.lives.insert(*instance, life);
            }
            Event::Acquiring { instance, place } => {
                let life = self.life(*instance);
                law(life.acquiring.insert(*place), "it is acquired twice")?;
            }
            Event::Acquired { instance, place } => {
                let life = self.life(*instance);
                life.acquiring.remove(place);
                life.held.push(*place);
            }
            Event::Built { instance } => self.life(*instance).built = true,
            Event::Ended { instance } => self.life(*instance).running = false,
            Event::Closing { instance, place, .. } => {
                let dependents = self.lives.iter().filter(|(_, life)| life.needs.contains(instance));
                let alive: Vec<_> = dependents.filter(|(_, life)| !life.is_over()).map(|(other, _)| other).collect();
                law(alive.is_empty(), format!("dependents are alive: {alive:?}"))?;
                let life = self.life(*instance);
                law(!life.running, "its constructor still runs")?;
                law(!life.closed.contains(place), "it is released a second time")?;
                law(life.closing.is_none(), "another one of its instance is being released")?;
                law(life.held.last() == Some(place), "a later one of its instance is still held")?;
                life.closing = Some(*place);
            }
            Event::Closed { instance, place } => {
                let life = self.life(*instance);
                law(life.closing == Some(*place), "its release had not begun")?;
                life.closing = None;
                life.held.pop();
                life.closed.insert(*place);
            }
        }
        Ok(())
    }

    fn life(&mut self, instance: Instance) -> &mut Life {
        self.lives.get_mut(&instance).expect("an instance begins before anything else happens to it")
    }

    /// Every acquire has its release, and no constructor runs.
    pub fn is_over(&self) -> Verdict {
        self.is_over_but_for(&BTreeSet::new())
    }

    /// The same, but for the instances of these nodes.
    pub fn is_over_but_for(&self, nodes: &BTreeSet<usize>) -> Verdict {
        let left: Vec<_> = self
            .lives
            .iter()
            .filter(|(_, life)| !life.is_over() && !nodes.contains(&life.node))
            .map(|(instance, _)| instance)
            .collect();
        law(left.is_empty(), format!("not everything was released: {left:?}\n{}", self.told()))
    }

    /// Of each of these nodes an instance is there and not being released.
    pub fn is_alive(&self, nodes: &BTreeSet<usize>) -> Verdict {
        for node in nodes {
            let mut lives = self.lives.values().filter(|life| life.node == *node);
            let alive = lives.any(|life| life.built && life.closing.is_none() && life.closed.is_empty());
            law(alive, format!("no instance of node {node} is alive\n{}", self.told()))?;
        }
        Ok(())
    }

    /// No node was constructed twice.
    pub fn built_once(&self) -> Verdict {
        self.built_once_but_for(&BTreeSet::new())
    }

    /// The same, but for these nodes.
    pub fn built_once_but_for(&self, others: &BTreeSet<usize>) -> Verdict {
        let mut nodes = BTreeSet::new();
        let twice = self.lives.values().find(|life| !nodes.insert(life.node) && !others.contains(&life.node));
        law(twice.is_none(), format!("node {:?} was built twice\n{}", twice.map(|life| life.node), self.told()))
    }

    /// How often the constructor of a node was called.
    pub fn constructions(&self, node: usize) -> usize {
        self.lives.values().filter(|life| life.node == node).count()
    }

    /// Whether some finalizer failed.
    pub fn some_release_failed(&self) -> bool {
        self.events.iter().any(|event| matches!(event, Event::Closing { fails: true, .. }))
    }

    /// The exit of every finalizer, with the node it belongs to.
    pub fn exits(&self) -> impl Iterator<Item = (usize, &str)> {
        self.events.iter().filter_map(|event| match event {
            Event::Closing { instance, exit, .. } => Some((self.lives[instance].node, &**exit)),
            _ => None,
        })
    }

    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// The history as text.
    pub fn told(&self) -> String {
        self.events.iter().map(|event| format!("  {event}\n")).collect()
    }
}

/// A law is kept, or this is to be said.
pub fn law(kept: bool, otherwise: impl Into<String>) -> Verdict {
    if kept { Ok(()) } else { Err(otherwise.into()) }
}
