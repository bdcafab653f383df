//! What a layer is, however it was written.

use proc_macro2::{Ident, Span};
use syn::{Expr, Generics, Member, Type, Visibility};

use super::outputs::Outputs;
use crate::{function::Function, params::Need};

pub(crate) struct Model {
    /// The services it asks for.
    pub(crate) needs: Vec<Need>,
    pub(crate) outputs: Outputs,
    pub(crate) failure: Failure,
    /// Equal arguments make equal layers.
    pub(crate) memo: bool,
    pub(crate) recipe: Recipe,
}

impl Model {
    /// The parameters of the function or the struct.
    pub(crate) fn generics(&self) -> &Generics {
        match &self.recipe {
            Recipe::Function(function) => function.generics(),
            Recipe::Struct(structure) => &structure.generics,
        }
    }
}

/// How building it can fail.
pub(crate) enum Failure {
    Never,
    /// With an error whose type is forgotten; the place is that of the error's type.
    Any(Span),
    /// With this error.
    Named(Box<Type>),
}

/// Who makes the value.
pub(crate) enum Recipe {
    Function(Box<Function>),
    Struct(Structure),
}

/// A struct, built from its fields.
pub(crate) struct Structure {
    pub(crate) name: Ident,
    pub(crate) vis: Visibility,
    pub(crate) generics: Generics,
    pub(crate) fields: Vec<Slot>,
}

/// A field of a struct, and where its value comes from.
pub(crate) struct Slot {
    pub(crate) member: Member,
    pub(crate) ty: Type,
    pub(crate) origin: Origin,
}

pub(crate) enum Origin {
    /// The context.
    Need(Box<Need>),
    /// An argument of the generated function.
    Argument(Ident),
    /// `Default::default()`.
    Default,
    /// An expression of the user's.
    Expr(Box<Expr>),
}
