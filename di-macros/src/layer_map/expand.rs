//! From the model of a map to its service, and to the function as it stays.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Generics, Type, ext::IdentExt, spanned::Spanned};

use super::{
    model::{Lookup, Model},
    policy::{Idle, Policy, WhenFull},
};
use crate::{
    checks::Checks,
    hygiene::{at, local},
    key::Keyed,
    layer, service, sets,
};

/// The map and its function, complete.
pub(crate) fn whole(model: &Model) -> TokenStream {
    let function = match &model.lookup {
        Lookup::Builds(layer) => layer::expand::whole(layer),
        Lookup::Composes(composition) => composition.item.clone(),
    };
    let map = map(model, |key, target| {
        let made = made(&model.policy, target, &lookup(model, key));
        quote_spanned!(at(key.span())=> #made.constant_layer::<Self>())
    });
    quote!(#function #map)
}

/// The same for code with mistakes: what names the function or the map goes on compiling, as far as its types are known.
pub(crate) fn stub(model: &Model) -> TokenStream {
    let function = match &model.lookup {
        Lookup::Builds(layer) => layer::expand::stub(layer),
        Lookup::Composes(composition) => composition.item.clone(),
    };
    let map = map(model, |_, _| quote!(::core::unreachable!()));
    quote!(#function #map)
}

/// The call that chooses what the map does.
fn made(policy: &Policy, target: &TokenStream, lookup: &TokenStream) -> TokenStream {
    let time = |milliseconds: u64| quote!(::di::__private::Duration::from_millis(#milliseconds));
    let idle = match &policy.idle {
        Some(Idle::Milliseconds(milliseconds)) => {
            let time = time(*milliseconds);
            quote!(.idle_time_to_live(#time))
        }
        Some(Idle::By(function)) => quote!(.idle_time_to_live_by(#function)),
        Some(Idle::NoTime) => quote!(.release_immediately()),
        Some(Idle::Forever) => quote!(.keep()),
        None => TokenStream::new(),
    };
    let capacity = policy.capacity.map(|(count, when_full)| {
        let rule = match when_full {
            WhenFull::Reject => quote!(Reject),
            WhenFull::EvictIdle => quote!(EvictIdle),
            WhenFull::Wait => quote!(Wait),
        };
        quote!(.capacity(#count, ::di::__private::WhenFull::#rule))
    });
    let exclusive = policy.exclusive.then(|| quote!(.exclusive()));
    let failures = policy.cache_failures_milliseconds.map(|milliseconds| {
        let time = time(milliseconds);
        quote!(.cache_failures(#time))
    });
    let preload = policy.preload.as_ref().map(|keys| quote!(.preload(#keys)));
    quote!(<#target>::new(#lookup) #idle #capacity #exclusive #failures #preload)
}

/// The type of a layer; whether it is one is said once.
fn checked(layer: &Type) -> TokenStream {
    Checks::new(&Generics::default()).layer(layer).around(&layer.to_token_stream())
}

/// The function as the map calls it. What a layer's type does not let through is no mistake of this call.
fn lookup(model: &Model, key: &Type) -> TokenStream {
    let function = model.lookup.function().name();
    match &model.lookup {
        Lookup::Builds(_) => function.to_token_stream(),
        Lookup::Composes(composition) => {
            let (layer, value) = (checked(&composition.layer), local("__key"));
            quote_spanned!(at(function.span())=> |#value: #key| -> #layer { #function(#value) })
        }
    }
}

/// The two sets of the layer of a key, without its failures: a map forgets them.
fn sets_of(lookup: &Lookup) -> [TokenStream; 2] {
    match lookup {
        Lookup::Builds(model) => {
            let generics = Generics::default();
            [sets::services(&model.outputs.services, &generics), sets::needs(&model.needs, &generics)]
        }
        Lookup::Composes(composition) => {
            let (layer, span) = (checked(&composition.layer), at(composition.layer.span()));
            ["Out", "In"].map(|set| {
                let set = Ident::new(set, span);
                quote_spanned!(span=> <#layer as ::di::__private::AnyLayer>::#set)
            })
        }
    }
}

/// The service, if its name is known.
fn map(model: &Model, layer: impl FnOnce(&Type, &TokenStream) -> TokenStream) -> Option<TokenStream> {
    let (name, key) = (model.name.as_ref()?, model.key.as_ref()?);
    let function = model.lookup.function();
    let (vis, attrs) = (&function.written.vis, &function.written.attrs);
    let keyed = Keyed {
        name: name.clone(),
        ty: name.to_token_stream(),
        printed: name.unraw().to_string(),
        generics: Generics::default(),
        text: None,
    };
    let [out, needs] = sets_of(&model.lookup);
    let checked_key = Checks::new(&Generics::default()).key(key).around(&key.to_token_stream());
    let target = quote_spanned!(at(key.span())=> ::di::__private::LayerMap<#checked_key, #out>);
    let own = quote!(::di::__private::One<Self>);
    let any_failure = quote!(::di::__private::One<::di::__private::AnyFailure>);
    let failures = if model.policy.preload.is_some() { any_failure.clone() } else { quote!(::di::__private::Empty) };
    let layer = layer(key, &target);
    let docs = Docs::new(name, function.name());
    let (of_map, of_get, of_layer, of_provide) = (docs.map, docs.get, docs.layer, docs.provide);
    let keyed_impl = keyed.expand();
    let conditions: TokenStream = service::conditions(attrs).map(ToTokens::to_token_stream).collect();
    let code = quote_spanned! {at(name.span())=>
        #keyed_impl
        #[automatically_derived]
        impl ::di::__private::Service for #name {
            type Target = #target;
        }
        #[automatically_derived]
        impl ::di::__private::Gives<#target> for #name {
            fn give(value: #target) -> ::di::__private::Arc<#target> { ::di::__private::Arc::new(value) }
        }
        #[automatically_derived]
        #[allow(dead_code)]
        impl #name {
            #[doc = #of_get]
            #[must_use]
            #[track_caller]
            #vis fn get(key: #key) -> ::di::__private::Layer<#out, #own, #any_failure> {
                <#target>::get_from::<Self>(key)
            }
            #[doc = #of_layer]
            #[must_use]
            #vis fn layer() -> ::di::__private::Layer<#own, #needs, #failures> { #layer }
            #[doc = #of_provide]
            #[track_caller]
            #vis fn provide_to<__Out, __Needs, __In, __Left, __Met>(
                key: #key,
                effect: ::di::__private::Effect<__Out, __Needs>,
            ) -> ::di::__private::Effect<__Out, __In>
            where
                __Out: ::core::marker::Send + 'static,
                __Needs: ::di::__private::Set
                    + ::di::__private::Minus<Minus<#out, ::di::__private::Here> = ::di::__private::Apart<__Left, __Met>>,
                __Met: ::di::__private::AllSame,
                __Left: ::di::__private::Union<Union<#own, ::di::__private::Here> = __In>,
            {
                effect.provide(Self::get(key))
            }
        }
    };
    let code = if conditions.is_empty() { code } else { quote!(#conditions const _: () = { #code };) };
    Some(quote_spanned! {name.span()=>
        #[doc = #of_map]
        #[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug)]
        #conditions
        #vis struct #name;
        #code
    })
}

/// What is said of the items that a map consists of.
struct Docs {
    map: String,
    get: String,
    layer: String,
    provide: String,
}

impl Docs {
    fn new(name: &Ident, function: &Ident) -> Self {
        Self {
            map: format!(
                "The layers of [`{function}`], one for each key, each built on first use and shared by all who use it.\n\n\
                 `Inject<{name}>` is the map itself."
            ),
            get: format!(
                "The layer of a key: it uses what [`{name}`] has built for it, or builds it, for as long as it lives."
            ),
            layer: format!("The layer that gives [`{name}`], and needs what [`{function}`] needs for any key."),
            provide: format!("The effect, fed with what [`{name}`] has for this key."),
        }
    }
}
