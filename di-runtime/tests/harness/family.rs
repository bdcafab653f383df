//! The services of generated graphs: a fixed family of types, told apart by their numbers.

use std::marker::PhantomData;

use di_core::layer::{
    Construction, Inputs, Layer, Outputs, Parts, Source, assembled, both, claimed, factory_layer, part,
};
use di_core::set::{Empty, Member, One};
use di_core::{Gives, Service};

/// A layer whose types say nothing: which service it gives, and which it needs, is known at run time.
pub type AnyLayer = Layer<Empty, Empty, Empty>;

/// The number of an instance, unique in its world.
pub type Instance = usize;

/// How many services there are.
pub const SIZE: usize = 24;

/// A member of the family.
trait Sibling: Service<Target = Self> + Gives<Self> + Send + Sync + Sized + 'static {
    fn of(instance: Instance) -> Self;
    fn instance(&self) -> Instance;
}

/// What can be done with a member of which only the number is known.
#[derive(Clone, Copy)]
pub struct Tag {
    pub member: fn() -> Member,
    /// The instance of this service among the inputs.
    pub injected: fn(&Inputs) -> Instance,
    /// An instance as what a constructor hands back.
    pub outputs: fn(Instance) -> Outputs,
    layer: fn(Source, &[Member], Construct) -> AnyLayer,
    /// A list of which this service leaves.
    pub list: fn(Vec<AnyLayer>) -> AnyLayer,
}

type Construct = Box<dyn Fn(Inputs) -> Construction + Send + Sync>;

impl Tag {
    pub fn layer(
        self,
        source: Source,
        needs: &[Member],
        construct: impl Fn(Inputs) -> Construction + Send + Sync + 'static,
    ) -> AnyLayer {
        (self.layer)(source, needs, Box::new(construct))
    }

    const fn of<S: Sibling>() -> Self {
        Self {
            member: Member::of::<S>,
            injected: |inputs| inputs.inject::<S>().instance(),
            outputs: |instance| Outputs::one::<S, S>(S::of(instance)),
            layer: |source, needs, construct| {
                let layer: Layer<One<S>, Empty, Empty> = factory_layer(source, needs, construct);
                claimed(layer.node().clone())
            },
            list: |layers| {
                let parts = layers.into_iter().map(part).fold(Parts::none(), both);
                let layer: Layer<One<S>, Empty, Empty> = assembled(|| PhantomData, parts);
                claimed(layer.node().clone())
            },
        }
    }
}

macro_rules! family {
    ($($name:ident)*) => {
        $(
            #[derive(di::Service)]
            struct $name(Instance);

            impl Sibling for $name {
                fn of(instance: Instance) -> Self {
                    Self(instance)
                }

                fn instance(&self) -> Instance {
                    self.0
                }
            }
        )*

        /// The family, by number.
        pub const FAMILY: [Tag; SIZE] = [$(Tag::of::<$name>()),*];
        /// Their names.
        pub const NAMES: [&str; SIZE] = [$(stringify!($name)),*];
    };
}
family!(S0 S1 S2 S3 S4 S5 S6 S7 S8 S9 S10 S11 S12 S13 S14 S15 S16 S17 S18 S19 S20 S21 S22 S23);
