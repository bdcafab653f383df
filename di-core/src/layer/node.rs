//! Layers as data: the nodes of the graph, without the types of what they give and need.

use std::fmt;
use std::sync::Arc;

use super::construct::{Construction, Inputs, Memo};
use super::identity::Identity;
use super::manner::Manner;
use super::wiring::Wiring;
use crate::AnyService;
use crate::set::Member;

/// A node of the graph that a layer is.
pub struct Node {
    pub(crate) identity: Identity,
    pub(crate) source: Source,
    pub(crate) kind: Kind,
    /// Whether a part of this node is never shared, so that the node itself has to be the unit of sharing.
    pub(crate) holds_fresh: bool,
    /// Whether a part of this node, also one that its constructor builds, hands on what lives elsewhere.
    pub(crate) borrows: bool,
    pub(crate) gives: Vec<Member>,
    pub(crate) needs: Vec<Member>,
    /// What its constructor builds, if it is made of other layers.
    pub(crate) made_of: Option<MadeOf>,
}

/// The layers that a constructor builds, as far as they are known before it runs.
pub(crate) struct MadeOf {
    /// What makes the others one layer; nothing if it only says that they are shared as one.
    pub(crate) combinator: Option<&'static str>,
    pub(crate) parts: Vec<Arc<Node>>,
    /// Whether there may be more of them, which it chooses while it runs.
    pub(crate) more: bool,
    pub(crate) memo: Memo,
}

/// What a node does when it is built.
pub(crate) enum Kind {
    /// Runs a constructor.
    Construct(Recipe),
    /// Builds all of these, concurrently.
    Merge(Vec<Arc<Node>>),
    /// Builds `by`, and then `layer` with what `by` gave; `keep` says whether that leaves as well.
    Provide { layer: Arc<Node>, by: Arc<Node>, keep: bool },
    /// Builds layers that feed each other, each as soon as its own needs are there.
    Assemble(Wiring),
    /// Builds both; where both give a service, that of `by` leaves.
    Override { layer: Arc<Node>, by: Arc<Node> },
    /// Builds `layer`, in which what `by` gives stands in for whatever gives it there. `everywhere` says whether each of
    /// these services has to be given by something inside.
    Substitute { layer: Arc<Node>, by: Arc<Node>, everywhere: bool },
    /// Gives the services it is given.
    Pass(Vec<Member>),
    /// Builds `layer`, of which only some services leave.
    Narrow { layer: Arc<Node>, to: Vec<Member> },
    /// Builds `layer`, and each constructor inside of it in this manner.
    Around { layer: Arc<Node>, manner: Manner },
}

/// A constructor, with what it needs and gives.
pub(crate) struct Recipe {
    pub(crate) needs: Vec<Member>,
    pub(crate) gives: Vec<Member>,
    pub(crate) shared: Sharing,
    /// Whether what it gives may be an instance that another layer gives too.
    pub(crate) forwards: bool,
    /// Whether it builds other layers, in which services may be substituted.
    pub(crate) nests: bool,
    /// Whether it hands on what lives elsewhere, and has to ask there anew in each build.
    pub(crate) borrows: bool,
    /// What it gives, if that is there before it runs.
    pub(crate) ready: Vec<AnyService>,
    pub(crate) construct: Box<dyn Fn(Inputs) -> Construction + Send + Sync>,
}

/// Whether a constructor's result is shared through the memo map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sharing {
    /// Built once for each identity and inputs.
    Memoized,
    /// Built for every use.
    EveryUse,
}

impl Node {
    pub(crate) fn new(identity: Identity, source: Source, kind: Kind) -> Arc<Self> {
        let holds_fresh = match &kind {
            Kind::Construct(recipe) => recipe.shared == Sharing::EveryUse,
            composite => composite.parts().iter().any(|part| part.holds_fresh),
        };
        let borrows = match &kind {
            Kind::Construct(recipe) => recipe.borrows,
            composite => composite.parts().iter().any(|part| part.borrows),
        };
        let (gives, needs) = (kind.gives(), kind.needs());
        Arc::new(Self { identity, source, kind, holds_fresh, borrows, gives, needs, made_of: None })
    }

    /// By what the memo map recognizes this layer.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Where it was written, and how it is called.
    pub fn source(&self) -> Source {
        self.source
    }

    /// How people call it: the name that it was given, that of its constructor, or the first thing that a composite gives.
    pub(crate) fn name(&self) -> &'static str {
        let mut node = self;
        loop {
            match (&node.kind, node.gives.first()) {
                (Kind::Around { manner: Manner::Named(name), .. }, _) => return name.name(),
                (Kind::Around { layer, .. } | Kind::Narrow { layer, .. }, _) => node = layer,
                (Kind::Construct(_), _) | (_, None) => return node.source.name(),
                (_, Some(first)) => return first.name().base(),
            }
        }
    }

    /// Whether it only says that what it builds is shared as one: reports look through it.
    pub(crate) fn is_unit(&self) -> bool {
        self.made_of.as_ref().is_some_and(|made_of| made_of.combinator.is_none())
    }

    /// What it gives.
    pub fn gives(&self) -> Vec<Member> {
        self.gives.clone()
    }

    /// What it needs.
    pub fn needs(&self) -> Vec<Member> {
        self.needs.clone()
    }
}

