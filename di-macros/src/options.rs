//! The options of a macro: `#[layer(as dyn Users, fails)]`, `#[service(key = "...")]`.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use syn::{
    Attribute, Expr, LitInt, LitStr, Meta, Token, Type,
    ext::IdentExt,
    parse::{ParseStream, Parser},
    spanned::Spanned,
};

use crate::errors::Errors;

/// An option that a macro takes.
pub(crate) struct Allowed {
    pub(crate) name: &'static str,
    pub(crate) form: Form,
    /// The option as a user would write it, for messages.
    pub(crate) example: &'static str,
}

/// What follows the name of an option.
#[derive(Clone, Copy)]
pub(crate) enum Form {
    /// Nothing: `memo`.
    Flag,
    /// A type: `as dyn Users`.
    Type,
    /// A type after an equals sign: `for = SqlitePool`.
    EqualsType,
    /// A text after an equals sign: `key = "users"`.
    EqualsText,
    /// A number after an equals sign: `worker_threads = 4`.
    EqualsNumber,
    /// Nothing, or an expression after an equals sign: `default = Buffer::new()`.
    EqualsExpr,
}

enum Value {
    Nothing,
    Type(Type),
    Text(LitStr),
    Number(LitInt),
    Expr(Expr),
}

/// The options that were written, each at most once.
#[derive(Default)]
pub(crate) struct Options(Vec<(Ident, Value)>);

impl Options {
    /// Parses the tokens between the parentheses of `#[owner(..)]`.
    pub(crate) fn parse(tokens: TokenStream, owner: &str, allowed: &[Allowed], errors: &mut Errors) -> Self {
        let mut options = Self::default();
        options.add(tokens, owner, allowed, errors);
        options
    }

    /// Parses the helper attributes `#[owner(..)]` among the attributes of a derived item or of a field.
    pub(crate) fn of_helper(attrs: &[Attribute], owner: &str, allowed: &[Allowed], errors: &mut Errors) -> Self {
        let mut options = Self::default();
        for attr in attrs.iter().filter(|attr| attr.path().is_ident(owner)) {
            match &attr.meta {
                Meta::Path(_) => {}
                Meta::List(list) => options.add(list.tokens.clone(), owner, allowed, errors),
                Meta::NameValue(pair) => errors.over(pair, format!("write `#[{owner}({})]`", allowed_example(allowed))),
            }
        }
        options
    }

    fn add(&mut self, tokens: TokenStream, owner: &str, allowed: &[Allowed], errors: &mut Errors) {
        let parser = |input: ParseStream<'_>| {
            while !input.is_empty() {
                self.parse_one(input, owner, allowed, errors);
            }
            Ok(())
        };
        if let Err(error) = parser.parse2(tokens) {
            errors.push(error);
        }
    }

    /// Parses one option and the comma after it; whatever it finds, it moves on.
    fn parse_one(&mut self, input: ParseStream<'_>, owner: &str, allowed: &[Allowed], errors: &mut Errors) {
        let start = input.span();
        match Ident::parse_any(input) {
            Err(_) => {
                errors.at(start, format!("write an option here; {}", menu(owner, allowed)));
            }
            Ok(name) => match allowed.iter().find(|option| name == option.name) {
                None => {
                    let menu = menu(owner, allowed);
                    errors.at(name.span(), format!("unknown option `{name}`; {menu}"));
                }
                Some(option) => {
                    let known = self.0.iter().any(|(other, _)| *other == name);
                    match parse_value(input, &name, option) {
                        Err(error) => errors.push(error),
                        Ok(_) if known => {
                            errors.at(name.span(), format!("`{name}` is written twice; remove one of the two"))
                        }
                        Ok(value) => {
                            self.0.push((name, value));
                            if !input.is_empty() && !input.peek(Token![,]) {
                                errors.at(input.span(), "write a comma between two options");
                                if input.peek(Ident::peek_any) {
                                    return;
                                }
                            }
                        }
                    }
                }
            },
        }
        skip_to_comma(input);
    }

    /// The names of the options, in the order in which they are written.
    pub(crate) fn names(&self) -> impl Iterator<Item = &Ident> {
        self.0.iter().map(|(name, _)| name)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.span(name).is_some()
    }

    /// Where the option is written.
    pub(crate) fn span(&self, name: &str) -> Option<Span> {
        let found = self.0.iter().find(|(option, _)| option == name);
        found.map(|(option, _)| option.span())
    }

    pub(crate) fn ty(&self, name: &str) -> Option<&Type> {
        self.0.iter().find_map(|(option, value)| match value {
            Value::Type(ty) if option == name => Some(ty),
            _ => None,
        })
    }

    pub(crate) fn text(&self, name: &str) -> Option<&LitStr> {
        self.0.iter().find_map(|(option, value)| match value {
            Value::Text(text) if option == name => Some(text),
            _ => None,
        })
    }

    pub(crate) fn number(&self, name: &str) -> Option<&LitInt> {
        self.0.iter().find_map(|(option, value)| match value {
            Value::Number(number) if option == name => Some(number),
            _ => None,
        })
    }

    pub(crate) fn expr(&self, name: &str) -> Option<&Expr> {
        self.0.iter().find_map(|(option, value)| match value {
            Value::Expr(expr) if option == name => Some(expr),
            _ => None,
        })
    }
}

