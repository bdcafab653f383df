//! Lending: what a map has built is handed to a scope, to a layer, or to an effect.

use std::any::TypeId;
use std::sync::Arc;

use di_core::layer::{Construction, Inputs, Layer, Outputs, Raise, Source, borrowed_layer};
use di_core::set::{Empty, Member, One, ServiceSet};
use di_core::{AnyFailure, BuildError, Context, Exit, Service};

use super::{LayerGuard, LayerKey, LayerMap};
use crate::Scope;

/// Holds a guard until a scope closes. What it guards is handed out only if that is still to come; the error is how it closed.
pub(super) fn held_by<Out: ServiceSet>(
    guard: LayerGuard<Out>,
    source: Source,
    scope: &Scope,
) -> Result<Context<Out>, Exit> {
    let context = Context::clone(&guard);
    // A refused finalizer drops the guard, which gives it back.
    match scope.try_on_close_named(source.name(), move |_exit| guard.release()) {
        Ok(_) => Ok(context),
        Err(closed) => Err(closed.exit().clone()),
    }
}

/// What a constructor gives that borrows: the services, and failures without their types.
fn outputs<Out: ServiceSet>(lent: Result<Context<Out>, BuildError>) -> Result<Outputs, Raise> {
    match lent {
        Ok(context) => Ok(context.services().iter().cloned().collect()),
        Err(error) => Err(Raise::Build(error.unnamed())),
    }
}

fn lend<K: LayerKey, Out: ServiceSet>(map: LayerMap<K, Out>, key: K, inputs: &Inputs) -> Construction {
    let scope: Scope = inputs.scope();
    Construction::pending(async move { outputs(map.context(&key, &scope).await) })
}

/// The layer of a key of a map in hand.
#[track_caller]
pub(crate) fn layer_of<K: LayerKey, Out: ServiceSet>(
    map: LayerMap<K, Out>,
    key: K,
) -> Layer<Out, Empty, One<AnyFailure>> {
    let source = Source::here(map.source.name());
    // Clones of a map are one map.
    let same = Arc::as_ptr(&map.surroundings) as usize;
    borrowed_layer(source, (same, key.clone()), &[], move |inputs| lend(map.clone(), key.clone(), &inputs))
}

/// The layer of a key of a map that is a service, or part of one.
#[track_caller]
pub(crate) fn layer_of_service<Tag, K: LayerKey, Out: ServiceSet>(
    key: K,
    map: fn(&Tag::Target) -> LayerMap<K, Out>,
) -> Layer<Out, One<Tag>, One<AnyFailure>>
where
    Tag: Service + 'static,
{
    borrowed_layer(
        Source::here(Tag::NAME.base()),
        (TypeId::of::<Tag>(), key.clone()),
        &[Member::of::<Tag>()],
        move |inputs| lend(map(&inputs.inject::<Tag>()), key.clone(), &inputs),
    )
}
