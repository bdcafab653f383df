//! A list of two thousand layers, made without the macro: what matters is the number of layers, not how they are written.

use std::marker::PhantomData;

use di::{Exit, Keyed, Layer, LayerExt, Name, Scope, Service, failures, services};
use di_core::key::{D0, D1, D2, D3, Digits, End};
use di_core::layer::{Construction, Outputs, Parts, Source, assembled, both, factory_layer, part};
use di_core::set::{Empty, Member, One};

use crate::trace::Trace;

/// Services by the thousand. All have one key, since no set of two of them is ever made.
struct Numbered<Digits>(PhantomData<fn() -> Digits>);
struct Digit<const DIGIT: u8>;

type Four<Tail> = Digits<D3, Digits<D1, Digits<D0, Digits<D2, Tail>>>>;

impl<Digits> Keyed for Numbered<Digits> {
    type Key = Four<Four<Four<Four<End>>>>;
    const NAME: Name = Name::new("Numbered");
}
impl<Digits: 'static> Service for Numbered<Digits> {
    type Target = Self;
}

/// Layers of which each needs the two before it.
#[derive(Default)]
struct Links {
    trace: Trace,
    members: Vec<Member>,
    parts: Vec<Parts<Empty>>,
}

/// Calls a method for these digits followed by each of the ten.
macro_rules! ten_times {
    ($links:ident $method:ident $digits:ty) => { ten_times!($links $method $digits: 0 1 2 3 4 5 6 7 8 9) };
    ($links:ident $method:ident $digits:ty: $($digit:literal)*) => { $($links.$method::<($digits, Digit<$digit>)>();)* };
}

impl Links {
    fn one<Digits: 'static>(&mut self) {
        let needs: Vec<_> = self.members.iter().rev().take(2).copied().collect();
        let (trace, number) = (self.trace.clone(), self.members.len());
        let layer: Layer<One<Numbered<Digits>>, Empty, Empty> =
            factory_layer(Source::new("link", "", "", 0), &needs, move |inputs| {
                trace.lives(&number.to_string(), &inputs.scope::<Scope>());
                Construction::ready(Ok(Outputs::one::<Numbered<Digits>, _>(Numbered(PhantomData))))
            });
        self.members.push(Member::of::<Numbered<Digits>>());
        self.parts.push(part(layer));
    }

    fn ten<Digits: 'static>(&mut self) {
        ten_times!(self one Digits);
    }

    fn hundred<Digits: 'static>(&mut self) {
        ten_times!(self ten Digits);
    }

    fn thousand<Digits: 'static>(&mut self) {
        ten_times!(self hundred Digits);
    }
}

type Last = Numbered<((((), Digit<9>), Digit<9>), Digit<9>)>;

#[tokio::test(start_paused = true)]
async fn two_thousand_layers_are_built_and_released_in_order() {
    let mut links = Links::default();
    links.thousand::<Digit<0>>();
    links.thousand::<()>();
    // The last is the first of the list.
    let list = links.parts.into_iter().rev().reduce(both).unwrap();
    let app: Layer<services![Last], services![], failures![]> = assembled(|| PhantomData, list);
    let scope = Scope::new();
    app.build(&scope).await.unwrap();
    scope.close(Exit::Success).await.unwrap();
    let built = (0..2000).map(|number| format!("+{number}"));
    let released = (0..2000).rev().map(|number| format!("-{number}"));
    assert_eq!(links.trace.take(), built.chain(released).collect::<Vec<_>>());
}