fn parse_value(input: ParseStream<'_>, name: &Ident, option: &Allowed) -> syn::Result<Value> {
    let place = if input.is_empty() || input.peek(Token![,]) { name.span() } else { input.span() };
    let malformed = |_| syn::Error::new(place, format!("write `{}`", option.example));
    let equals = || input.parse::<Token![=]>().map_err(malformed);
    match option.form {
        Form::Flag if input.is_empty() || input.peek(Token![,]) => Ok(Value::Nothing),
        Form::Flag if input.peek(Token![=]) => {
            Err(syn::Error::new(place, format!("write `{name}` alone, without a value")))
        }
        Form::Flag => Ok(Value::Nothing),
        Form::Type => input.parse().map(Value::Type).map_err(malformed),
        Form::EqualsType => {
            equals()?;
            input.parse().map(Value::Type).map_err(malformed)
        }
        Form::EqualsText => {
            equals()?;
            let text: LitStr = input.parse().map_err(malformed)?;
            if text.value().trim().is_empty() {
                return Err(syn::Error::new(text.span(), "this text is empty; write a name"));
            }
            Ok(Value::Text(text))
        }
        Form::EqualsNumber => {
            equals()?;
            input.parse().map(Value::Number).map_err(malformed)
        }
        Form::EqualsExpr if !input.peek(Token![=]) => Ok(Value::Nothing),
        Form::EqualsExpr => {
            equals()?;
            input.parse().map(Value::Expr).map_err(malformed)
        }
    }
}

/// Moves behind the next comma.
fn skip_to_comma(input: ParseStream<'_>) {
    while !input.is_empty() {
        if input.parse::<Token![,]>().is_ok() || input.parse::<TokenTree>().is_err() {
            return;
        }
    }
}

fn menu(owner: &str, allowed: &[Allowed]) -> String {
    let mut options: Vec<String> = allowed.iter().map(|option| format!("`{}`", option.example)).collect();
    match (options.pop(), options.is_empty()) {
        (None, _) => format!("#[{owner}] takes no options here"),
        (Some(only), true) => format!("#[{owner}] takes {only}"),
        (Some(last), false) => format!("#[{owner}] takes {} and {last}", options.join(", ")),
    }
}

fn allowed_example(allowed: &[Allowed]) -> &'static str {
    allowed.first().map_or("", |option| option.example)
}

/// Reports options where a macro takes none.
pub(crate) fn refuse(tokens: &TokenStream, owner: &str, errors: &mut Errors) {
    if !tokens.is_empty() {
        errors.at(tokens.span(), format!("#[{owner}] takes no options here; write `#[{owner}]`"));
    }
}
