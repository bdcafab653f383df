//! Composition: layers side by side, and layers that feed each other.

use std::sync::Arc;

use super::recipe::nested;
use super::{Identity, Kind, Layer, Memo, Node, Sharing, Source};
use crate::set::{AllSame, Apart, Here, Minus, Set, Union};

/// Composition.
impl<Out: Set, In: Set, Err: Set> Layer<Out, In, Err> {
    /// Both layers side by side. They are built concurrently, and do not feed each other.
    #[track_caller]
    #[doc(alias("zip", "mergeAll"))]
    pub fn merge<Out2: Set, In2: Set, Err2: Set, OutOf, InOf, ErrOf>(
        self,
        other: Layer<Out2, In2, Err2>,
    ) -> Layer<OutOf, InOf, ErrOf>
    where
        Out: Union<Union<Out2, Here> = OutOf>,
        In: Union<Union<In2, Here> = InOf>,
        Err: Union<Union<Err2, Here> = ErrOf>,
    {
        Layer::of(merged(self.node, other.node))
    }

    /// This layer, fed by `by`, which is hidden: it is built first, and released last.
    #[track_caller]
    pub fn provide<Out2: Set, In2: Set, Err2: Set, InOf, ErrOf, Left, Met>(
        self,
        by: Layer<Out2, In2, Err2>,
    ) -> Layer<Out, InOf, ErrOf>
    where
        In: Minus<Minus<Out2, Here> = Apart<Left, Met>>,
        Met: AllSame,
        Left: Union<Union<In2, Here> = InOf>,
        Err: Union<Union<Err2, Here> = ErrOf>,
    {
        Layer::of(provided(self.node, by.node, false))
    }

    /// This layer, fed by `by`, both of whose services leave.
    #[track_caller]
    #[doc(alias = "provideMerge")]
    pub fn provide_merge<Out2: Set, In2: Set, Err2: Set, OutOf, InOf, ErrOf, Left, Met>(
        self,
        by: Layer<Out2, In2, Err2>,
    ) -> Layer<OutOf, InOf, ErrOf>
    where
        Out: Union<Union<Out2, Here> = OutOf>,
        In: Minus<Minus<Out2, Here> = Apart<Left, Met>>,
        Met: AllSame,
        Left: Union<Union<In2, Here> = InOf>,
        Err: Union<Union<Err2, Here> = ErrOf>,
    {
        Layer::of(provided(self.node, by.node, true))
    }
}
/// Many layers side by side: `merge_all!(a, b, c, d)` is `a.merge(b).merge(c.merge(d))`.
///
/// The merges are as deep as a balanced tree, which costs the compiler less than a chain. Sixteen layers at a time keep the
/// macro's own recursion below the default limit for some 1,900 layers.
#[macro_export]
macro_rules! merge_all {
    () => { $crate::Layer::empty() };
    ($a:expr $(,)?) => { $a };
    ($a:expr, $b:expr $(,)?) => { $a.merge($b) };
    ($a:expr, $b:expr, $c:expr $(,)?) => { $a.merge($b).merge($c) };
    ($a:expr, $b:expr, $c:expr, $d:expr $(,)?) => { $a.merge($b).merge($c.merge($d)) };
    (@rows [$($row:expr,)*]
     $a:expr, $b:expr, $c:expr, $d:expr, $e:expr, $f:expr, $g:expr, $h:expr,
     $i:expr, $j:expr, $k:expr, $l:expr, $m:expr, $n:expr, $o:expr, $p:expr, $($rest:expr,)*) => {
        $crate::merge_all!(@rows [
            $($row,)*
            $a.merge($b).merge($c.merge($d)).merge($e.merge($f).merge($g.merge($h))).merge(
                $i.merge($j).merge($k.merge($l)).merge($m.merge($n).merge($o.merge($p)))
            ),
        ] $($rest,)*)
    };
    (@rows [] $a:expr, $b:expr, $c:expr, $d:expr, $($rest:expr,)+) => {
        $crate::merge_all!($crate::merge_all!($a, $b, $c, $d), $crate::merge_all!($($rest),+))
    };
    (@rows [$($row:expr,)+] $($rest:expr,)*) => { $crate::merge_all!($($row,)+ $($rest,)*) };
    ($($layer:expr),+ $(,)?) => { $crate::merge_all!(@rows [] $($layer,)+) };
}

#[track_caller]
fn merged(left: Arc<Node>, right: Arc<Node>) -> Arc<Node> {
    composite("merge", Kind::Merge(vec![left, right]))
}

#[track_caller]
pub(super) fn provided(layer: Arc<Node>, by: Arc<Node>, keep: bool) -> Arc<Node> {
    composite(if keep { "provide_merge" } else { "provide" }, Kind::Provide { layer, by, keep })
}

/// Composites are shared because their parts are. One with a part that is never shared is a unit by itself, so that
/// whoever meets it twice meets one.
#[track_caller]
pub(super) fn composite(name: &'static str, kind: Kind) -> Arc<Node> {
    let source = Source::here(name);
    let node = Node::new(Identity::new_value(), source, kind);
    if node.holds_fresh {
        let identity = Identity::new_value();
        let unit: Layer<(), (), ()> = nested(source, identity, Sharing::Memoized, None, node, Memo::Shared);
        unit.node
    } else {
        node
    }
}
