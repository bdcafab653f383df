//! All mistakes of an item, reported together.

use std::fmt::Display;

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;

/// The mistakes found so far.
///
/// Parsing goes on after a mistake, with the likeliest meaning in its place, so that the next one is found in the
/// same compilation.
#[derive(Default)]
pub(crate) struct Errors(Option<syn::Error>);

impl Errors {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Reports a mistake at one place.
    pub(crate) fn at(&mut self, span: Span, message: impl Display) {
        self.push(syn::Error::new(span, message));
    }

    /// Reports a mistake that covers all of `tokens`.
    pub(crate) fn over(&mut self, tokens: impl ToTokens, message: impl Display) {
        self.push(syn::Error::new_spanned(tokens, message));
    }

    pub(crate) fn push(&mut self, error: syn::Error) {
        match &mut self.0 {
            Some(first) => first.combine(error),
            none => *none = Some(error),
        }
    }

    /// How many there are so far.
    pub(crate) fn count(&self) -> usize {
        self.0.iter().flatten().count()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// The mistakes, and beside them what goes on compiling; that alone if there are none.
    pub(crate) fn beside(self, code: impl ToTokens) -> TokenStream {
        let mut tokens = self.0.map(syn::Error::into_compile_error).unwrap_or_default();
        code.to_tokens(&mut tokens);
        tokens
    }

    /// What a macro writes of its model: all of it if nothing is wrong, or else a stub beside the mistakes, or `item` where
    /// there is no model.
    pub(crate) fn expand<Model>(
        self,
        model: Option<Model>,
        whole: impl FnOnce(&Model) -> TokenStream,
        stub: impl FnOnce(&Model) -> TokenStream,
        item: TokenStream,
    ) -> TokenStream {
        match model {
            Some(model) if self.is_empty() => whole(&model),
            Some(model) => self.beside(stub(&model)),
            None => self.beside(item),
        }
    }
}
