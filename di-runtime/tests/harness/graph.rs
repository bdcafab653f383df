//! Random graphs: what each constructor does, who needs whom, and how that is written as a layer.

use std::collections::BTreeSet;
use std::time::Duration;

use di_core::Exit;
use di_core::layer::{Construction, Inputs, Outputs, Raise, Source};
use di_runtime::Scope;
use tokio::task::yield_now;
use tokio::time::sleep;

use crate::family::{AnyLayer, FAMILY, Instance, NAMES};
use crate::random::Random;
use crate::world::{Event, Fault, Place, World};

/// A graph; what a node needs has a lower number.
#[derive(Clone, Debug)]
pub struct Graph {
    pub nodes: Vec<Node>,
    shape: Shape,
    /// Whether every node is built once, however often it is used.
    pub shares_all: bool,
}

/// How the graph is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// Each node fed by all before it.
    Chain,
    /// Rows of nodes that do not need each other, each fed by the rows before it.
    Rows,
    /// Each node fed by what it needs, which is written again wherever it is needed.
    Tree,
}

/// What a node is, and what its constructor does.
#[derive(Clone, Debug)]
pub struct Node {
    number: usize,
    needs: Vec<usize>,
    wrapped: Wrapped,
    /// Whether the constructor is done at once.
    sync: bool,
    resources: Vec<Resource>,
    /// Before which resource it goes wrong, if it has to.
    breaks_at: Place,
    last: Pause,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wrapped {
    Not,
    InFresh,
    InMemoize,
    InMemoBy,
    InOrDie,
}

#[derive(Clone, Debug)]
struct Resource {
    before: Pause,
    /// Acquired in a step that cannot be cut, which takes this long.
    acquire: Option<Pause>,
    release: Release,
}

#[derive(Clone, Copy, Debug)]
struct Release {
    before: Pause,
    end: End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Fine,
    Fails,
    Panics,
}

#[derive(Clone, Copy, Debug)]
pub enum Pause {
    No,
    Yields(usize),
    Sleeps(u64),
}

impl Pause {
    async fn pass(self) {
        match self {
            Self::No => {}
            Self::Yields(times) => {
                for _ in 0..times {
                    yield_now().await;
                }
            }
            Self::Sleeps(millis) => sleep(Duration::from_millis(millis)).await,
        }
    }

    fn random(random: &mut Random) -> Self {
        match random.below(4) {
            0 | 1 => Self::No,
            2 => Self::Yields(1 + random.below(3)),
            _ => Self::Sleeps(1 + random.below(4) as u64),
        }
    }
}

impl Graph {
    pub fn random(random: &mut Random, size: usize) -> Self {
        let shape = random.pick(&[Shape::Chain, Shape::Rows, Shape::Tree, Shape::Tree]);
        let nodes: Vec<_> = (0..size).map(|number| Node::random(random, number, shape)).collect();
        let shares_all = nodes.iter().all(|node| !matches!(node.wrapped, Wrapped::InFresh | Wrapped::InMemoize));
        Self { nodes, shape, shares_all }
    }

    /// The same graph, which yields wherever it slept.
    pub fn without_sleeps(mut self) -> Self {
        for node in &mut self.nodes {
            let pauses = node.resources.iter_mut().flat_map(|resource| {
                [&mut resource.before, &mut resource.release.before].into_iter().chain(&mut resource.acquire)
            });
            for pause in pauses.chain([&mut node.last]) {
                if let Pause::Sleeps(millis) = *pause {
                    *pause = Pause::Yields(millis as usize);
                }
            }
        }
        self
    }

    /// The nodes that are built when these are wanted.
    pub fn reachable(&self, wanted: &[usize]) -> BTreeSet<usize> {
        if self.shape != Shape::Tree {
            return (0..self.nodes.len()).collect();
        }
        let (mut reached, mut ways) = (BTreeSet::new(), wanted.to_vec());
        while let Some(node) = ways.pop() {
            if reached.insert(node) {
                ways.extend(&self.nodes[node].needs);
            }
        }
        reached
    }

    /// Whether a node promises that what is inside of it does not fail.
    pub fn promises_success(&self) -> bool {
        self.nodes.iter().any(|node| node.wrapped == Wrapped::InOrDie)
    }

