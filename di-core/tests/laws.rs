//! The equations of the set algebra, over members whose keys are written by hand.
//!
//! That this file compiles is the test. The keys have four digits, so that every shape a set can have fits on a line.

#![allow(dead_code)]

use di_core::key::{D0, D1, D2, D3, Digits, End, Keyed, Name};
use di_core::set::{
    AllSame, Branch, Difference, Empty, Has, Infallible, Join, Met, Minus, One, Satisfied, Set, SubsetOf, UnionOf,
};
use di_core::{AnyFailure, Inject, Service, assert_type_eq, failures, services};

macro_rules! key {
    () => { End };
    ($digit:ident $($rest:ident)*) => { Digits<$digit, key!($($rest)*)> };
}

macro_rules! members {
    ($($name:ident = $($digit:ident)*;)*) => {
        $(
            struct $name;
            impl Keyed for $name {
                type Key = key!($($digit)*);
                const NAME: Name = Name::new(stringify!($name));
            }
            impl Service for $name {
                type Target = Self;
            }
        )*
    };
}

members! {
    // They part at the first digit.
    A = D0 D0 D0 D0;
    B = D1 D0 D0 D0;
    C = D2 D0 D0 D0;
    D = D3 D0 D0 D0;
    // They part from one of the above at the second digit.
    A1 = D0 D1 D0 D0;
    A2 = D0 D2 D0 D0;
    A3 = D0 D3 D0 D0;
    B1 = D1 D1 D0 D0;
    C1 = D2 D1 D0 D0;
    D1a = D3 D1 D0 D0;
    // They part from A at the last digit.
    A0001 = D0 D0 D0 D1;
    A0002 = D0 D0 D0 D2;
}

type First<Set> = Branch<Set, Empty, Empty, Empty>;
type Second<Set> = Branch<Empty, Set, Empty, Empty>;
type Third<Set> = Branch<Empty, Empty, Set, Empty>;
type Fourth<Set> = Branch<Empty, Empty, Empty, Set>;
type Pair<Left, Right> = Branch<One<Left>, One<Right>, Empty, Empty>;
type All = Branch<One<A>, One<B>, One<C>, One<D>>;

/// Two members part at the first digit in which their keys differ, whichever comes first.
mod part {
    use super::*;

    assert_type_eq!(UnionOf<One<A>, One<A>>, One<A>);
    assert_type_eq!(UnionOf<One<A>, One<B>>, Branch<One<A>, One<B>, Empty, Empty>);
    assert_type_eq!(UnionOf<One<B>, One<A>>, Branch<One<A>, One<B>, Empty, Empty>);
    assert_type_eq!(UnionOf<One<A>, One<C>>, Branch<One<A>, Empty, One<C>, Empty>);
    assert_type_eq!(UnionOf<One<C>, One<A>>, Branch<One<A>, Empty, One<C>, Empty>);
    assert_type_eq!(UnionOf<One<A>, One<D>>, Branch<One<A>, Empty, Empty, One<D>>);
    assert_type_eq!(UnionOf<One<D>, One<A>>, Branch<One<A>, Empty, Empty, One<D>>);
    assert_type_eq!(UnionOf<One<B>, One<C>>, Branch<Empty, One<B>, One<C>, Empty>);
    assert_type_eq!(UnionOf<One<C>, One<B>>, Branch<Empty, One<B>, One<C>, Empty>);
    assert_type_eq!(UnionOf<One<B>, One<D>>, Branch<Empty, One<B>, Empty, One<D>>);
    assert_type_eq!(UnionOf<One<D>, One<B>>, Branch<Empty, One<B>, Empty, One<D>>);
    assert_type_eq!(UnionOf<One<C>, One<D>>, Branch<Empty, Empty, One<C>, One<D>>);
    assert_type_eq!(UnionOf<One<D>, One<C>>, Branch<Empty, Empty, One<C>, One<D>>);

    // A common digit is a branch with one child.
    assert_type_eq!(UnionOf<One<A>, One<A1>>, First<Pair<A, A1>>);
    assert_type_eq!(UnionOf<One<B>, One<B1>>, Second<Pair<B, B1>>);
    assert_type_eq!(UnionOf<One<C>, One<C1>>, Third<Pair<C, C1>>);
    assert_type_eq!(UnionOf<One<D>, One<D1a>>, Fourth<Pair<D, D1a>>);
    assert_type_eq!(UnionOf<One<A0001>, One<A>>, First<First<First<Pair<A, A0001>>>>);
    assert_type_eq!(UnionOf<One<A1>, One<A3>>, First<Branch<Empty, One<A1>, Empty, One<A3>>>);
}

