//! Assembly: layers in any order, of which the types or a constant know who feeds whom. `layers![..]` writes this.

use std::marker::PhantomData;
use std::sync::Arc;

use super::recipe::members;
use super::wiring::Wiring;
use super::{Identity, Kind, Layer, Node, Source};
use crate::set::{AllSame, Apart, Empty, Here, Member, MemberSet, Minus, Parted, Satisfied, Set, Union};

/// Layers of a list whose header says what it comes to: only their failures are known by type.
#[derive(Debug)]
pub struct Parts<Err> {
    nodes: Vec<Arc<Node>>,
    failures: PhantomData<fn() -> Err>,
}

/// The only layer of a list, for now.
pub fn part<Out, In, Err>(layer: Layer<Out, In, Err>) -> Parts<Err> {
    Parts { nodes: vec![layer.node], failures: PhantomData }
}

/// The layers of both lists.
pub fn both<Err, Err2, ErrOf>(one: Parts<Err>, other: Parts<Err2>) -> Parts<ErrOf>
where
    Err: Union<Union<Err2, Here> = ErrOf>,
    Err2: Set,
{
    let mut nodes = one.nodes;
    nodes.extend(other.nodes);
    Parts { nodes, failures: PhantomData }
}

impl Parts<Empty> {
    /// No layers.
    pub fn none() -> Self {
        Self { nodes: Vec::new(), failures: PhantomData }
    }
}

/// What a header says leaves, and what it says is needed. A function returns it, in whose signature a mistake is told once.
pub type Sides<Leaving, Outside> = PhantomData<fn() -> (Leaving, Outside)>;

/// The layer that a header describes. A constant has proved that the parts come to that.
#[track_caller]
pub fn assembled<Out: MemberSet, In, Err>(_: fn() -> Sides<Out, In>, parts: Parts<Err>) -> Layer<Out, In, Err> {
    Layer::of(node(&parts.nodes, Some(members::<Out>())))
}

/// Layers of a list whose types say what it comes to.
#[derive(Debug)]
pub struct OpenParts<Out, In, Err> {
    nodes: Vec<Arc<Node>>,
    types: PhantomData<fn() -> (Out, In, Err)>,
}

/// The only layer of a list, for now.
pub fn open_part<Out, In, Err>(layer: Layer<Out, In, Err>) -> OpenParts<Out, In, Err> {
    OpenParts { nodes: vec![layer.node], types: PhantomData }
}

/// The layers of both lists.
pub fn open_both<Out, In, Err, Out2, In2, Err2, OutOf, InOf, ErrOf>(
    one: OpenParts<Out, In, Err>,
    other: OpenParts<Out2, In2, Err2>,
) -> OpenParts<OutOf, InOf, ErrOf>
where
    Out: Union<Union<Out2, Here> = OutOf>,
    Out2: Set,
    In: Union<Union<In2, Here> = InOf>,
    In2: Set,
    Err: Union<Union<Err2, Here> = ErrOf>,
    Err2: Set,
{
    let mut nodes = one.nodes;
    nodes.extend(other.nodes);
    OpenParts { nodes, types: PhantomData }
}

/// The layer that gives what any part gives, and needs what no part gives.
#[track_caller]
pub fn open_assembled<Out: Set, In, Err, Left, Met>(parts: OpenParts<Out, In, Err>) -> Layer<Out, Left, Err>
where
    In: Minus<Minus<Out, Here> = Apart<Left, Met>>,
    Met: AllSame,
{
    Layer::of(node(&parts.nodes, None))
}

/// The layer that a header describes, of parts whose types say whether they come to that.
#[track_caller]
pub fn open_assembled_as<Leaving, Outside, Out, In, Err, Left, Met>(
    _: fn() -> Sides<Leaving, Outside>,
    parts: OpenParts<Out, In, Err>,
) -> Layer<Leaving, Outside, Err>
where
    Out: Set,
    Outside: Set,
    Leaving: MemberSet + Minus<Minus<Out, Here>: Parted<Left: Satisfied, Met: AllSame>>,
    In: Minus<Minus<Out, Here> = Apart<Left, Met>>,
    Met: AllSame,
    Left: Minus<Minus<Outside, Here>: Parted<Left: Satisfied, Met: AllSame>>,
{
    Layer::of(node(&parts.nodes, Some(members::<Leaving>())))
}

#[track_caller]
fn node(parts: &[Arc<Node>], leaving: Option<Vec<Member>>) -> Arc<Node> {
    Node::new(Identity::new_value(), Source::here("layers"), Kind::Assemble(Wiring::new(parts, leaving)))
}