    /// Some nodes.
    pub fn some_wanted(&self, random: &mut Random) -> Vec<usize> {
        let mut wanted: Vec<_> = (0..self.nodes.len()).filter(|_| random.one_in(2)).collect();
        wanted.push(random.below(self.nodes.len()));
        wanted.sort_unstable();
        wanted.dedup();
        wanted
    }

    pub fn everything(&self) -> Vec<usize> {
        (0..self.nodes.len()).collect()
    }

    /// The layers of the graph in a world, from which several roots can be made that share them.
    pub fn layers(&self, world: &World) -> Layers {
        let own: Vec<_> = self.nodes.iter().map(|node| node.layer(world)).collect();
        let mut parts: Vec<AnyLayer> = Vec::new();
        for node in &self.nodes {
            let own = own[node.number].clone();
            let fed = match merged(node.needs.iter().map(|need| parts[*need].clone())) {
                Some(needs) => own.provide(needs),
                None => own,
            };
            parts.push(match node.wrapped {
                Wrapped::Not => fed,
                Wrapped::InFresh => fed.fresh(),
                Wrapped::InMemoize => fed.memoize(),
                Wrapped::InMemoBy => fed.memo_by(node.number),
                Wrapped::InOrDie => fed.or_die(),
            });
        }
        Layers { graph: self.clone(), own, parts }
    }

    fn rows(&self) -> Vec<Vec<usize>> {
        let mut rows: Vec<Vec<usize>> = Vec::new();
        let mut row_of = Vec::new();
        for node in &self.nodes {
            let row = node.needs.iter().map(|need| row_of[*need] + 1).max().unwrap_or(0);
            row_of.push(row);
            rows.resize(rows.len().max(row + 1), Vec::new());
            rows[row].push(node.number);
        }
        rows
    }
}

/// The layers of a graph.
#[derive(Clone)]
pub struct Layers {
    graph: Graph,
    own: Vec<AnyLayer>,
    parts: Vec<AnyLayer>,
}

impl Layers {
    pub fn root(&self, wanted: &[usize]) -> AnyLayer {
        let own = |node: &usize| self.own[*node].clone();
        let groups: Vec<Vec<usize>> = match self.graph.shape {
            Shape::Tree => {
                return merged(wanted.iter().map(|node| self.parts[*node].clone())).expect("something is wanted");
            }
            Shape::Chain => (0..self.own.len()).map(|node| vec![node]).collect(),
            Shape::Rows => self.graph.rows(),
        };
        let groups = groups.iter().filter_map(|group| merged(group.iter().map(own)));
        groups.reduce(|below, above| above.provide_merge(below)).expect("a graph has a node")
    }
}

fn merged(layers: impl Iterator<Item = AnyLayer>) -> Option<AnyLayer> {
    layers.reduce(|left, right| left.merge(right))
}

impl Node {
    fn random(random: &mut Random, number: usize, shape: Shape) -> Self {
        let mut needs: Vec<_> = (0..random.below(4)).filter(|_| number > 0).map(|_| random.below(number)).collect();
        needs.sort_unstable();
        needs.dedup();
        let resources: Vec<_> = (0..random.below(4)).map(|_| Resource::random(random)).collect();
        let wrapped = match (shape, random.below(12)) {
            (Shape::Tree, 0) => Wrapped::InFresh,
            (Shape::Tree, 1) => Wrapped::InMemoize,
            (Shape::Tree, 2) => Wrapped::InMemoBy,
            (Shape::Tree, 3) => Wrapped::InOrDie,
            _ => Wrapped::Not,
        };
        Self {
            number,
            needs,
            wrapped,
            sync: random.one_in(3),
            breaks_at: random.below(resources.len() + 1),
            resources,
            last: Pause::random(random),
        }
    }

    fn layer(&self, world: &World) -> AnyLayer {
        let (node, world) = (self.clone(), world.clone());
        let needs: Vec<_> = self.needs.iter().map(|need| (FAMILY[*need].member)()).collect();
        let source = Source::new(NAMES[self.number], module_path!(), file!(), line!());
        FAMILY[self.number].layer(source, &needs, move |inputs| node.construct(&world, &inputs))
    }