/// A member is inserted where its digits lead.
mod insert {
    use super::*;

    assert_type_eq!(UnionOf<One<A>, Empty>, One<A>);
    assert_type_eq!(UnionOf<One<C>, Pair<A, B>>, Branch<One<A>, One<B>, One<C>, Empty>);
    assert_type_eq!(UnionOf<Pair<A, B>, One<D>>, Branch<One<A>, One<B>, Empty, One<D>>);
    assert_type_eq!(UnionOf<One<A>, Branch<Empty, One<B>, One<C>, One<D>>>, All);
    assert_type_eq!(UnionOf<One<B>, Branch<One<A>, Empty, One<C>, One<D>>>, All);
    assert_type_eq!(UnionOf<One<A1>, All>, Branch<Pair<A, A1>, One<B>, One<C>, One<D>>);
    assert_type_eq!(UnionOf<All, One<B1>>, Branch<One<A>, Pair<B, B1>, One<C>, One<D>>);
    assert_type_eq!(UnionOf<One<C1>, All>, Branch<One<A>, One<B>, Pair<C, C1>, One<D>>);
    assert_type_eq!(UnionOf<All, One<D1a>>, Branch<One<A>, One<B>, One<C>, Pair<D, D1a>>);
    // A member that is there already changes nothing.
    assert_type_eq!(UnionOf<One<C>, All>, All);
    assert_type_eq!(UnionOf<First<Pair<A, A1>>, One<A1>>, First<Pair<A, A1>>);
}

/// Branches are united child by child.
mod union {
    use super::*;

    assert_type_eq!(UnionOf<Pair<A, B>, Branch<Empty, Empty, One<C>, One<D>>>, All);
    assert_type_eq!(UnionOf<Pair<A, B>, First<Pair<A, A1>>>, Branch<Pair<A, A1>, One<B>, Empty, Empty>);
    assert_type_eq!(
        UnionOf<First<Pair<A, A1>>, First<Branch<Empty, Empty, One<A2>, One<A3>>>>,
        First<Branch<One<A>, One<A1>, One<A2>, One<A3>>>
    );
    assert_type_eq!(
        UnionOf<First<First<First<Pair<A, A0001>>>>, Pair<A0002, B>>,
        Branch<First<First<Branch<One<A>, One<A0001>, One<A0002>, Empty>>>, One<B>, Empty, Empty>
    );

    assert_type_eq!(UnionOf<Empty, Empty>, Empty);
    assert_type_eq!(UnionOf<Empty, All>, All);
    assert_type_eq!(UnionOf<All, Empty>, All);
    assert_type_eq!(UnionOf<All, All>, All);
}

/// Children that are left alone rise; everything else is a branch.
mod join {
    use super::*;

    type Joined<First, Second, Third, Fourth> = <First as Join>::Join<Second, Third, Fourth>;
    type Deep = Pair<A, A1>;