/// What a node gives and needs follows from its parts, which know it of themselves: no graph is too deep or too often
/// shared for that.
impl Kind {
    /// The nodes that it is composed of.
    pub(super) fn parts(&self) -> Vec<&Arc<Node>> {
        match self {
            Self::Merge(layers) => layers.iter().collect(),
            Self::Assemble(wiring) => wiring.order.iter().map(|part| &part.node).collect(),
            Self::Provide { layer, by, .. } | Self::Override { layer, by } | Self::Substitute { layer, by, .. } => {
                vec![layer, by]
            }
            Self::Narrow { layer, .. } | Self::Around { layer, .. } => vec![layer],
            Self::Construct(_) | Self::Pass(_) => Vec::new(),
        }
    }

    fn gives(&self) -> Vec<Member> {
        match self {
            Self::Construct(recipe) => recipe.gives.clone(),
            Self::Merge(layers) => united(layers.iter().flat_map(|layer| &layer.gives)),
            Self::Assemble(wiring) => wiring.gives.clone(),
            Self::Provide { layer, by, keep: true } | Self::Override { layer, by } => {
                united(layer.gives.iter().chain(&by.gives))
            }
            Self::Provide { layer, .. } | Self::Substitute { layer, .. } | Self::Around { layer, .. } => {
                layer.gives.clone()
            }
            Self::Pass(members) | Self::Narrow { to: members, .. } => members.clone(),
        }
    }

    fn needs(&self) -> Vec<Member> {
        match self {
            Self::Construct(recipe) => recipe.needs.clone(),
            Self::Merge(layers) => united(layers.iter().flat_map(|layer| &layer.needs)),
            Self::Provide { layer, by, .. } => {
                let left = layer.needs.iter().filter(|need| !by.gives.contains(need));
                united(by.needs.iter().chain(left))
            }
            Self::Assemble(wiring) => wiring.needs.clone(),
            Self::Override { layer, by } | Self::Substitute { layer, by, .. } => {
                united(layer.needs.iter().chain(&by.needs))
            }
            Self::Pass(members) => members.clone(),
            Self::Narrow { layer, .. } | Self::Around { layer, .. } => layer.needs.clone(),
        }
    }
}

pub(super) fn united<'a>(members: impl Iterator<Item = &'a Member>) -> Vec<Member> {
    let mut seen = std::collections::HashSet::new();
    members.filter(|member| seen.insert(member.id())).copied().collect()
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.source)
    }
}

/// Chains are as long as programs make them, so they are taken apart in a loop, not by nested drops.
impl Drop for Node {
    fn drop(&mut self) {
        let mut doomed = self.take_parts();
        while let Some(part) = doomed.pop() {
            if let Some(mut node) = Arc::into_inner(part) {
                doomed.append(&mut node.take_parts());
            }
        }
    }
}

impl Node {
    /// The nodes that it is composed of, and those that its constructor builds as far as they are known.
    pub(crate) fn parts(&self) -> impl Iterator<Item = &Arc<Self>> {
        self.kind.parts().into_iter().chain(self.made_of.iter().flat_map(|made_of| &made_of.parts))
    }

    fn take_parts(&mut self) -> Vec<Arc<Self>> {
        // The constructor, which has its parts too, is dropped here and leaves them to the list.
        let parts = self.kind.take_parts();
        parts.into_iter().chain(self.made_of.take().into_iter().flat_map(|made_of| made_of.parts)).collect()
    }
}

impl Kind {
    fn take_parts(&mut self) -> Vec<Arc<Node>> {
        match std::mem::replace(self, Self::Pass(Vec::new())) {
            Self::Merge(layers) => layers,
            Self::Assemble(mut wiring) => wiring.take_parts().collect(),
            Self::Provide { layer, by, .. } | Self::Override { layer, by } | Self::Substitute { layer, by, .. } => {
                vec![layer, by]
            }
            Self::Narrow { layer, .. } | Self::Around { layer, .. } => vec![layer],
            Self::Construct(_) | Self::Pass(_) => Vec::new(),
        }
    }
}

/// How a layer or an effect is called, and where it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    name: &'static str,
    module: &'static str,
    file: &'static str,
    line: u32,
}

impl Source {
    /// A name with its module path, file and line.
    pub const fn new(name: &'static str, module: &'static str, file: &'static str, line: u32) -> Self {
        Self { name, module, file, line }
    }

    /// A name with its module path, and the caller's place.
    ///
    /// The place is not part of the code, so that an edit above it changes nothing that the compiler would check again.
    #[track_caller]
    pub fn of(name: &'static str, module: &'static str) -> Self {
        let place = std::panic::Location::caller();
        Self { name, module, file: place.file(), line: place.line() }
    }

    /// A name, and the caller's place.
    #[track_caller]
    pub fn here(name: &'static str) -> Self {
        Self::of(name, "")
    }

    /// The name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The module path, or nothing if it is not known.
    pub fn module(&self) -> &'static str {
        self.module
    }

    /// The source file.
    pub fn file(&self) -> &'static str {
        self.file
    }

    /// The line in that file, counted from one.
    pub fn line(&self) -> u32 {
        self.line
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