    fn construct(&self, world: &World, inputs: &Inputs) -> Construction {
        let needs = self.needs.iter().map(|need| (FAMILY[*need].injected)(inputs)).collect();
        let run = Running::begin(world, self.number, needs);
        let scope: Scope = inputs.scope();
        if !self.sync {
            let node = self.clone();
            return Construction::pending(async move { node.run(run, scope).await });
        }
        let until = if run.fault(self).is_some() { self.breaks_at } else { self.resources.len() };
        for (place, resource) in self.resources.iter().enumerate().take(until) {
            run.register(&scope, place, resource.release);
        }
        match run.fault(self) {
            None => Construction::ready(Ok(run.built(self))),
            Some(Fault::Fail) => Construction::ready(Err(Raise::any(self.failure()))),
            Some(Fault::Panic) => panic!("{}", self.failure()),
            Some(Fault::Hang) => Construction::pending(async move {
                let _run = run;
                std::future::pending().await
            }),
        }
    }

    async fn run(&self, run: Running, scope: Scope) -> Result<Outputs, Raise> {
        for (place, resource) in self.resources.iter().enumerate() {
            run.break_at(self, place).await?;
            resource.before.pass().await;
            match resource.acquire {
                None => run.register(&scope, place, resource.release),
                Some(pause) => run.acquire(&scope, place, pause, resource.release).await?,
            }
        }
        run.break_at(self, self.resources.len()).await?;
        self.last.pass().await;
        Ok(run.built(self))
    }

    fn failure(&self) -> String {
        format!("planned failure of {}", NAMES[self.number])
    }
}

impl Resource {
    fn random(random: &mut Random) -> Self {
        Self {
            before: Pause::random(random),
            acquire: random.one_in(3).then(|| Pause::random(random)),
            release: Release {
                before: Pause::random(random),
                end: random.pick(&[End::Fine, End::Fine, End::Fine, End::Fine, End::Fails, End::Panics]),
            },
        }
    }
}

/// One call of a constructor; dropping it is its end.
struct Running {
    world: World,
    instance: Instance,
}

impl Running {
    fn begin(world: &World, node: usize, needs: Vec<Instance>) -> Self {
        let instance = world.new_instance();
        world.say(Event::Begun { instance, node, needs });
        Self { world: world.clone(), instance }
    }

    fn fault(&self, node: &Node) -> Option<Fault> {
        self.world.fault(node.number)
    }

    async fn break_at(&self, node: &Node, place: Place) -> Result<(), Raise> {
        match self.fault(node).filter(|_| node.breaks_at == place) {
            None => Ok(()),
            Some(Fault::Fail) => Err(Raise::any(node.failure())),
            Some(Fault::Panic) => panic!("{}", node.failure()),
            Some(Fault::Hang) => std::future::pending().await,
        }
    }

    fn register(&self, scope: &Scope, place: Place, release: Release) {
        let (world, instance) = (self.world.clone(), self.instance);
        world.say(Event::Acquiring { instance, place });
        world.say(Event::Acquired { instance, place });
        scope.on_close(move |exit| release.run(world, instance, place, exit));
    }

    async fn acquire(&self, scope: &Scope, place: Place, pause: Pause, release: Release) -> Result<(), Raise> {
        let (world, instance) = (self.world.clone(), self.instance);
        let acquire = async move {
            world.say(Event::Acquiring { instance, place });
            pause.pass().await;
            world.say(Event::Acquired { instance, place });
            Ok::<_, std::io::Error>(world)
        };
        let release = move |world, exit| release.run(world, instance, place, exit);
        scope.acquire_release(acquire, release).await.map(drop).map_err(Raise::any)
    }

    fn built(self, node: &Node) -> Outputs {
        self.world.say(Event::Built { instance: self.instance });
        (FAMILY[node.number].outputs)(self.instance)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.world.say(Event::Ended { instance: self.instance });
    }
}

impl Release {
    async fn run(self, world: World, instance: Instance, place: Place, exit: Exit) -> Result<(), String> {
        let fails = self.end != End::Fine;
        world.say(Event::Closing { instance, place, exit: exit.to_string(), fails });
        self.before.pass().await;
        world.say(Event::Closed { instance, place });
        match self.end {
            End::Fine => Ok(()),
            End::Fails => Err(format!("planned failure of the release of #{instance}")),
            End::Panics => panic!("planned panic of the release of #{instance}"),
        }
    }
}