    assert_type_eq!(Joined<Empty, Empty, Empty, Empty>, Empty);
    assert_type_eq!(Joined<One<A>, Empty, Empty, Empty>, One<A>);
    assert_type_eq!(Joined<Empty, One<B>, Empty, Empty>, One<B>);
    assert_type_eq!(Joined<Empty, Empty, One<C>, Empty>, One<C>);
    assert_type_eq!(Joined<Empty, Empty, Empty, One<D>>, One<D>);
    assert_type_eq!(Joined<One<A>, One<B>, Empty, Empty>, Branch<One<A>, One<B>, Empty, Empty>);
    assert_type_eq!(Joined<One<A>, Empty, One<C>, Empty>, Branch<One<A>, Empty, One<C>, Empty>);
    assert_type_eq!(Joined<One<A>, Empty, Empty, One<D>>, Branch<One<A>, Empty, Empty, One<D>>);
    assert_type_eq!(Joined<Empty, One<B>, One<C>, Empty>, Branch<Empty, One<B>, One<C>, Empty>);
    assert_type_eq!(Joined<Empty, One<B>, Empty, One<D>>, Branch<Empty, One<B>, Empty, One<D>>);
    assert_type_eq!(Joined<Empty, Empty, One<C>, One<D>>, Branch<Empty, Empty, One<C>, One<D>>);
    assert_type_eq!(Joined<One<A>, One<B>, One<C>, Empty>, Branch<One<A>, One<B>, One<C>, Empty>);
    assert_type_eq!(Joined<One<A>, One<B>, Empty, One<D>>, Branch<One<A>, One<B>, Empty, One<D>>);
    assert_type_eq!(Joined<One<A>, Empty, One<C>, One<D>>, Branch<One<A>, Empty, One<C>, One<D>>);
    assert_type_eq!(Joined<Empty, One<B>, One<C>, One<D>>, Branch<Empty, One<B>, One<C>, One<D>>);
    assert_type_eq!(Joined<One<A>, One<B>, One<C>, One<D>>, All);
    // A branch has two members at least, and stays where it is.
    assert_type_eq!(Joined<Deep, Empty, Empty, Empty>, First<Deep>);
    assert_type_eq!(Joined<Empty, Deep, Empty, Empty>, Second<Deep>);
    assert_type_eq!(Joined<Empty, Empty, Deep, Empty>, Third<Deep>);
    assert_type_eq!(Joined<Empty, Empty, Empty, Deep>, Fourth<Deep>);
    assert_type_eq!(Joined<One<A>, Deep, Empty, Empty>, Branch<One<A>, Deep, Empty, Empty>);
}

/// A difference has the shape that its members alone would have.
mod minus {
    use super::*;

    assert_type_eq!(Difference<Empty, All>, Empty);
    assert_type_eq!(Difference<All, Empty>, All);
    assert_type_eq!(Difference<All, All>, Empty);
    assert_type_eq!(Difference<One<A>, One<A>>, Empty);
    assert_type_eq!(Difference<One<A>, One<A0001>>, One<A>);
    assert_type_eq!(Difference<One<A>, All>, Empty);
    assert_type_eq!(Difference<One<A1>, All>, One<A1>);
    assert_type_eq!(Difference<One<A1>, Branch<Empty, One<B>, One<C>, Empty>>, One<A1>);
    assert_type_eq!(Difference<Pair<A, B>, One<A>>, One<B>);
    assert_type_eq!(Difference<Pair<A, B>, One<A1>>, Pair<A, B>);
    assert_type_eq!(Difference<All, One<B>>, Branch<One<A>, Empty, One<C>, One<D>>);
    assert_type_eq!(Difference<All, Pair<A, B>>, Branch<Empty, Empty, One<C>, One<D>>);
    assert_type_eq!(Difference<All, Branch<One<A>, One<B>, One<C>, Empty>>, One<D>);
    // A member rises as far as it stood alone.
    assert_type_eq!(Difference<First<First<First<Pair<A, A0001>>>>, One<A>>, One<A0001>);
    assert_type_eq!(Difference<Branch<Pair<A, A1>, One<B>, Empty, Empty>, One<A>>, Pair<A1, B>);
    assert_type_eq!(Difference<Branch<Pair<A, A1>, One<B>, Empty, Empty>, One<B>>, First<Pair<A, A1>>);
}

/// A list is a set: order and repetitions do not matter.
mod lists {
    use super::*;

    assert_type_eq!(services![], Empty);
    assert_type_eq!(services![A], One<A>);
    assert_type_eq!(services![A, B], Pair<A, B>);
    assert_type_eq!(services![A, B], services![B, A, A]);
    assert_type_eq!(services![A, A1, B, C, A0001], services![A0001, C, C, A1, B, A, A0001]);
    assert_type_eq!(services![A, B, C, D,], All);
    assert_type_eq!(failures![], Empty);
    assert_type_eq!(failures![AnyFailure, AnyFailure], One<AnyFailure>);
}

macro_rules! laws {
    ($name:ident: $a:ty, $b:ty, $c:ty) => {
        mod $name {
            use super::*;

            type X = $a;
            type Y = $b;
            type Z = $c;
            type Both = Difference<X, Difference<X, Y>>;

            assert_type_eq!(UnionOf<X, UnionOf<Y, Z>>, UnionOf<UnionOf<X, Y>, Z>);
            assert_type_eq!(UnionOf<X, Y>, UnionOf<Y, X>);
            assert_type_eq!(UnionOf<X, X>, X);
            assert_type_eq!(UnionOf<X, Empty>, X);
            assert_type_eq!(UnionOf<Empty, X>, X);
            assert_type_eq!(Difference<X, X>, Empty);
            assert_type_eq!(Difference<X, Empty>, X);
            assert_type_eq!(UnionOf<Difference<X, Y>, Both>, X);
            assert_type_eq!(Both, Difference<Y, Difference<Y, X>>);
            assert_type_eq!(UnionOf<Difference<X, Y>, Y>, UnionOf<X, Y>);
            assert_type_eq!(Difference<X, UnionOf<Y, Z>>, Difference<Difference<X, Y>, Z>);
            assert_type_eq!(
                Difference<UnionOf<X, Y>, Z>,
                UnionOf<Difference<X, Z>, Difference<Y, Z>>
            );
        }
    };
}
laws!(laws_of_nothing: Empty, Empty, Empty);
laws!(laws_of_leaves: One<A>, One<A1>, One<A>);
laws!(laws_of_a_leaf_and_branches: One<A>, services![A, B], services![A0001, C]);
laws!(laws_of_neighbours: services![A, A0001], services![A0002, A], services![A0001]);
laws!(laws_of_disjoint_sets: services![A, A1, B], services![C, D1a], services![A2, B1]);
laws!(laws_of_overlapping_sets: services![A, A1, B, D], services![A1, A2, D, C1], services![A, C1, D1a, A0001]);
laws!(laws_of_a_set_in_a_set: services![A, B, C, D, A1, A0001], services![A1, C], services![A1]);

fn subset<Sub: SubsetOf<Super>, Super: di_core::set::ServiceSet>() {}
fn has<Set: Has<S>, S: Service>() {}
fn agrees<Left: Minus, Right: Set>()
where
    Met<Left, Right>: AllSame,
{
}
fn satisfied<Set: Satisfied>() {}
fn infallible<Set: Infallible>() {}

#[test]
fn a_set_holds_its_subsets() {
    subset::<Empty, Empty>();
    subset::<Empty, All>();
    subset::<One<A>, One<A>>();
    subset::<One<C>, All>();
    subset::<services![B, D], All>();
    subset::<All, All>();
    subset::<services![A, A0001], services![A, A0001, A1, B]>();
    // The members of a branch may all be one leaf away.
    subset::<services![A1], services![A, A1]>();
}

#[test]
fn a_set_has_its_members() {
    has::<One<A>, A>();
    has::<All, D>();
    has::<services![A, A0001, A0002, A1, B], A0002>();
}

#[test]
fn a_union_has_the_members_of_its_sides() {
    type Both = UnionOf<services![A, A1], services![A0001, D]>;
    has::<Both, A>();
    has::<Both, A1>();
    has::<Both, A0001>();
    has::<Both, D>();
}

#[test]
fn sets_of_services_with_different_keys_agree() {
    agrees::<Empty, All>();
    agrees::<All, Empty>();
    agrees::<One<A>, One<A>>();
    agrees::<One<A>, One<A0001>>();
    agrees::<One<A1>, All>();
    agrees::<All, One<A0001>>();
    agrees::<All, services![A, A1, A0001, B1]>();
}

#[test]
fn nothing_is_needed_of_nothing() {
    satisfied::<services![]>();
    satisfied::<Difference<All, services![D, C, B, A]>>();
    infallible::<failures![]>();
    infallible::<Difference<failures![AnyFailure], failures![AnyFailure]>>();
}

#[test]
fn the_members_of_a_set_are_listed_in_the_order_of_their_keys() {
    use di_core::set::MemberSet;

    let mut names = Vec::new();
    <services![D, A1, A0001, B, A]>::members(&mut |member| names.push(member.to_string()));
    assert_eq!(names, ["A", "A0001", "A1", "B", "D"]);
}

#[test]
fn a_pointer_in_a_set_is_that_of_its_service() {
    let service = Inject::<A>::new(A);
    let context = di_core::Context::from_services(frunk::hlist![service.clone(), Inject::<A1>::new(A1)]);
    assert!(context.get::<A>().is_same(&service));
}
